"""What is the lesion made of? An outline in polar form, with network, globules, patches, veil and streaks in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from xaimed.data.phantoms.canvas import Canvas, Field
from xaimed.data.phantoms.pencil import Line, drawn, wander
from xaimed.data.phantoms.skin_surface import MELANIN, Colour, blended, tinted

ANGLES = np.linspace(-np.pi, np.pi, 361)
EXTRA = ("black", "blue", "red", "white")
"""Colours beyond light and dark brown."""


@dataclass(frozen=True)
class Lesion:
    """Where every pixel lies in a lesion: from its middle, and how far outside its edge (negative inside)."""

    u: Field
    v: Field
    edge: Field
    radius: float

    @classmethod
    def placed(cls, canvas: Canvas, traits: Mapping[str, Any], turn: float, shift: tuple[float, float]) -> Lesion:
        """The lesion turned and shifted as this picture shows it."""
        x, y = canvas.coarse
        dx, dy = x - shift[0], y - shift[1]
        u = dx * np.cos(turn) + dy * np.sin(turn)
        v = dy * np.cos(turn) - dx * np.sin(turn)
        outline = radii(traits)
        edge = np.hypot(u, v) - np.interp(np.arctan2(v, u), ANGLES, outline)
        u, v, edge = (canvas.refine(part.astype(np.float32)) for part in (u, v, edge))
        return cls(u, v, edge, float(traits["radius"]))

    def patch(self, canvas: Canvas, where: tuple[float, float, float], rng: np.random.Generator) -> Field:
        """A soft-edged part of the lesion about ``(u, v)`` with the radius given, all in radii of the lesion."""
        u, v, r = (np.float32(part * self.radius) for part in where)
        away = np.sqrt((self.u - u) ** 2 + (self.v - v) ** 2) + np.float32(0.3) * r * canvas.mottle(rng, 1.6)
        return _soft((away - r) / (np.float32(0.16) * r)) * _soft(self.edge / np.float32(0.15))


def radii(traits: Mapping[str, Any]) -> Field:
    """The outline: an ellipse, lopsided as far as it is asymmetric and notched as far as its border is irregular."""
    lopsided, notched = traits["asymmetry"], traits["border"] / 8
    wave = traits["oval"] * np.cos(2 * ANGLES)
    for n, (phase, share) in enumerate(traits["waves"], start=3):
        wave = wave + (0.15 * lopsided if n < 6 else 0.065 * notched) * share * np.cos(n * ANGLES + phase)
    return np.asarray(traits["radius"] * np.exp(wave))


def painted(
    canvas: Canvas, lesion: Lesion, traits: Mapping[str, Any], skin: Colour, rng: np.random.Generator
) -> tuple[Colour, Field]:
    """The skin with the lesion in it, and how atypical every place of it is, from 0 to 1."""
    f = np.float32
    fade = f(traits["fade"]) * (1 + f(0.5) * np.tanh(canvas.mottle(rng, 4)))
    inside = _soft((lesion.edge + f(0.12) * canvas.mottle(rng, 1.2)) / np.maximum(fade, f(0.04)))
    lean = f(traits["asymmetry"]) * (lesion.u / f(lesion.radius))
    tone = f(traits["pigment"]) * (
        1 + f(0.4) * lean + f(0.16) * canvas.mottle(rng, 2.2) + f(0.08) * canvas.mottle(rng, 0.6)
    )
    core = _soft((lesion.edge + f(0.45 * lesion.radius)) / f(0.3 * lesion.radius))
    amount = inside * np.maximum(tone * (f(0.72) + f(traits["centre"]) * core), 0.03)
    odd = lesion.patch(canvas, traits["odd"], rng) if traits["malignant"] else np.zeros_like(inside)
    net = network(canvas, lesion, traits["mesh"], rng)
    rim = inside * (1 - f(0.6) * core)
    amount = amount + f(traits["network"]) * net * rim + f(0.75) * odd * (net * f(0.8) + f(0.35))
    amount += f(traits["globules"]) * dots(canvas, rng, 0.62, (0.10, 0.22), 0.5) * inside
    amount += f(0.9) * dots(canvas, rng, 0.9, (0.05, 0.14), 0.45 * traits["comedones"]) * inside
    if traits["streaks"]:
        amount += f(0.9) * drawn(canvas, _streaks(canvas, lesion, traits, rng))
    colour = tinted(skin, amount, MELANIN)
    for name, where in traits["patches"]:
        part = lesion.patch(canvas, where, rng)
        odd = np.maximum(odd, part)
        if name == "black":
            colour = tinted(colour, f(1.3) * part * (1 + f(0.2) * canvas.mottle(rng, 0.7)), MELANIN * f(0.6) + f(0.5))
        elif name == "blue":
            colour = blended(colour, f(0.7) * part, (0.40, 0.43, 0.54))
        elif name == "red":
            colour = blended(colour, f(0.42) * part, (0.80, 0.36, 0.36))
        else:
            speckle = f(0.5) + f(0.12) * canvas.mottle(rng, 0.35)
            colour = blended(colour, speckle * part, (0.88, 0.78, 0.76))
    cysts = dots(canvas, rng, 0.95, (0.09, 0.2), 0.4 * traits["cysts"]) * inside
    return blended(colour, f(0.55) * cysts, (0.93, 0.86, 0.74)), odd * (lesion.edge < 0)


def network(canvas: Canvas, lesion: Lesion, mesh: float, rng: np.random.Generator) -> Field:
    """A honeycomb of pigment about lighter holes, its meshes bent and of uneven width; 1 on its lines."""
    f = np.float32
    bend = f(0.45 * mesh)
    u, v = lesion.u + bend * canvas.mottle(rng, 3 * mesh), lesion.v + bend * canvas.mottle(rng, 3 * mesh)
    waves = [np.cos(f(2 * np.pi / mesh) * (u * f(np.cos(a)) + v * f(np.sin(a)))) for a in (0.1, 2.194, 4.289)]
    holes = (waves[0] + waves[1] + waves[2] + f(1.5)) / f(4.5)
    wide = f(2.3) + f(0.5) * canvas.mottle(rng, 2.5)
    lines: Field = np.clip(1 - wide * holes, 0, 1)
    return lines


def dots(canvas: Canvas, rng: np.random.Generator, pitch: float, sizes: tuple[float, float], share: float) -> Field:
    """Round dots of these radii, one in each cell of a grid as wide as ``pitch``, in this share of all cells."""
    if share <= 0:
        return np.zeros((canvas.size, canvas.size), dtype=np.float32)
    n = int(np.ceil(canvas.width / pitch)) + 1
    x, y = (axis + np.float32(canvas.width / 2) for axis in canvas.xy)
    column, row = (x // pitch).astype(int), (y // pitch).astype(int)
    radius = rng.uniform(*sizes, (n, n)).astype(np.float32)
    radius[rng.random((n, n)) > share] = -1
    free = np.clip(pitch - 2 * np.abs(radius), 0, None) / 2
    middle = np.float32(0.5 * pitch) + rng.uniform(-1, 1, (2, n, n)).astype(np.float32) * free
    dx, dy = x - column * np.float32(pitch), y - row * np.float32(pitch)
    away = np.sqrt((dx - middle[0][row, column]) ** 2 + (dy - middle[1][row, column]) ** 2)
    return canvas.cover(away - radius[row, column])


def _streaks(canvas: Canvas, lesion: Lesion, traits: Mapping[str, Any], rng: np.random.Generator) -> list[Line]:
    """Short dark lines that leave the edge outwards in one sector, some with a knob at their tip."""
    outline, lines = radii(traits), []
    turn, (sx, sy) = traits["turn"], traits["shift"]
    for angle in traits["sector"] + rng.uniform(-0.6, 0.6, int(traits["streaks"])):
        wrapped = (angle + np.pi) % (2 * np.pi) - np.pi
        r = float(np.interp(wrapped, ANGLES, outline)) * rng.uniform(0.86, 0.95)
        heading = angle + turn
        start = (sx + r * np.cos(heading), sy + r * np.sin(heading))
        line = wander(rng, start, heading, rng.uniform(0.5, 1.2), 0.25, 5)
        lines.append(Line(line, 0.12, rng.choice((0.08, 0.22)), 0.8))
    return lines


def _soft(ratio: Field) -> Field:
    """From 1 well inside to 0 well outside."""
    share: Field = 1 / (1 + np.exp(np.clip(ratio, -30, 30)))
    return share
