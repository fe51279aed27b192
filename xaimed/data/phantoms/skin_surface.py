"""What lies beside a lesion in a dermoscopic picture? Skin, hairs, gel bubbles, a scale, and the light on all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from xaimed.data.phantoms.bones import plate
from xaimed.data.phantoms.canvas import Canvas, Field, ellipse
from xaimed.data.phantoms.pencil import Line, drawn, wander

MELANIN = np.array([0.62, 1.05, 1.38], dtype=np.float32)
BLOOD = np.array([0.10, 0.85, 0.70], dtype=np.float32)
"""How much of red, green and blue light each pigment takes."""

Colour = Field
"""Red, green and blue from 0 to 1, ``[3, H, W]``."""


def tinted(colour: Colour, amount: Field, spectrum: Field) -> Colour:
    """The colour seen through so much of a pigment."""
    seen: Colour = np.exp(spectrum[:, None, None] * -amount)
    seen *= colour
    return seen


def blended(colour: Colour, share: Field, other: tuple[float, float, float]) -> Colour:
    """The colour with this share of it replaced by another."""
    mixed: Colour = np.array(other, dtype=np.float32)[:, None, None] - colour
    mixed *= share
    mixed += colour
    return mixed


def pigments(canvas: Canvas, traits: Mapping[str, Any], rng: np.random.Generator) -> tuple[Field, Field]:
    """Melanin and blood of the skin itself, with its furrows, freckles of tone and fine vessels."""
    f = np.float32
    furrows = np.abs(canvas.mottle(rng, 0.75)) - f(0.8)
    melanin = f(traits["tan"]) + f(0.035) * canvas.mottle(rng, 3) + f(0.022) * furrows
    blood = f(traits["blush"]) + f(0.05) * canvas.mottle(rng, 4.5) + f(0.02) * canvas.mottle(rng, 0.4)
    threads = []
    for _ in range(int(rng.integers(0, 9))):
        start = tuple(rng.uniform(-canvas.width / 2, canvas.width / 2, 2))
        threads.append(Line(wander(rng, start, rng.uniform(0, 6.3), rng.uniform(0.8, 2.5), 1.5, 7), 0.07, 0.05, 0.6))
    return melanin, blood + f(0.3) * drawn(canvas, threads) if threads else blood


def hairs(canvas: Canvas, traits: Mapping[str, Any], rng: np.random.Generator) -> Field:
    """How much of each pixel hair covers; the hairs of one place lie roughly one way."""
    if not traits["hairs"]:
        return np.zeros((canvas.size, canvas.size), dtype=np.float32)
    lie, strands = rng.uniform(0, 2 * np.pi), []
    for _ in range(int(rng.poisson(traits["hairs"]))):
        start = tuple(rng.uniform(-0.6, 0.6, 2) * canvas.width)
        thick = traits["thick"] * rng.uniform(0.6, 1.1)
        strand = wander(rng, start, rng.normal(lie, 0.45), rng.uniform(3, 13), 0.5, 14)
        strands.append(Line(strand, thick, 0.4 * thick, rng.uniform(0.6, 0.95)))
    return drawn(canvas, strands)


def scale(canvas: Canvas, place: str, rng: np.random.Generator) -> Field:
    """How much of each pixel the dermatoscope's millimetre scale covers, in the corner named."""
    x, y = canvas.xy
    reach = canvas.width / 2
    across = (-1 if place.endswith("left") else 1) * (x + (1 if place.endswith("left") else -1) * reach * 0.93)
    down = (-1 if place.startswith("upper") else 1) * (y + (1 if place.startswith("upper") else -1) * reach * 0.93)
    shift = rng.uniform(0, 0.02) * canvas.width
    along, off = -across - shift, -down - shift
    tick = along - np.rint(along)
    long = np.where(np.rint(along) % 5 == 0, np.float32(0.55), np.float32(0.3))
    ticks = np.maximum(np.abs(tick) - 0.05, np.maximum(np.abs(off) - long, np.maximum(-0.3 - along, along - 5.3)))
    return canvas.cover(ticks)


def shown(canvas: Canvas, colour: Colour, strands: Field, marks: Field, rng: np.random.Generator) -> Colour:
    """The picture as the camera takes it: hair, bubbles in the gel, scale, vignette, white balance and noise."""
    f = np.float32
    x, y = canvas.xy
    reach = canvas.width / 2
    colour = blended(colour, strands, (0.13, 0.09, 0.08))
    for _ in range(int(rng.poisson(1.2)) if rng.random() < 0.35 else 0):
        cx, cy, r = rng.uniform(-reach, reach), rng.uniform(-reach, reach), rng.uniform(0.15, 0.7)
        edge = ellipse(x - f(cx), y - f(cy), r, r)
        colour = blended(colour, f(0.55) * plate(edge, canvas.pixel, 0.06), (0.97, 0.95, 0.93))
        glint = ellipse(x - f(cx - 0.35 * r), y - f(cy - 0.4 * r), 0.22 * r, 0.16 * r)
        colour = blended(colour, f(0.7) * canvas.cover(glint), (1.0, 1.0, 1.0))
    away = (x * x + y * y) / f(reach * reach)
    light = (
        1 - f(rng.uniform(0.02, 0.16)) * away + f(rng.normal(0, 0.05)) * x / reach + f(rng.normal(0, 0.05)) * y / reach
    )
    if rng.random() < 0.18:  # the round field of a small dermatoscope
        rim = np.sqrt(away) - f(rng.uniform(1.05, 1.25))
        light = light / (1 + np.exp(np.clip(rim / f(0.03), -30, 30)))
    colour = blended(colour, marks * f(0.85), (0.08, 0.08, 0.1))
    balance = np.exp(rng.normal(0, (0.03, 0.03, 0.05))).astype(np.float32)
    colour = colour * light * (balance * f(np.exp(rng.normal(0.02, 0.06))))[:, None, None]
    noise = rng.standard_normal((3, canvas.size, canvas.size), dtype=np.float32)
    return colour + f(rng.uniform(0.006, 0.016)) * noise
