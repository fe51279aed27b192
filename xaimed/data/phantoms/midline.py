"""Where along the spine does a pixel lie? A bent line with vertebrae on it, and the way from (x, y) to (along, off)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xaimed.data.phantoms.canvas import Canvas, Field, Point

Numbers = npt.NDArray[np.float64]

LEVELS = ("T6", "T7", "T8", "T9", "T10", "T11", "T12", "L1", "L2", "L3", "L4", "L5")
HEIGHT = np.array([19.5, 20.0, 20.5, 21.0, 22.0, 23.5, 25.0, 26.5, 27.5, 28.0, 28.0, 27.5])
DISC = np.array([4.0, 4.0, 4.5, 4.5, 5.0, 5.5, 7.0, 8.0, 9.5, 10.5, 11.5, 9.5])
WIDTH = np.array([27.0, 28.0, 29.0, 30.0, 33.0, 37.0, 40.0, 42.0, 44.0, 46.5, 49.0, 52.0])
DEPTH = np.array([26.0, 27.0, 28.0, 29.0, 30.0, 31.5, 32.5, 33.5, 35.0, 36.5, 37.0, 37.0])
STEP = 1.0


@dataclass(frozen=True)
class Stack:
    """Vertebrae one on another: top and bottom of each body, in millimetres along the spine from S1's upper endplate.

    Cranial is negative. ``extra`` bodies may follow below (the sacral ones of a lateral view).
    """

    names: tuple[str, ...]
    top: Numbers
    bottom: Numbers

    @classmethod
    def built(cls, names: Sequence[str], heights: Numbers, gaps: Numbers, above: int) -> Stack:
        """Stack the bodies so that the first ``above`` of them, discs included, end at zero."""
        ends = np.cumsum(heights + gaps)
        tops = ends - heights - gaps - ends[above - 1]
        return cls(tuple(names), tops, tops + heights)

    @property
    def centre(self) -> Numbers:
        """Middle of each body."""
        return (self.top + self.bottom) / 2

    @property
    def half(self) -> Numbers:
        """Half the height of each body."""
        return (self.bottom - self.top) / 2

    def body_at(self, along: Field) -> npt.NDArray[np.intp]:
        """The body nearest to each place; the border runs through the middle of the disc."""
        return _passed((self.bottom[:-1] + self.top[1:]) / 2, along)

    def disc_at(self, along: Field) -> npt.NDArray[np.intp]:
        """The body whose lower disc is nearest to each place; the border runs through the middle of the body."""
        return np.minimum(_passed(self.centre[1:], along), len(self.names) - 1)


def _passed(borders: Numbers, along: Field) -> npt.NDArray[np.intp]:
    """How many of a few borders lie before each place: as ``np.searchsorted``, and ten times as fast on a picture."""
    if along.dtype != np.float32:
        return np.searchsorted(borders, along)
    single = borders.astype(np.float32)
    single = np.where(single > borders, np.nextafter(single, np.float32(-np.inf)), single)  # no place lies between
    count = np.zeros(along.shape, dtype=np.uint8)
    for border in single:
        count += along > border
    return count.astype(np.intp)


class Midline:
    """A line given by its tilt: 0 runs straight down the picture, positive tilts lead to the right."""

    def __init__(self, tilt: Callable[[Numbers], Numbers], start: float, end: float, anchor: Point) -> None:
        """Integrate the tilt.

        Args:
            tilt: radians for places along the line.
            start: cranial end, negative.
            end: caudal end.
            anchor: where place 0 lies in the picture.
        """
        self.along = np.arange(start, end + STEP, STEP)
        self.tilt = tilt(self.along)
        self.bend = np.gradient(self.tilt, STEP)
        x, y = np.cumsum(np.sin(self.tilt)) * STEP, np.cumsum(np.cos(self.tilt)) * STEP
        zero = int(np.argmin(np.abs(self.along)))
        self.x, self.y = x - x[zero] + anchor[0], y - y[zero] + anchor[1]

    def at(self, along: float, off: float = 0.0) -> tuple[float, float]:
        """The point at a place along the line, ``off`` millimetres to its right."""
        x, y = self.points(np.array([along]), np.array([off]))[0].tolist()
        return x, y

    def points(self, along: Numbers, off: Numbers) -> Numbers:
        """The points ``[n, 2]`` at places along the line, each so many millimetres to its right."""
        x, y, tilt = (np.interp(along, self.along, table) for table in (self.x, self.y, self.tilt))
        return np.stack([x + off * np.cos(tilt), y - off * np.sin(tilt)], axis=1)

    def coordinates(self, canvas: Canvas) -> tuple[Field, Field]:
        """For every pixel its place along the line and its distance to the right of it."""
        x, y = (axis.astype(np.float64) for axis in canvas.coarse)
        along = np.interp(y, self.y, self.along)
        for _ in range(4):
            dx, dy, sine, cosine = self._offset(x, y, along)
            off = dx * cosine - dy * sine
            bend = np.interp(along, self.along, self.bend)
            along = along + (dx * sine + dy * cosine) / np.clip(1 - off * bend, 0.4, 2.5)
        dx, dy, sine, cosine = self._offset(x, y, along)
        off = dx * cosine - dy * sine
        return canvas.refine(along.astype(np.float32)), canvas.refine(off.astype(np.float32))

    def _offset(self, x: Numbers, y: Numbers, along: Numbers) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        """From the place on the line to each point, and the line's direction there; straight beyond its ends."""
        tilt = np.interp(along, self.along, self.tilt)
        sine, cosine = np.sin(tilt), np.cos(tilt)
        beyond = along - np.clip(along, self.along[0], self.along[-1])
        px = np.interp(along, self.along, self.x) + beyond * sine
        py = np.interp(along, self.along, self.y) + beyond * cosine
        return x - px, y - py, sine, cosine
