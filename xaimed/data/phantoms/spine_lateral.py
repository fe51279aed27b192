"""What lies in the beam from side to side? Trunk, lungs, ribs, pelvis and the lordotic spine, slipped or not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from xaimed.data.phantoms.bones import bone, plate
from xaimed.data.phantoms.canvas import Canvas, Field, Outline, box, cover, ellipse, stroke
from xaimed.data.phantoms.midline import DEPTH, DISC, HEIGHT, LEVELS, Midline, Numbers, Stack
from xaimed.data.phantoms.trunk import lateral_trunk

SACRAL = ("S1", "S2", "S3", "S4", "S5", "Co1", "Co2")
SACRAL_HEIGHT = np.array([28.0, 23.0, 20.0, 17.0, 15.0, 11.0, 9.0])
SACRAL_GAP = np.array([3.0, 2.0, 1.5, 1.0, 3.0, 2.0, 0.0])
SACRAL_DEPTH = np.array([35.0, 25.0, 19.0, 15.0, 12.0, 9.0, 6.0])
DEPTHS = np.concatenate([DEPTH, SACRAL_DEPTH])
ILIUM = Outline((
    (-8, -38), (8, -44), (26, -40), (42, -28), (50, -12), (48, 4), (38, 14), (34, 26), (22, 34), (10, 38), (6, 50),
    (4, 66), (-8, 80), (-30, 86), (-48, 78), (-54, 62), (-50, 44), (-46, 28), (-52, 12), (-46, -4), (-36, -18),
    (-22, -30),
))  # fmt: skip
RIBS = (("T8", 150, 0.5), ("T9", 140, 0.6), ("T10", 120, 0.72), ("T11", 84, 0.85), ("T12", 48, 1.0))
LUMBAR = LEVELS.index("L1")


def stack(traits: Mapping[str, Any]) -> Stack:
    """The vertebrae of this patient down to the coccyx; the disc below a slipped one is narrow."""
    scale = traits["scale"]
    gaps = DISC * traits["disc"]
    gaps[traits["level"]] *= traits["narrowing"]
    heights, gaps = np.concatenate([HEIGHT, SACRAL_HEIGHT]), np.concatenate([gaps, SACRAL_GAP])
    return Stack.built(LEVELS + SACRAL, heights * scale, gaps * scale, len(LEVELS))


def curve(traits: Mapping[str, Any], bones: Stack, anchor: tuple[float, float]) -> Midline:
    """The spine from the side, its front on the left: kyphosis, lordosis and the slope of the sacrum."""
    slope, lordosis = traits["slope"], traits["lordosis"]
    knots = {"T6": 14.0, "T9": -3.0, "T12": -11.0, "L2": slope - lordosis, "L4": slope - 0.57 * lordosis}
    knots |= {"L5": slope - 0.26 * lordosis, "S1": slope + 2, "S2": slope + 8, "S3": slope + 4, "S4": slope - 22}
    knots |= {"S5": slope - 42, "Co1": slope - 62}
    places = [bones.centre[bones.names.index(level)] for level in knots]

    def tilt(s: Numbers) -> Numbers:
        angles = np.interp(s, places, list(knots.values()))
        smooth = np.convolve(np.pad(angles, 12, mode="edge"), np.hanning(27)[1:-1] / np.hanning(27).sum(), "valid")
        radians: Numbers = np.radians(smooth + traits["sway"])
        return radians

    return Midline(tilt, bones.top[0] - 40, bones.bottom[-1] + 20, anchor)


def slip(traits: Mapping[str, Any]) -> float:
    """How far the slipped vertebra stands forward, in millimetres."""
    below = DEPTHS[traits["level"] + 1] * traits["scale"]
    return float(traits["slip"] / 100 * below)


def attenuation(
    canvas: Canvas, traits: Mapping[str, Any], line: Midline, where: tuple[Field, Field], rng: np.random.Generator
) -> Field:
    """Minus the logarithm of what passes the patient at every pixel, without lead.

    Args:
        canvas: the grid.
        traits: the patient.
        line: the patient's spine.
        where: the place of every pixel along that line and beside it.
        rng: draws what differs from picture to picture.
    """
    bones = stack(traits)
    along, off = where
    along, off = along + 0.5 * canvas.mottle(rng, 14), off + 0.5 * canvas.mottle(rng, 14)  # no bone is ruled
    total = lateral_trunk(canvas, traits, line, rng)
    total += (
        1.3
        * traits["bone"]
        * (
            _vertebrae(canvas, traits, bones, along, off)
            + _ribs(canvas, traits, bones, along, off)
            + _pelvis(canvas, traits, line)
        )
        * (1 + np.float32(0.07) * canvas.mottle(rng, 5))
    )
    return np.maximum(total, 0)


def _vertebrae(canvas: Canvas, traits: Mapping[str, Any], bones: Stack, along: Field, off: Field) -> Field:
    """Bodies with endplates, pedicles, articular and spinous processes."""
    f, scale, pixel = np.float32, traits["scale"], canvas.pixel
    strip = np.flatnonzero(((off > -62 * scale) & (off < 90 * scale)).any(axis=0))
    columns = slice(int(strip[0]), int(strip[-1]) + 1)
    s, t = along[:, columns], off[:, columns]
    ahead = np.where(np.arange(len(bones.names)) <= traits["level"], slip(traits), 0.0)
    k = bones.body_at(s)
    half_depth, half = (DEPTHS * scale / 2).astype(f)[k], bones.half.astype(f)[k]
    v, t_body = s - bones.centre.astype(f)[k], t + ahead.astype(f)[k]
    fused = (k > LEVELS.index("L5")).astype(f)
    u = v / half
    front = (t_body < 0).astype(f)
    taper = 1 - f(0.14) * fused * u
    waist = half_depth * (1 - (f(0.05) + f(0.07) * front) * (1 - u * u)) * taper
    body = box(t_body, v, waist, half, 2.6)
    result = bone(body, pixel, inside=0.50, cortex=0.30, depth=1.5) * (1 - f(0.25) * fused)
    for shift in (0.0, 1.7):  # each endplate has two rims, which the beam rarely lines up
        line = plate(np.abs(v) - half + f(0.9 + shift) + f(shift * 0.6) * u * np.sign(t_body), pixel, 0.9)
        result += f(0.36 if shift == 0 else 0.16) * line * cover(body, pixel) * (1 - f(0.4) * fused)
    disc = float(bones.bottom[traits["level"]] + bones.top[traits["level"] + 1]) / 2
    result += f(0.4 * traits["sclerosis"]) * cover(body, pixel) * np.exp(-(((s - f(disc)) / f(9 * scale)) ** 2))
    beak = ellipse(t_body + half_depth + 1.5, np.abs(v) - half + 1.0, 4.0, 2.0)
    result += f(0.55 * traits["wear"]) * cover(beak, pixel) * (1 - fused)

    behind = ahead * (1 - traits["lysis"] * (np.arange(len(bones.names)) == traits["level"]))
    last = int(LEVELS.index("L5"))
    tb = t + behind.astype(f)[k] - half_depth
    arch = (k <= last).astype(f)
    lumbar = ((k >= LUMBAR) & (k <= last)).astype(f)
    bridge = t_body - half_depth
    pedicle = box(bridge - 5, v + half * f(0.36), 8.0 * scale, half * f(0.36), 3.0)
    result += bone(pedicle, pixel, inside=0.26, cortex=0.24, depth=1.5) * arch
    spine_half = half * (f(0.34) + f(0.14) * lumbar + f(0.004) * np.clip(tb, 0, 50) * lumbar)
    drop = v - half * f(0.42) - (tb - 34) * (f(0.22) * lumbar + f(0.7) * (1 - lumbar)) * f(0.6)
    process = box(tb - f(33) * scale, drop, 18.0 * scale, spine_half, 4.0)
    result += bone(process, pixel, inside=0.20, cortex=0.20, depth=1.5) * arch

    j = bones.disc_at(s)
    w = s - ((bones.bottom + np.append(bones.top[1:], bones.bottom[-1] + 3)) / 2).astype(f)[j]
    deep = (DEPTHS * scale / 2).astype(f)[j]
    upper, lower = behind.astype(f)[j], np.append(behind[1:], 0).astype(f)[j]
    arch = (j <= last).astype(f)
    gap = f(traits["lysis"]) * (j == traits["level"]).astype(f)
    for forward, lean in ((lower, 0.0), (upper, 7.0)):  # the superior process below in front of the inferior one above
        q = t + forward - deep - f((11.0 + lean) * scale)
        top, end = (-9.0, 9.0) if lean == 0 else (-17.0, 5.0)
        process = stroke(q - f(0.25) * w, w, (0.0, top * scale), (0.0, end * scale), 4.8 * scale)
        result += bone(process, pixel, inside=0.22, cortex=0.16, depth=1.8) * arch
    cleft = stroke(t + lower - deep, w, (8.0 * scale, -15.0 * scale), (19.0 * scale, -9.0 * scale), 0.8)
    result -= f(0.4) * gap * plate(cleft, pixel, 1.6)
    crest = stroke(t - deep, s, (12.0 * scale, 6.0), (7.0 * scale, 70.0 * scale), 4.5 * scale)
    result += bone(crest, pixel, inside=0.20, cortex=0.18, depth=1.5)
    whole = np.zeros_like(along)
    whole[:, columns] = result
    return whole


def _ribs(canvas: Canvas, traits: Mapping[str, Any], bones: Stack, along: Field, off: Field) -> Field:
    """The lower ribs of both sides, which start behind the bodies and run forward and down."""
    f, scale = np.float32, traits["scale"]
    total = np.zeros_like(along)
    rows = slice(0, int(canvas.size * 0.62))
    s, t = along[rows], off[rows]
    for level, length, steep in RIBS:
        for near in (0.0, 1.0):
            forward = f(24 + 5 * near) * f(scale) - t
            middle = f(bones.top[LEVELS.index(level)] + 6 - 5 * near) + f(steep) * forward
            beyond = np.maximum(forward - f(length * scale), 0) + np.maximum(-forward, 0)
            distance = np.sqrt(((s - middle) / f(math.hypot(1, steep))) ** 2 + beyond * beyond) - f(4.6 * scale)
            total[rows] += bone(distance, canvas.pixel, inside=0.07, cortex=0.13, depth=1.3)
    return total


def _pelvis(canvas: Canvas, traits: Mapping[str, Any], line: Midline) -> Field:
    """Both iliac wings over the lumbosacral junction, a little apart, and the hips where the field reaches them."""
    x, y = canvas.coarse
    ox, oy = line.at(6)
    scale, pixel = traits["scale"], canvas.pixel
    total = np.zeros((canvas.size, canvas.size), dtype=np.float32)
    for shift in (0.0, traits["roll"]):
        u = (x - ox - 2 * shift) / (scale * traits["hip"])
        v = (y - oy - shift) / scale
        wing = canvas.refine(ILIUM.distance(u, v))
        total += bone(wing, pixel, inside=0.13, cortex=0.22, depth=2.0)
        total += bone(canvas.refine(ellipse(u + 26, v - 98, 24.0, 24.0)), pixel, inside=0.3, cortex=0.2, depth=2.0)
    return total
