"""What lies in the beam from front to back? Trunk, lungs, bowel gas, ribs, pelvis and the spine seen from in front."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from xaimed.data.phantoms.bones import bone, plate
from xaimed.data.phantoms.canvas import Canvas, Field, Outline, box, cover, ellipse, stroke
from xaimed.data.phantoms.midline import DISC, HEIGHT, LEVELS, WIDTH, Midline, Numbers, Stack
from xaimed.data.phantoms.trunk import frontal_trunk

ILIUM = Outline((
    (30, 6), (36, -4), (44, -15), (55, -25), (67, -32), (80, -37), (93, -38), (106, -35), (117, -29), (127, -19),
    (133, -6), (136, 8), (135, 20), (130, 29), (125, 37), (122, 47), (121, 57), (123, 68), (127, 78), (127, 88),
    (121, 98), (112, 106), (100, 111), (88, 112), (79, 106), (74, 98), (71, 88), (69, 78), (63, 70), (55, 65),
    (46, 62), (40, 52), (36, 40), (32, 22),
))  # fmt: skip
SACRUM = Outline((
    (-24, -4), (-14, 1), (0, 3), (14, 1), (24, -4), (40, -2), (55, 8), (54, 26), (46, 42), (34, 58), (24, 78),
    (12, 96), (4, 116), (-4, 116), (-12, 96), (-24, 78), (-34, 58), (-46, 42), (-54, 26), (-55, 8), (-40, -2),
))  # fmt: skip
RIBS = (("T7", 150, 0.24), ("T8", 150, 0.3), ("T9", 145, 0.38), ("T10", 140, 0.5), ("T11", 112, 0.62))


def stack(traits: Mapping[str, Any]) -> Stack:
    """The vertebrae of this patient as they stand in a frontal view, where the lumbosacral disc is foreshortened."""
    scale = traits["scale"]
    gaps = DISC * traits["disc"]
    gaps[-1] *= 0.45
    return Stack.built(LEVELS, HEIGHT * scale, gaps * scale, len(LEVELS))


def curve(traits: Mapping[str, Any], bones: Stack, anchor: tuple[float, float]) -> tuple[Midline, float]:
    """The spine's line with the patient's Cobb angle, and the place of its apex."""
    apex = float(np.interp(traits["apex"], np.arange(len(bones.names)), bones.centre))
    reach, side = traits["reach"] * traits["scale"], traits["side"]

    def bump(s: Numbers, centre: float, half: float) -> Numbers:
        inside = np.abs(s - centre) < 2 * half
        wave: Numbers = np.where(inside, -np.sin(math.pi * (s - centre) / (2 * half)), 0.0)
        return wave

    def unit(s: Numbers) -> Numbers:
        second = traits["second"] * bump(s, apex - 2.6 * reach, reach)
        third = 0.5 * traits["second"] * bump(s, apex + 2.6 * reach, 0.9 * reach)
        whole: Numbers = bump(s, apex, reach) - second - third
        return whole

    near = np.linspace(apex - 1.3 * reach, min(apex + 1.3 * reach, 0.0), 100)
    bend = unit(near)
    amplitude = math.radians(traits["cobb"]) / float(bend.max() - bend.min())
    sway = math.radians(traits["sway"])
    return Midline(lambda s: side * amplitude * unit(s) * (s < 60) + sway, bones.top[0] - 40, 130, anchor), apex


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
    total = frontal_trunk(canvas, traits, line, rng)
    total += (
        traits["bone"]
        * (
            _vertebrae(canvas, traits, bones, along, off)
            + _ribs(canvas, traits, bones, along, off, rng)
            + _pelvis(canvas, traits, line)
        )
        * (1 + np.float32(0.07) * canvas.mottle(rng, 5))
    )
    return np.maximum(total, 0)


def _vertebrae(canvas: Canvas, traits: Mapping[str, Any], bones: Stack, along: Field, off: Field) -> Field:
    """Bodies with endplates, pedicles, transverse and articular processes, laminae and spinous processes."""
    scale, pixel = traits["scale"], canvas.pixel
    f = np.float32
    strip = np.flatnonzero((np.abs(off) < 62 * scale).any(axis=0))
    columns = slice(int(strip[0]), int(strip[-1]) + 1)
    s, t = along[:, columns], off[:, columns]
    k = bones.body_at(s)
    half_width = (WIDTH * scale / 2).astype(f)[k]
    half = bones.half.astype(f)[k]
    v = s - bones.centre.astype(f)[k]
    shown = (s < bones.bottom[-1] + 4).astype(f)
    turn = traits["turn"].astype(f)[k]  # sideways shift of what lies behind the body, for its rotation
    lumbar = (k >= LEVELS.index("L1")).astype(f)

    u = v / half
    waist = half_width * (0.90 + 0.10 * u * u)
    body = box(t, v, waist, half, 3.0)
    result = bone(body, pixel, inside=0.40, cortex=0.34, depth=1.5)
    rim = np.clip(1.15 - np.abs(t) / half_width, 0, 1) ** 0.3
    result += plate(np.abs(v) - half + f(0.9), pixel, 1.1) * f(0.34) * cover(body, pixel) * rim
    for side in (-1, 1):  # osteophytes: beaks at the rims
        beak = ellipse(t - side * (half_width + 1.0), np.abs(v) - half + 1.2, 3.4, 1.9)
        result += f(0.5 * traits["wear"]) * cover(beak, pixel)

    for side in (-1, 1):
        centre = side * half_width * f(0.60) + turn * f(0.55)
        narrow = np.clip(1 + side * turn / 26, 0.45, 1.15)
        pedicle = ellipse(t - centre, v + half * f(0.26), 4.4 * scale * narrow, 6.6 * scale)
        result += bone(pedicle, pixel, inside=0.10, cortex=0.62, depth=1.5)
        reach = half_width + f(13 * scale) * lumbar + 6 * (1 - lumbar)
        outer = side * (t - turn * f(0.3)) - half_width
        span = reach - half_width
        thick = f(4.6 * scale) - 2.2 * np.clip(outer / span, 0, 1)
        rise = v + half * f(0.30) + outer * f(0.14)
        bar = np.sqrt(np.maximum(np.abs(outer + 2 - span / 2) - span / 2, 0) ** 2 + rise * rise) - thick
        result += bone(bar, pixel, inside=0.15, cortex=0.16, depth=1.2) * lumbar
        lamina = stroke(t - turn * f(0.8), v, (0.0, 0.28 * 13), (side * 11.0 * scale, -0.1 * 13), 3.4 * scale)
        result += bone(lamina, pixel, inside=0.13, cortex=0.10, depth=1.5)

    j = bones.disc_at(s)  # what bridges two bodies is reckoned from the disc between them
    w = s - ((bones.bottom + np.append(bones.top[1:], bones.bottom[-1] + 5)) / 2).astype(f)[j]
    turn = traits["turn"].astype(f)[j]
    wide = (WIDTH * scale / 2).astype(f)[j]
    lumbar = (j >= LEVELS.index("T12")).astype(f)
    tip = box(t - turn * f(1.15), w + f(1.5), 2.4 * scale, f(8.5) * scale, 2.2)
    result += bone(tip, pixel, inside=0.24, cortex=0.34, depth=1.3)
    for side in (-1, 1):
        facet = ellipse(t - side * wide * f(0.62) - turn * f(0.8), w, 4.6 * scale, 10.5 * scale)
        joint = plate(t - side * wide * f(0.66) - turn * f(0.8) - side * w * f(0.12), pixel, 0.8)
        result += lumbar * cover(facet, pixel) * (f(0.24 + 0.2 * traits["wear"]) - f(0.26) * joint)
    whole = np.zeros_like(along)
    whole[:, columns] = result * shown
    return whole


def _ribs(
    canvas: Canvas, traits: Mapping[str, Any], bones: Stack, along: Field, off: Field, rng: np.random.Generator
) -> Field:
    """The lower ribs, from their vertebra outwards and down; the last is short."""
    total = np.zeros_like(along)
    f, scale, turn = np.float32, traits["scale"], traits["turn"]
    last = 74 + rng.normal(0, 14)
    rows = slice(0, int(canvas.size * 0.72))
    for side in (-1, 1):
        seen = np.flatnonzero((side * off[rows] > -10).any(axis=0))
        part = (rows, slice(int(seen[0]), int(seen[-1]) + 1))
        s, lateral = along[part], side * off[part] - f(12 * scale)
        square = lateral * lateral
        for level, length, drop in (*RIBS, ("T12", last, 0.62)):
            k = LEVELS.index(level)
            steep = f(drop * (1 + side * float(turn[k]) / 30))
            middle = f(bones.top[k] + 4) + steep * lateral + f(0.0012 * (k < LEVELS.index("T11"))) * square
            beyond = np.maximum(lateral - f(length * scale), 0) + np.maximum(-2 - lateral, 0)
            distance = np.sqrt(((s - middle) / f(math.hypot(1, steep + 0.15))) ** 2 + beyond * beyond)
            end = np.clip(lateral / f(length * scale), 0, 1) ** 2
            distance -= f(5.4 * scale) * (1 - f(0.35) * end * end)
            total[part] += bone(distance, canvas.pixel, inside=0.10, cortex=0.17, depth=1.4) * (1 - f(0.5) * end)
    return total


def _pelvis(canvas: Canvas, traits: Mapping[str, Any], line: Midline) -> Field:
    """Sacrum with its foramina, iliac wings, and the hips where the field reaches them."""
    x, y = canvas.coarse
    ox, oy = line.at(0)
    scale, pixel = traits["scale"], canvas.pixel
    roll = math.radians(traits["roll"])
    u = ((x - ox) * math.cos(roll) + (y - oy) * math.sin(roll)) / (scale * traits["hip"])
    v = ((y - oy) * math.cos(roll) - (x - ox) * math.sin(roll)) / scale
    low = int(np.argmax(v.min(axis=1) > -80))  # the wings end far below
    outline = np.full((3, *u.shape), 99, dtype=np.float32)
    for index, (bone_, side) in enumerate(((SACRUM, 1), (ILIUM, 1), (ILIUM, -1))):
        outline[index, low:] = bone_.distance(side * u[low:], v[low:])
    sacrum, *wings = map(canvas.refine, outline)
    rows = slice(int(np.argmax(sacrum.min(axis=1) < 60)), canvas.size)
    u, v = canvas.refine(u)[rows], canvas.refine(v)[rows]
    total = np.zeros((canvas.size, canvas.size), dtype=np.float32)
    part = total[rows]
    for side, wing in zip((1, -1), wings, strict=True):
        thin = np.exp(-((side * u - 74) ** 2 + (v - 14) ** 2) / 1700)
        part += bone(wing[rows], pixel, inside=0.46, cortex=0.34, depth=2.4)
        part -= cover(wing[rows], pixel) * np.float32(0.26) * thin
        inlet = stroke(side * u, v, (46.0, 60.0), (84.0, 106.0), 2.0)
        part += bone(inlet, pixel, inside=0.12, cortex=0.14, depth=2.0)
        part += bone(ellipse(side * u - 104, v - 128, 24.0, 24.0), pixel, inside=0.5, cortex=0.25, depth=2.0)
        part -= np.float32(0.26) * plate(stroke(side * u, v, (50.0, 4.0), (42.0, 50.0), 0.4), pixel, 1.0)
    part += bone(sacrum[rows], pixel, inside=0.40, cortex=0.22, depth=2.0) * np.clip(1.3 - v / 110, 0.3, 1)
    row = np.clip(np.rint((v - 17) / 17.5), 0, 3)
    down, out = v - 17 - 17.5 * row, np.abs(u) - 25 + 2.6 * row
    arc = plate(ellipse(out, down - 1.0, 7.5, 6.0), pixel, 1.0) * (down < 1)
    part += np.float32(0.2) * arc - np.float32(0.2) * cover(ellipse(out, down, 5.0 - 0.5 * row, 4.0), pixel)
    part += bone(ellipse(u, down + 4, 2.6, 6.0), pixel, inside=0.14, cortex=0.2, depth=1.3)
    return total
