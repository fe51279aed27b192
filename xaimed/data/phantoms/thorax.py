"""What lies in the beam through a child's chest? Soft tissue, lungs full of air, heart and bones, from the front."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from xaimed.data.phantoms.bones import bone, plate
from xaimed.data.phantoms.canvas import Canvas, Field, Outline, box, cover, ellipse, stroke
from xaimed.data.phantoms.film import WATER

APEX, CAGE = -69.0, 76.0
"""Height of the lungs' apex, and half the width of the rib cage, in a chest of average size."""
RIB, FIRST = 12.6, -66.0
"""From rib to rib, and where the first one leaves the spine."""
AIRWAY = (((1.0, -110.0), (-2.0, -26.0), 4.2), ((-2.0, -26.0), (-17.0, -8.0), 3.0), ((-2.0, -26.0), (15.0, -10.0), 3.0))
"""Windpipe and main bronchi: from, to, radius."""
SCAPULA = Outline((
    (54, -70), (66, -77), (84, -76), (92, -66), (88, -58), (84, -52), (79, -28), (74, -14), (68, -15), (62, -34),
    (58, -54),
))  # fmt: skip


@dataclass(frozen=True)
class Chest:
    """Where every pixel lies in a chest: ``u`` to the patient's left and ``v`` down, and how far inside the lungs.

    ``coarse`` holds ``u`` and ``v`` on the coarse grid.
    """

    u: Field
    v: Field
    wall: Field
    floor: Field
    lung: Field
    coarse: tuple[Field, Field]

    @classmethod
    def placed(cls, canvas: Canvas, traits: Mapping[str, Any]) -> Chest:
        """The chest of this patient, breathed in as far as ``traits`` says.

        ``wall`` is the half-width of the rib cage, ``floor`` the distance above the diaphragm (negative) and ``lung``
        the distance to the edge of the lungs (negative inside).
        """
        (u, v), full = _anatomical(*canvas.coarse, traits), _anatomical(*canvas.xy, traits)
        wall = CAGE * (1 - (np.clip(10 - v, 0, 91) / 92) ** 2.4) ** 0.6 + 0.05 * np.clip(v - 10, 0, 70)
        out = np.abs(u)
        dome = np.where(u < 0, traits["dome"], traits["dome"] + traits["step"])
        bow = traits["bow"]
        sinus = bow * 28 * np.clip((out - 38) / 38, 0, 1.4) ** 2 + bow * 9 * np.clip((38 - out) / 38, 0, 1) ** 2
        floor = v - dome - sinus
        top = APEX + 0.018 * (out - 27) ** 2 - v
        lung = np.maximum.reduce([out - wall, floor, top, 7 - out])
        return cls(*full, canvas.refine(wall), canvas.refine(floor), canvas.refine(lung), coarse=(u, v))

    def inside(self) -> Field:
        """How full of lung the beam is, from 0 at the edge to 1 in the middle."""
        depth: Field = np.sqrt(np.clip(-self.lung / np.float32(22), 0, 1))
        return depth


def _anatomical(x: Field, y: Field, traits: Mapping[str, Any]) -> tuple[Field, Field]:
    """From places in the picture to places in a chest of average size that stands upright."""
    roll, size = math.radians(traits["roll"]), traits["scale"]
    u = (x * math.cos(roll) + y * math.sin(roll) - traits["left"]) / (size * traits["wide"])
    return u, (y * math.cos(roll) - x * math.sin(roll) - traits["down"]) / size


