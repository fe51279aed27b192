"""Where would a shortcut lie? Border, corners and marks of a picture, and the same shapes elsewhere as controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from xaimed.data.randomness import seed_for
from xaimed.evaluation.shortcuts.rows import BORDER, CORNERS, MARKERS

Mask = npt.NDArray[np.bool_]

TRIES = 200
"""So often a place is drawn that nothing forbids; then the last one is taken."""


def border(side: int, share: float) -> Mask:
    """The frame whose bars are this share of the side wide."""
    width = _pixels(share, side)
    mask = np.ones((side, side), dtype=bool)
    mask[width : side - width, width : side - width] = False
    return mask


def corners(side: int, share: float) -> dict[str, Mask]:
    """The square in each corner."""
    length = _pixels(share, side)
    found = {}
    for name in CORNERS:
        mask = np.zeros((side, side), dtype=bool)
        rows = slice(0, length) if name.startswith("upper") else slice(side - length, side)
        mask[rows, slice(0, length) if name.endswith("left") else slice(side - length, side)] = True
        found[name] = mask
    return found


def controls(regions: Mapping[str, Sequence[Mask]], share: float, number: int, *chance: int | str) -> list[Mask]:
    """For each region one mask of its shape and area elsewhere, the ``number``-th draw, in the order of the regions.

    A square moves to where no corner is, a mark to where no mark is, each on its own; the frame's four bars move
    inwards, each staying upright or level.

    Args:
        regions: by name, the parts of each.
        share: of the border's width.
        number: which draw.
        chance: what it is drawn from.
    """
    everywhere = np.logical_or.reduce([part for name in CORNERS for part in regions[name]])
    found = []
    for name, parts in regions.items():
        rng = np.random.default_rng(seed_for(*chance, name, number))
        if name == BORDER:
            found.append(_bars(len(parts[0]), _pixels(share, len(parts[0])), rng))
            continue
        avoid = np.logical_or.reduce(parts) if name == MARKERS else everywhere
        together = np.zeros_like(avoid)
        for part in parts:
            together |= moved(part, avoid | together, rng)
        found.append(together)
    return found


def moved(part: Mask, avoid: Mask, rng: np.random.Generator) -> Mask:
    """The shape at a drawn place inside the picture where it touches nothing that is to be avoided, if there is one."""
    (place,) = ndimage.find_objects(part.astype(np.int8))
    shape = part[place]
    height, width = shape.shape
    placed = np.zeros_like(part)
    for _ in range(TRIES):
        down, across = (int(rng.integers(full - own + 1)) for full, own in zip(part.shape, shape.shape, strict=True))
        if not (avoid[down : down + height, across : across + width] & shape).any():
            break
    placed[down : down + height, across : across + width] = shape
    return placed


def _bars(side: int, width: int, rng: np.random.Generator) -> Mask:
    """Two level and two upright bars as long as the side, anywhere but on the frame; of the same area as the frame."""
    mask = np.zeros((side, side), dtype=bool)
    for axis in (0, 1):
        for start in _two_apart(side, width, rng):
            np.moveaxis(mask, axis, 0)[start : start + width] = True
    return mask


def _two_apart(side: int, width: int, rng: np.random.Generator) -> tuple[int, int]:
    """Where two bars begin that touch neither each other nor the frame, all pairs alike."""
    room = side - 4 * width  # left over once frame and bars are placed
    if room < 0:
        return width, max(width, side - 2 * width)
    first, second = sorted(rng.choice(room + 2, 2, replace=False).tolist())
    return width + first, 2 * width + second - 1


def _pixels(share: float, side: int) -> int:
    return max(1, round(share * side))
