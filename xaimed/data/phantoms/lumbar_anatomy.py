"""What does each tissue give back in a sagittal T2 picture? Bone, discs, fluid, cord, fat and muscle along a spine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from xaimed.data.phantoms.bones import plate
from xaimed.data.phantoms.canvas import Canvas, Field, box, cover, ellipse, stroke
from xaimed.data.phantoms.midline import DISC, HEIGHT, LEVELS, Midline, Numbers, Stack
from xaimed.data.phantoms.pencil import Line, drawn
from xaimed.data.phantoms.spine_lateral import DEPTHS, SACRAL, SACRAL_GAP, SACRAL_HEIGHT

FLUID, FAT, MARROW, MUSCLE, CORD, DARK = 0.95, 0.72, 0.40, 0.17, 0.45, 0.05
LUMBAR, LAST = LEVELS.index("L1"), LEVELS.index("L5")
SAC_END = 48.0
"""Millimetres below S1's upper endplate at which the fluid ends."""


def stack(traits: Mapping[str, Any]) -> Stack:
    """The vertebrae of this patient down to the coccyx, on discs as high as wear has left them."""
    heights = np.concatenate([HEIGHT, SACRAL_HEIGHT])
    gaps = np.concatenate([DISC * traits["height"], SACRAL_GAP])
    return Stack.built(LEVELS + SACRAL, heights * traits["scale"], gaps * traits["scale"], len(LEVELS))


@dataclass(frozen=True)
class Plane:
    """The midsagittal plane: where each pixel lies along the spine, before or behind it, and by which body and disc.

    ``s`` runs down the spine and ``t`` backwards; ``v`` and ``w`` are the distances below the middle of the nearest
    body and of the nearest disc; ``wall`` is where the bodies' back walls lie.
    """

    canvas: Canvas
    s: Field
    t: Field
    v: Field
    w: Field
    body: Any
    disc: Any
    wall: Field

    @classmethod
    def placed(cls, canvas: Canvas, traits: Mapping[str, Any], bones: Stack, line: Midline) -> Plane:
        """The plane of this patient's spine."""
        f = np.float32
        s, t = line.coordinates(canvas)
        body, disc = bones.body_at(s), np.minimum(bones.disc_at(s), len(DEPTHS) - 2)
        middles = ((bones.bottom[:-1] + bones.top[1:]) / 2).astype(f)
        wall = np.interp(s, bones.centre, DEPTHS * traits["scale"] / 2).astype(f)
        slid = np.concatenate([traits["slid"], np.zeros(len(SACRAL))])
        t = t - np.interp(s, bones.centre, slid).astype(f)
        return cls(canvas, s, t, s - bones.centre.astype(f)[body], s - middles[disc], body, disc, wall)

    def by_disc(self, values: Numbers) -> Field:
        """A number of each disc, at the pixels nearest to it; nothing below L5."""
        whole: Field = np.concatenate([values, np.zeros(len(SACRAL))]).astype(np.float32)[self.disc]
        return whole

    def over(self, picture: Field, distance: Field, value: float | Field) -> Field:
        """The picture with a shape of this signal painted over it."""
        painted: Field = picture + (value - picture) * cover(distance, 1.15 * self.canvas.pixel)
        return painted


def canal(plane: Plane, traits: Mapping[str, Any]) -> tuple[Field, Field]:
    """Where the canal begins behind the bodies and where it ends, both as ``t``."""
    f, w = np.float32, plane.w
    near = np.exp(-((w / f(4.5)) ** 2))
    low = np.exp(-(((w - f(traits["sunk"])) / f(5.0)) ** 2))
    front = plane.wall + f(1.2) + plane.by_disc(traits["bulge"]) * near + plane.by_disc(traits["hernia"]) * low
    taper = np.clip(1 - (plane.s - 4) / f(SAC_END + 16), 0.1, 1) ** f(0.7)
    wide = f(traits["canal"]) * (1 + f(0.0006) * np.clip(-plane.s - 90, 0, 200)) * taper
    back = plane.wall + f(1.2) + wide - plane.by_disc(traits["flavum"]) * np.exp(-((w / f(8.5)) ** 2))
    return front, back


def signal(canvas: Canvas, traits: Mapping[str, Any], bones: Stack, plane: Plane, rng: np.random.Generator) -> Field:
    """What every pixel gives back, before coil and noise, from 0 (cortex, air) to 1 (fluid)."""
    front, back = canal(plane, traits)
    picture = _around(canvas, traits, plane, back, rng)
    picture = _bodies(canvas, traits, bones, plane, picture, rng)
    picture = _discs(traits, bones, plane, picture, canvas.mottle(rng, 4))
    return _canal(canvas, traits, bones, plane, picture, (front, back), rng)


