"""Which lead letter lies on the film, and where? A marker that every radiograph has and that can betray its class."""

from __future__ import annotations

import math

import numpy as np

from xaimed.data.phantoms.canvas import Canvas, Field, Point, stroke

PLACES = ("upper left", "upper right", "lower left", "lower right")
"""The patient's right lies on the left of the picture and carries an R, the other side an L."""

_L = (((-3.2, -5.0), (-3.2, 5.0)), ((-3.2, 5.0), (3.2, 5.0)))
_R = (
    ((-3.2, -5.0), (-3.2, 5.0)),
    ((-3.2, -5.0), (1.6, -5.0)),
    ((1.6, -5.0), (3.2, -3.6)),
    ((3.2, -3.6), (3.2, -1.6)),
    ((3.2, -1.6), (1.6, 0.0)),
    ((1.6, 0.0), (-3.2, 0.0)),
    ((-0.4, 0.0), (3.4, 5.0)),
)
_A = (((-3.4, 5.0), (0.0, -5.0)), ((0.0, -5.0), (3.4, 5.0)), ((-2.2, 1.6), (2.2, 1.6)))
_P = _R[:6]

Letter = tuple[tuple[Point, Point], ...]
SIDES: tuple[Letter, Letter] = (_R, _L)
"""The letters on the left and on the right of a frontal view."""
DEPTHWISE: tuple[Letter, Letter] = (_A, _P)
"""Those of a sagittal one: anterior and posterior."""


def lead_marker(
    canvas: Canvas,
    place: str,
    rng: np.random.Generator,
    scale: float = 1.5,
    letters: tuple[Letter, Letter] = SIDES,
) -> Field:
    """How much of each pixel the lead letter covers, the letter a little tilted and off its place."""
    x, y = canvas.xy
    reach = canvas.width / 2
    across = (-1 if place.endswith("left") else 1) * (reach * 0.86 - rng.uniform(0, 0.04) * reach)
    down = (-1 if place.startswith("upper") else 1) * (reach * 0.84 - rng.uniform(0, 0.06) * reach)
    turn = rng.normal(0, 0.08)
    cover = np.zeros((canvas.size, canvas.size), dtype=np.float32)
    rows = np.abs(y[:, 0] - down) < 10 * scale
    columns = np.abs(x[0] - across) < 10 * scale
    u, v = (x[:, columns] - across) / scale, (y[rows] - down) / scale
    u, v = u * math.cos(turn) + v * math.sin(turn), v * math.cos(turn) - u * math.sin(turn)
    strokes = letters[0] if place.endswith("left") else letters[1]
    nearest = np.minimum.reduce([stroke(u, v, start, end, 1.0) for start, end in strokes])
    cover[np.ix_(rows, columns)] = canvas.cover(nearest * np.float32(scale))
    return cover