def soft_tissue(canvas: Canvas, chest: Chest, traits: Mapping[str, Any]) -> Field:
    """Millimetres of trunk, shoulders, arms and neck, less the air in windpipe and stomach."""
    u, v = chest.coarse
    fat = traits["fat"]
    half = CAGE + fat + 3 + 0.05 * v - 0.3 * np.clip(-38 - v, 0, 30) + 0.004 * np.clip(v - 55, 0, 60) ** 2
    trunk = np.maximum(1 - np.abs(u / half) ** 3, 0) ** 0.5 * np.clip((v + 92) / 26, 0, 1) ** 0.5
    thick = 118 * trunk
    for side in (-1, 1):
        shoulder = -ellipse(u - side * 62, v + 62, 42.0, 24.0)
        thick = np.maximum(thick, 84 * np.clip(shoulder / 22, 0, 1) ** 0.5)
        arm = -stroke(u, v, (side * 92.0, -62.0), (side * traits["elbow"][0], traits["elbow"][1]), 12 + 0.5 * fat)
        thick = np.maximum(thick, 7.4 * np.sqrt(np.maximum(arm, 0) * 9))
    thick = np.maximum(thick, 66 * np.clip(-ellipse(u, v + 104, 27.0, 46.0) / 20, 0, 1) ** 0.5)
    jaw = -ellipse(u - traits["turn"], v + 132 - traits["chin"], 38.0, 34.0)
    thick = thick + 60 * np.clip(jaw / 16, 0, 1) ** 0.5
    airway = np.minimum.reduce([stroke(u - 0.6 * traits["turn"], v, *tube) for tube in AIRWAY])
    cx, cy, rx, ry, gas = traits["stomach"]
    bubble = np.clip(-ellipse(u - cx, v - cy, rx, ry) / (0.6 * ry), 0, 1)
    thick = thick - 10 * np.clip(-airway / 3, 0, 1) - gas * np.sqrt(bubble)
    return np.maximum(canvas.refine(thick.astype(np.float32)), 0)


def silhouette(canvas: Canvas, chest: Chest, traits: Mapping[str, Any]) -> tuple[Field, Field]:
    """Distances to the heart, and to the upper mediastinum with the aortic knob and, in the young, the thymus."""
    f, turn, big = np.float32, np.float32(traits["turn"]), float(traits["heart"])
    u, v = chest.coarse[0] - turn, chest.coarse[1] - np.float32(0.45 * (traits["dome"] - 48))
    p, q = u - f(14), v - f(25)
    tilted = p * f(0.80) + q * f(0.60), q * f(0.80) - p * f(0.60)
    left = ellipse(*tilted, 43.0 * big, 31.0 * big)
    right = ellipse(u + 8, v - 22, 20.0 * big, 33.0)
    great = box(u - 2, v + 28, 16.0 * big, 44.0, 10.0)
    heart = np.minimum(np.minimum(left, right), great)
    knob = ellipse(u - 13, v + 33, 9.5, 10.0)
    sail = ellipse(u + f(traits["sail"]), v + 40, f(20 + traits["thymus"]) + f(0.16) * np.clip(v + 44, -26, 26), 52.0)
    upper = np.minimum(np.minimum(knob, sail), box(u, v + 76, 16.0, 52.0, 6.0))
    return canvas.refine(heart), canvas.refine(upper)


def attenuation(canvas: Canvas, chest: Chest, traits: Mapping[str, Any], air: Field, rng: np.random.Generator) -> Field:
    """Minus the logarithm of what passes the patient, without lead.

    Args:
        canvas: the grid.
        chest: where every pixel lies in the chest.
        traits: the patient, as placed this time.
        air: millimetres of air in the lungs, less vessels and findings.
        rng: draws what differs from picture to picture.
    """
    f = np.float32
    tissue = soft_tissue(canvas, chest, traits)
    tissue *= 1 + f(0.02) * canvas.mottle(rng, 26) + f(0.007) * canvas.mottle(rng, 8)
    total: Field = f(WATER) * np.maximum(tissue - np.minimum(air, f(0.8) * tissue), 0)
    bones = _ribs(canvas, chest, traits) + _spine(canvas, chest) + _girdle(canvas, chest, traits)
    total += f(traits["bone"]) * bones
    return total