def _around(canvas: Canvas, traits: Mapping[str, Any], plane: Plane, back: Field, rng: np.random.Generator) -> Field:
    """Belly and great vessels in front, spinous processes, ligaments, muscle and fat behind, air beyond the skin."""
    f, s, t = np.float32, plane.s, plane.t
    clouds, fine = canvas.mottle(rng, 17), canvas.mottle(rng, 5)
    loops = np.exp(-((canvas.mottle(rng, 22) / f(0.3)) ** 2))
    belly = np.clip(f(0.42) + f(0.11) * clouds + f(0.04) * fine - f(0.16) * loops, 0.05, 0.85)
    picture = np.where(t < 0, belly, f(MUSCLE) + f(0.05) * fine + f(0.07) * np.maximum(clouds, 0))
    picture = plane.over(picture, np.abs(t + plane.wall + 5) - f(5), FAT * 0.8)
    vessel = np.abs(t + plane.wall + f(traits["aorta"]) + 2 * np.sin(s / 30)) - f(7.5)
    picture = plane.over(picture, np.maximum(vessel, s + f(30)), 0.07)
    behind = t - back
    air = canvas.refine(_beyond_skin(canvas, traits))
    fat = np.minimum(f(31) + fine - behind, -air - f(traits["skin"]))
    picture = plane.over(picture, fat, FAT + f(0.04) * clouds)
    streaks = f(0.33) + f(0.06) * canvas.mottle(rng, 4) + f(0.06) * clouds
    picture = plane.over(picture, np.maximum(np.abs(behind - 15) - f(15), s - 20), np.clip(streaks, 0.08, 0.6))
    drop = plane.v - f(9) - f(0.22) * behind
    tall = f(8.5) + f(0.06) * behind
    process = np.maximum(box(behind - 15, drop, 14.0, tall, 4.0), s - 16)
    picture = plane.over(picture, process, DARK * 1.5)
    picture = plane.over(picture, process + 1.3, MARROW * 1.05 + f(0.04) * fine)
    septum = np.abs(behind - 31) - f(0.5)
    picture = plane.over(picture, np.maximum(septum, s - 12), 0.1)
    picture = plane.over(picture, -air - f(1.8), 0.25)
    return plane.over(picture, -air, 0.0)


def _beyond_skin(canvas: Canvas, traits: Mapping[str, Any]) -> Field:
    """Millimetres beyond the skin of the back, which follows the spine's bends only half."""
    x, y = canvas.coarse
    line = traits["line"]
    hollow = 0.55 * np.interp(y, line.y, line.x) + 0.45 * float(np.interp(-60, line.along, line.x))
    seat = 16 * np.clip((y - float(np.interp(-20, line.along, line.y))) / 60, 0, 1.3)
    beyond: Field = (x - hollow - 68 - traits["skin"] - seat).astype(np.float32)
    return beyond


def _bodies(
    canvas: Canvas, traits: Mapping[str, Any], bones: Stack, plane: Plane, picture: Field, rng: np.random.Generator
) -> Field:
    """Bodies with their cortex and basivertebral veins, beaks at worn discs, marrow changed beside them."""
    f, t, v = np.float32, plane.t, plane.v
    half = bones.half.astype(f)[plane.body]
    u = v / half
    sacral = (plane.body > LAST).astype(f)
    deep = (DEPTHS * traits["scale"] / 2).astype(f)[plane.body]
    spur = plane.by_disc(traits["spur"])
    edge = np.clip((np.abs(u) - f(0.45)) / f(0.55), 0, 1)
    beak = spur * edge * edge * np.where(t < 0, f(1), f(0.45))
    waist = deep - f(1.6) * (1 - u * u) * (1 - f(0.6) * sacral) + beak
    body = box(t, v, waist, half, 2.2)
    picture = plane.over(picture, body - f(0.9), DARK)
    marrow = f(traits["marrow"]) * (1 + f(0.05) * canvas.mottle(rng, 4) + f(0.05) * canvas.mottle(rng, 12))
    reach = np.exp(-(((np.abs(plane.w) - f(4)) / f(6)).clip(0) ** 2))
    marrow = marrow + plane.by_disc(traits["modic"]) * reach * np.clip(1 - np.abs(t + f(traits["modic_at"])) / 20, 0, 1)
    picture = plane.over(picture, body + f(0.5), marrow)
    vein = stroke(t - deep, v, (-9.0, 0.0), (0.0, 0.0), f(0.6) + f(0.14) * np.clip(t - deep + 9, 0, 9))
    return plane.over(picture, np.maximum(vein, sacral * 9), 0.62)


