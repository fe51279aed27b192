"""What do stored numbers mean as brightness? From 0 (black) to 1 (white), or one of 256 steps between them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from xaimed.errors import UnreadableImageError

Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.float32]
"""Grey ``[H, W]`` or colour ``[H, W, 3]``; uint8, or float32 from 0 to 1."""


def refuse_a_bomb(width: int, height: int) -> None:
    """Refuse more pixels than Pillow's limit, at which Pillow itself only warns."""
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and width * height > limit:
        raise UnreadableImageError(f"decompression bomb: {width} × {height} pixels, more than {limit} in all")


def unit_range(values: npt.NDArray[np.generic], lowest: float, highest: float) -> npt.NDArray[np.float32]:
    """Values from ``lowest`` to ``highest`` brought to 0 … 1; any others have a scale that nobody knows."""
    exact = values.astype(np.float64)
    if not (exact.min() >= lowest and exact.max() <= highest):
        raise UnreadableImageError(
            f"its values run from {exact.min():g} to {exact.max():g}, outside {lowest:g} to {highest:g}"
        )
    return ((exact - lowest) / (highest - lowest)).astype(np.float32)


def one_channel_if_grey(colour: Pixels) -> Pixels:
    """Colour ``[H, W, 3]`` as grey ``[H, W]`` where all three channels are equal."""
    red, green, blue = colour[..., 0], colour[..., 1], colour[..., 2]
    return red if np.array_equal(red, green) and np.array_equal(green, blue) else colour
