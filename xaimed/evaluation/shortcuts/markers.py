"""Is something written on the picture? Small compact marks in front of an even ground, near the picture's edge.

A mark is what stands out from the opening or closing of the picture, by brightness, darkness or colour: letters, tape,
rulers, pen. What lies near the middle, is larger or longer than a label, or has an uneven ground is not taken for one:
a mark on the anatomy is not found, and a rib or a hair seldom taken for a mark.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Mask = npt.NDArray[np.bool_]
Field = npt.NDArray[np.float64]

DETAIL, CONTRAST = 0.10, 0.40
"""A mark is narrower than this share of the side, and stands out by this much of the range from 0 to 1."""
JOIN, HALO = 0.03, 0.015
"""Strokes that lie closer than this are one mark; it is masked with so much around it."""
LARGEST, SMALLEST = 0.30, 0.015
"""The longer side of a mark, as a share of the picture's."""
AWAY = 0.28
"""How far from the middle a mark lies at least, across or down, as a share of the side."""
EVEN = 0.15
"""Deviation of the ground around a mark, as a share of the mark's own contrast."""


def markers_in(picture: npt.ArrayLike) -> list[Mask]:
    """The marks on a picture ``[C, S, S]`` in [0, 1], each as a mask ``[S, S]`` with a little of what is around it."""
    channels = np.asarray(picture, dtype=np.float64)
    grey, colour = channels.mean(0), channels.max(0) - channels.min(0)
    found: list[Mask] = []
    for field in (grey, -grey, colour):
        found += [mark for mark in _brighter_marks(field) if not any((mark & other).any() for other in found)]
    return found


def _brighter_marks(field: Field) -> list[Mask]:
    """Marks that have higher values than their ground."""
    side = len(field)
    contrast = field - ndimage.grey_opening(field, [_odd(DETAIL, side)] * 2, mode="nearest")
    labels, _ = ndimage.label(_joined(contrast >= CONTRAST), np.ones((3, 3)))
    halo = max(1, round(HALO * side))
    found = []
    for number, place in enumerate(ndimage.find_objects(labels), 1):
        if _compact(place, side):
            mark = ndimage.binary_dilation(labels == number, iterations=halo)
            ground = ndimage.binary_dilation(mark, iterations=halo) & ~mark
            if field[ground].std() <= EVEN * contrast[mark].max():
                found.append(mark)
    return found


def _joined(strokes: Mask) -> Mask:
    margin = max(1, len(strokes) // 8)  # closing would eat what lies at the edge
    closed = ndimage.binary_closing(np.pad(strokes, margin), np.ones([_odd(JOIN, len(strokes))] * 2))
    return np.asarray(closed[margin:-margin, margin:-margin])


def _compact(place: tuple[slice, ...], side: int) -> bool:
    lengths = [part.stop - part.start for part in place]
    middles = [(part.start + part.stop) / 2 / side - 0.5 for part in place]
    small = SMALLEST * side <= max(lengths) <= LARGEST * side
    return bool(small and max(map(abs, middles)) >= AWAY)


def _odd(share: float, side: int) -> int:
    return max(3, 2 * (round(share * side) // 2) + 1)