def _discs(traits: Mapping[str, Any], bones: Stack, plane: Plane, picture: Field, fine: Field) -> Field:
    """Discs: a dark ring about a nucleus that is bright with a cleft when young and dark when worn, and may bulge."""
    f, t, w = np.float32, plane.t, plane.w
    gap = np.concatenate([(bones.top[1:] - bones.bottom[:-1]) / 2, [1.0]]).astype(f)[plane.disc]
    wear = plane.by_disc(traits["wear"])
    lumbar = (plane.disc <= LAST).astype(f)
    out = plane.by_disc(traits["bulge"]) * np.where(t > 0, f(1), f(0.5))
    ring = box(t, w, plane.wall + out, gap, 2.0)
    picture = plane.over(picture, ring, DARK + f(0.03) * fine + f(0.05) * lumbar)
    nucleus = ellipse(t - 1.5, w, plane.wall * f(0.8), gap * f(0.93))
    bright = f(0.80) * (1 - wear) ** f(1.3) + f(0.10) + f(0.05) * fine
    cleft = f(0.22) * plate(w, plane.canvas.pixel, 0.8) * (1 - wear) * cover(np.abs(t) - plane.wall * f(0.55), 3)
    picture = plane.over(picture, nucleus, (bright - cleft) * (f(0.35) + f(0.65) * lumbar))
    sunk = w - f(traits["sunk"]) * np.clip((t - plane.wall) / 5, 0, 1)
    slug = plane.by_disc(traits["hernia"])
    lump = ellipse(t - plane.wall + 2, sunk, slug + 2, f(2.6) + f(0.36) * slug)
    picture = plane.over(picture, lump + (slug <= 0) * f(99), f(0.16) + f(0.04) * fine)
    core = ellipse(t - plane.wall + 2, sunk, f(0.62) * slug + 1, f(1.2) + f(0.2) * slug)
    return plane.over(picture, core + (slug <= 0) * f(99), float(traits["core"]))


def _canal(
    canvas: Canvas,
    traits: Mapping[str, Any],
    bones: Stack,
    plane: Plane,
    picture: Field,
    edges: tuple[Field, Field],
    rng: np.random.Generator,
) -> Field:
    """Fluid in its sac, cord and nerve roots in the fluid, fat and dark ligaments about it."""
    f, s, t = np.float32, plane.s, plane.t
    front, back = edges
    inside = np.maximum(front - t, t - back)
    picture = plane.over(picture, inside - f(1.6), DARK)
    yellow = plane.by_disc(traits["flavum"])
    fat = ellipse(t - back - 2, plane.w - 1, 4.5 - 0.3 * yellow, 8.0)
    picture = plane.over(picture, fat, FAT)
    picture = plane.over(picture, np.maximum(inside + f(0.2), s - 75), FAT * 0.9)
    ended = np.maximum(inside + f(0.7), s - f(SAC_END))
    picture = plane.over(picture, ended, f(FLUID) + f(0.03) * canvas.mottle(rng, 9))
    conus = float(bones.centre[LUMBAR]) + traits["conus"]
    room = back - front
    thick = f(4.2) * np.clip((f(conus) - s) / f(22), 0, 1) ** f(0.6)
    cord = np.abs(t - front - f(0.56) * room) - np.minimum(thick, f(0.4) * room)
    picture = plane.over(picture, cord + (thick <= 0) * f(9), CORD)
    places = np.linspace(conus - 14, SAC_END - 6, 22)
    mean = np.interp(places, bones.centre, DEPTHS * traits["scale"] / 2) + 1.2
    strands = []
    for _ in range(11):
        lie = rng.uniform(0.38, 0.92)
        free = traits["canal"] * np.clip(1 - (places - 4) / (SAC_END + 16), 0.2, 1)
        wave = (
            traits["crowded"] * np.sin(places / rng.uniform(6, 10) + rng.uniform(0, 6)) * (places < traits["tight_at"])
        )
        fan = np.linspace(0.15, 1, len(places)) * (lie - 0.6)
        off = mean + free * (0.6 + fan) + wave + rng.normal(0, 0.25, len(places))
        strands.append(Line(traits["line"].points(places, off), 0.9, 0.6, rng.uniform(0.35, 0.7)))
    roots = drawn(canvas, strands) * cover(ended, canvas.pixel)
    squeezed = np.clip(1 - room / f(9), 0, 1) * cover(ended, canvas.pixel)
    return picture * (1 - f(0.62) * roots) * (1 - f(0.75) * squeezed)
