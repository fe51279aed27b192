"""Which parts of a picture are measured? A small square, every so many pixels, and the middle at full resolution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from xaimed.data.preparation import square

Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.float32]

SMALL = 128
"""Side at which frame and markers are looked for."""
LOOKED_AT = 512
"""Side of the middle patch, in native pixels, that is searched for traces of compression."""
ENOUGH = 256
"""Pixels a side from which brightness and colour are known well enough."""


@dataclass(frozen=True)
class Views:
    """One picture, in 0 … 255; uint8 where that is exact.

    Attributes:
        small: the whole at ``SMALL`` pixels, grey.
        sampled: every so many pixels of the whole, grey.
        colour: the same with its three channels; None for a grey picture.
        middle: a patch that begins on a multiple of 8, grey; the same object as ``sampled`` where both are the whole.
    """

    small: Pixels
    sampled: Pixels
    colour: npt.NDArray[np.float32] | None
    middle: Pixels


def views_of(picture: Tensor) -> Views:
    """The views of a picture ``[1 or 3, H, W]`` in uint8 or in [0, 1]; they do not grow with it."""
    height, width = picture.shape[1:]
    step = max(1, min(height, width) // ENOUGH)
    top, left = (max(0, side - LOOKED_AT) // 16 * 8 for side in (height, width))
    sampled = picture[:, ::step, ::step]
    middle = _grey(picture[:, top : top + LOOKED_AT, left : left + LOOKED_AT])
    return Views(
        small=_grey(square(picture, SMALL)),
        sampled=middle if middle.shape == sampled.shape[1:] == (height, width) else _grey(sampled),
        colour=_stretched(sampled).numpy() if len(picture) == 3 else None,
        middle=middle,
    )


def _grey(picture: Tensor) -> Pixels:
    grey: Pixels
    if len(picture) == 1 and picture.dtype == torch.uint8:
        grey = picture[0].numpy()
    else:
        grey = _stretched(picture).mean(0).numpy()
    return grey


def _stretched(picture: Tensor) -> Tensor:
    return picture.float() if picture.dtype == torch.uint8 else picture * 255
