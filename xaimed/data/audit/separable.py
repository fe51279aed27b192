"""How are many small pictures blurred and resized at once? Line by line and column by column, as matrix products."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional


def through(pictures: Tensor, lines: Tensor) -> Tensor:
    """Pictures ``[n, H, W]`` with the operator ``[h, H]`` applied to their columns, and to their rows."""
    return lines @ (pictures @ lines.mT)


def gaussian(side: int, sigma: float) -> Tensor:
    """The blurring of a line of ``side`` pixels, mirrored at its ends."""
    reach = int(3 * sigma + 0.5)
    kernel = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma**2))
    lines = np.zeros((side, side))
    for offset, weight in zip(range(-reach, reach + 1), kernel / kernel.sum(), strict=True):
        source = np.abs(np.arange(side) + offset)
        np.add.at(lines, (np.arange(side), np.minimum(source, 2 * (side - 1) - source)), weight)
    return torch.from_numpy(lines).float()


def zoom(side: int, scale: float) -> Tensor:
    """A line of ``side`` pixels read at ``scale`` times the distance from its middle; its ends are repeated beyond."""
    place = (((np.arange(side) + 0.5 - side / 2) * scale) + side / 2 - 0.5).clip(0, side - 1)
    before = np.minimum(place.astype(int), side - 2)
    lines = np.zeros((side, side))
    lines[np.arange(side), before] = 1 - (place - before)
    lines[np.arange(side), before + 1] = place - before
    return torch.from_numpy(lines).float()


def part_resized(side: int, part: int, to: int) -> Tensor:
    """The middle ``part`` of a line of ``side`` pixels brought to ``to`` pixels; its ends are repeated beyond."""
    whole = torch.eye(side)[None, None]
    cut = (side - part) // 2
    rows = functional.pad(whole, (0, 0, -cut, -cut), mode="replicate") if cut < 0 else whole[:, :, cut : side - cut]
    return functional.interpolate(rows, (to, side), mode="bilinear", antialias=True)[0, 0]
