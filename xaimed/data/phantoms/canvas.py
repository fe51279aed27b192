"""Where is this pixel, in millimetres, and how far from a shape? A grid and signed distances (negative inside)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

Field = npt.NDArray[np.floating[Any]]
"""One number for every pixel, in single precision wherever it is a whole picture."""
Point = tuple[float, float]

COARSENING = 4
MARGIN = 3


@dataclass(frozen=True)
class Canvas:
    """A square of ``size`` pixels that shows ``width`` millimetres; x runs right and y down from the centre."""

    size: int
    width: float

    @property
    def pixel(self) -> float:
        """Millimetres per pixel."""
        return self.width / self.size

    @cached_property
    def xy(self) -> tuple[Field, Field]:
        """Position of every pixel, as a row and a column that broadcast."""
        axis = ((np.arange(self.size, dtype=np.float32) + 0.5) / self.size - 0.5) * np.float32(self.width)
        return axis[None, :], axis[:, None]

    @cached_property
    def coarse(self) -> tuple[Field, Field]:
        """Position of every point of a coarser grid that reaches beyond the picture, for what changes slowly."""
        n = self._cells
        axis = ((np.arange(-MARGIN, n + MARGIN, dtype=np.float32) + 0.5) / n - 0.5) * np.float32(self.width)
        x, y = np.meshgrid(axis, axis)
        return x, y

    @property
    def _cells(self) -> int:
        return max(16, self.size // COARSENING)

    def refine(self, values: Field) -> Field:
        """Values on the coarse grid, interpolated to every pixel."""
        box = (MARGIN, MARGIN, MARGIN + self._cells, MARGIN + self._cells)
        picture = Image.fromarray(np.ascontiguousarray(values, dtype=np.float32))
        return np.asarray(picture.resize((self.size, self.size), Image.Resampling.BICUBIC, box=box))

    def coarsen(self, values: Field) -> Field:
        """Values at every pixel, averaged to the coarse grid and repeated beyond the picture."""
        picture = Image.fromarray(np.ascontiguousarray(values, dtype=np.float32))
        small = np.asarray(picture.resize((self._cells, self._cells), Image.Resampling.BOX))
        return np.pad(small, MARGIN, mode="edge")

    def mottle(self, rng: np.random.Generator, grain: float) -> Field:
        """Smooth noise of unit variance whose clouds are about ``grain`` millimetres wide."""
        n = max(4, round(self.width / grain))
        picture = Image.fromarray(rng.standard_normal((n, n), dtype=np.float32))
        cloud = np.asarray(picture.resize((self.size, self.size), Image.Resampling.BICUBIC))
        return cloud / max(float(cloud[::4, ::4].std()), 1e-6)

    def cover(self, distance: Field) -> Field:
        """How much of each pixel lies inside the shape, from 0 to 1."""
        return cover(distance, self.pixel)


def cover(distance: Field, pixel: float) -> Field:
    """How much of each pixel of this width lies inside the shape, from 0 to 1."""
    inside: Field = np.clip(np.float32(0.5) - distance / np.float32(pixel), 0, 1)
    return inside


def ellipse(x: Field, y: Field, rx: float | Field, ry: float | Field) -> Field:
    """Distance to an ellipse about the origin, exact on its edge."""
    r = np.sqrt((x / rx) ** 2 + (y / ry) ** 2)
    distance: Field = (r - 1) * np.minimum(rx, ry)
    return distance


def box(x: Field, y: Field, rx: float | Field, ry: float | Field, corner: float | Field) -> Field:
    """Distance to a rectangle about the origin with rounded corners."""
    dx, dy = np.abs(x) - rx + corner, np.abs(y) - ry + corner
    outside = np.sqrt(np.maximum(dx, 0) ** 2 + np.maximum(dy, 0) ** 2)
    distance: Field = outside + np.minimum(np.maximum(dx, dy), 0) - corner
    return distance


def stroke(x: Field, y: Field, start: Point, end: Point, radius: float | Field) -> Field:
    """Distance to a straight stroke with round ends."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = np.clip(((x - start[0]) * dx + (y - start[1]) * dy) / (dx * dx + dy * dy), 0, 1)
    return np.sqrt((x - start[0] - along * dx) ** 2 + (y - start[1] - along * dy) ** 2) - radius


class Outline:
    """A closed polygon whose distances are reckoned once, on a grid, and looked up from then on."""

    STEP = 2.0
    BEYOND = 16.0

    def __init__(self, corners: Sequence[Point]) -> None:
        """Reckon the distances to the polygon with these corners, in order."""
        low, high = np.min(corners, axis=0) - self.BEYOND, np.max(corners, axis=0) + self.BEYOND
        self._low = low.astype(np.float32)
        x, y = (np.arange(start, end, self.STEP, dtype=np.float32) for start, end in zip(low, high, strict=True))
        self._distances = _polygon(*np.meshgrid(x, y), corners)

    def distance(self, x: Field, y: Field) -> Field:
        """Distance to the polygon; far from it only that it is far."""
        rows, columns = (y - self._low[1]) / np.float32(self.STEP), (x - self._low[0]) / np.float32(self.STEP)
        found: Field = ndimage.map_coordinates(self._distances, (rows, columns), order=1, mode="nearest")
        return found


def _polygon(x: Field, y: Field, corners: Sequence[Point]) -> Field:
    """Distance to a closed polygon: to its nearest side, negative where a ray crosses an odd number of sides."""
    nearest = np.full(x.shape, np.inf, dtype=np.float32)
    crossings = np.zeros(x.shape, dtype=bool)
    for start, end in zip(corners, (*corners[1:], corners[0]), strict=True):
        np.minimum(nearest, stroke(x, y, start, end, 0.0), out=nearest)
        if start[1] != end[1]:
            slope = (end[0] - start[0]) / (end[1] - start[1])
            crossings ^= ((start[1] > y) != (end[1] > y)) & (x < start[0] + slope * (y - start[1]))
    return np.where(crossings, -nearest, nearest)