def _ribs(canvas: Canvas, chest: Chest, traits: Mapping[str, Any]) -> Field:
    """Each rib as two arcs: behind from the spine outwards, in front from the chest wall down and inwards."""
    f, pixel = np.float32, canvas.pixel
    out = np.abs(chest.u)
    bent = np.clip(out / (chest.wall + f(2.5)), 0, 1)
    rise = np.sqrt(np.maximum(1 - bent * bent, f(0.03)))
    dense = np.minimum(f(0.62) / rise, f(2.3)) + f(0.2)  # along the wall the beam runs through the rib lengthwise
    slope, front = traits["slope"], traits["slope"] + 9
    start = f(FIRST) + np.where(chest.u < 0, f(traits["ribs"][0]), f(traits["ribs"][1]))
    total = np.zeros_like(out)
    for anterior, fall, low in ((False, slope, 7.0), (True, front, 34.0)):
        line = start + (f(slope + 7) + f(front) * rise if anterior else f(slope) * (1 - rise) + f(7) * bent * bent)
        number = np.clip(np.rint((chest.v - line) / f(RIB)), 0, 6 if anterior else 11)
        steep = rise / np.sqrt(rise * rise + (f(fall / CAGE) * bent) ** 2)
        distance = np.abs(chest.v - line - f(RIB) * number) * steep - f(2.7 if anterior else 2.5)
        ends = np.clip((out - f(low)) / 3, 0, 1) * np.clip((chest.wall + f(2.5) - out) / f(1.5), 0, 1)
        strength = f(0.6) if anterior else f(1)
        total += bone(distance, pixel, inside=0.13, cortex=0.13, depth=0.9) * dense * ends * strength
    below = 1 - f(0.55) * np.clip(chest.floor / 12, 0, 1)
    return total * below


def _spine(canvas: Canvas, chest: Chest) -> Field:
    """Bodies with endplates, pedicles, spinous and transverse processes."""
    f, pixel = np.float32, canvas.pixel
    strip = np.flatnonzero((np.abs(chest.u) < 18).any(axis=0))
    columns = slice(int(strip[0]), int(strip[-1]) + 1)
    u, v = chest.u[:, columns], chest.v[:, columns]
    height = f(RIB)
    w = v - height * np.rint(v / height)
    wide = f(8) + f(0.012) * np.clip(v, -90, 100)
    body = box(u, w, wide, 0.42 * RIB, 1.4)
    result = bone(body, pixel, inside=0.15, cortex=0.11, depth=1.0)
    for side in (-1, 1):
        result += bone(ellipse(u - side * f(5.4), w + 1, 1.7, 2.4), pixel, inside=0.04, cortex=0.13, depth=0.7)
    result += bone(ellipse(u, w - f(3.5), 1.3, 3.0), pixel, inside=0.08, cortex=0.12, depth=0.8)
    wing = stroke(np.abs(u), w, (7.0, 0.5), (14.0, -1.5), 2.0)
    result += bone(wing, pixel, inside=0.05, cortex=0.08, depth=1.0)
    whole = np.zeros_like(chest.u)
    whole[:, columns] = result
    return whole


def _girdle(canvas: Canvas, chest: Chest, traits: Mapping[str, Any]) -> Field:
    """Clavicles, shoulder blades and the upper arms."""
    f, pixel = np.float32, canvas.pixel
    rows = slice(0, int(canvas.size * 0.72))
    out, v = np.abs(chest.u[rows]), chest.v[rows]
    total = np.zeros_like(chest.u)
    part = total[rows]
    lift, upper = float(traits["clavicle"]), slice(0, int(canvas.size * 0.4))
    tips = (-48.0, -56.0 - 0.3 * lift, -66.0 - lift, -69.0 - 1.4 * lift, -66.0 - 1.7 * lift)
    points = zip((6.0, 22.0, 44.0, 60.0, 78.0), tips, strict=True)
    beside = np.abs(chest.u[upper] - f(0.5 * traits["turn"]))
    pieces = [stroke(beside, v[upper], *ends, 2.5) for ends in pairwise(points)]
    part[upper] += bone(np.minimum.reduce(pieces), pixel, inside=0.13, cortex=0.22, depth=0.9)
    head = ellipse(out - 90, v + 63, 8.5, 8.5)
    humerus = np.minimum(stroke(out, v, (92.0, -58.0), traits["elbow"], 4.6), head)
    part += bone(humerus, pixel, inside=0.16, cortex=0.30, depth=1.3)
    part -= f(0.2) * plate(head + 2.4, pixel, 0.8) * cover(np.abs(v + 63) - f(9), pixel)
    u, v = chest.coarse
    blade = canvas.refine(SCAPULA.distance(np.abs(u) - f(traits["pull"]), v))[rows]
    part += bone(blade, pixel, inside=0.13, cortex=0.17, depth=1.2)
    return total
