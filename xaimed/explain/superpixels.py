"""Which pixels are shown or hidden together? Superpixels that follow the picture's edges, or plain squares."""

from __future__ import annotations

from typing import Literal

import torch
from skimage.segmentation import slic
from torch import Tensor

Segmentation = Literal["slic", "grid"]
SMOOTHED = 1.0  # pixels: on a noisy picture that is not blurred a little, superpixels flow into one another


def superpixels(image: Tensor, count: int, segmentation: Segmentation = "slic") -> Tensor:
    """The number of the superpixel of every pixel, ``[H, W]`` int64 from 0 without gaps, on the CPU.

    It depends on this image alone. ``slic`` (Achanta et al. 2012) groups neighbours of like colour; each channel is
    first stretched to 0..1, which undoes the normalisation of grey pictures. It may find fewer than were asked for,
    and on tiny pictures some more. ``grid`` cuts squares, the same for every picture of a size.

    Args:
        image: ``[3, H, W]``, normalised or not.
        count: about how many there shall be.
        segmentation: how they are cut.
    """
    if segmentation == "grid":
        return _squares(image.shape[1], image.shape[2], count)
    stretched = _stretched(image.detach().cpu().double())
    found = slic(stretched.permute(1, 2, 0).numpy(), n_segments=count, sigma=SMOOTHED, start_label=0, channel_axis=-1)
    parts: Tensor = torch.unique(torch.from_numpy(found), return_inverse=True)[1]
    return parts


def painted(values: Tensor, parts: Tensor) -> Tensor:
    """Each superpixel's value on all its pixels, ``[H, W]`` float32, for ``values`` ``[K]``."""
    return values[parts].float()


def _squares(height: int, width: int, count: int) -> Tensor:
    side = (height * width / count) ** 0.5
    rows, columns = (min(length, max(1, round(length / side))) for length in (height, width))
    row, column = torch.arange(height) * rows // height, torch.arange(width) * columns // width
    squares: Tensor = row[:, None] * columns + column
    return squares


def _stretched(image: Tensor) -> Tensor:
    lowest, highest = image.amin((1, 2), keepdim=True), image.amax((1, 2), keepdim=True)
    span: Tensor = (highest - lowest).clamp_min(torch.finfo(image.dtype).tiny)
    return (image - lowest) / span
