"""How is something long and thin drawn? Vessels, hairs, wires and nerve roots, as tapering lines on a finer grid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from xaimed.data.phantoms.canvas import Canvas, Field

FINER = 2


@dataclass(frozen=True)
class Line:
    """A line through points ``[n, 2]`` in millimetres, whose width changes evenly from its start to its end."""

    points: npt.NDArray[np.float64]
    start: float
    end: float
    strength: float = 1.0


def drawn(canvas: Canvas, lines: Iterable[Line]) -> Field:
    """How strongly each pixel is covered, from 0 to 1; where lines cross, the last one is seen."""
    fine = FINER / canvas.pixel
    picture = Image.new("L", (canvas.size * FINER,) * 2)
    pen = ImageDraw.Draw(picture)
    for line in lines:
        corners = ((line.points + canvas.width / 2) * fine).tolist()
        for (start, end), width in zip(
            pairwise(corners),
            np.linspace(line.start, line.end, max(len(corners) - 1, 1)) * fine,
            strict=True,
        ):
            ink = round(255 * line.strength * min(1.0, width))  # thinner than the finest line is fainter
            pen.line((*start, *end), fill=ink, width=max(1, round(width)))
            if width > 3:  # round joints
                r = width / 2 - 0.5
                pen.ellipse((end[0] - r, end[1] - r, end[0] + r, end[1] + r), fill=ink)
    return np.asarray(picture.reduce(FINER), dtype=np.float32) / np.float32(255)


def wander(
    rng: np.random.Generator, start: tuple[float, float], heading: float, length: float, bend: float, pieces: int = 8
) -> npt.NDArray[np.float64]:
    """Points of a line that sets out in one direction (radians, from the right downwards) and turns as it goes."""
    turns = heading + np.cumsum(rng.normal(0, bend / np.sqrt(pieces), pieces))
    steps = length / pieces * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    return np.concatenate([[start], start + np.cumsum(steps, axis=0)])
