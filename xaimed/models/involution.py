"""What is involution? A kernel of its own for every place of the picture, made from the pixels at that place."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import product
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from xaimed.errors import ConfigError


class Involution(nn.Module):
    """Involution (Li et al. 2021): where a convolution has one kernel per channel, this has one per place.

    At every place a small network (1×1 convolution to ``channels / reduction``, BatchNorm, ReLU, 1×1 convolution)
    makes ``kernel_size²`` weights for each group of channels; the output is the neighbourhood weighted by them.
    Channels keep their number. With a stride the kernels are made from the mean of the places that a stride covers.

    Args:
        channels: of the input and the output.
        groups: how many kernels a place has; all channels of a group share one.
        kernel_size: side of the neighbourhood, odd.
        stride: of the output's places.
        reduction: how much narrower than the input the kernels' maker is.
    """

    def __init__(self, channels: int, groups: int, kernel_size: int = 7, stride: int = 1, reduction: int = 4) -> None:
        super().__init__()
        if groups < 1 or channels % groups:
            raise ConfigError(f"{channels} channels cannot be cut into {groups} groups", where="involution.groups")
        if kernel_size < 1 or kernel_size % 2 == 0:
            raise ConfigError(f"a kernel of side {kernel_size} has no middle", where="involution.kernel_size")
        if not 1 <= reduction <= channels:
            raise ConfigError(f"{channels} channels cannot be reduced {reduction} times", where="involution.reduction")
        self.groups, self.kernel_size, self.stride = groups, kernel_size, stride
        narrow = channels // reduction
        self.pool = nn.AvgPool2d(stride, ceil_mode=True) if stride > 1 else nn.Identity()
        self.reduce = nn.Conv2d(channels, narrow, 1, bias=False)
        self.norm = nn.BatchNorm2d(narrow)
        self.relu = nn.ReLU(inplace=True)
        self.span = nn.Conv2d(narrow, kernel_size**2 * groups, 1)

    def kernels(self, images: Tensor) -> Tensor:
        """The kernels ``[B, groups * kernel_size², h, w]`` of every place of the output."""
        return cast(Tensor, self.span(self.relu(self.norm(self.reduce(self.pool(images))))))

    def forward(self, images: Tensor) -> Tensor:
        """``[B, channels, H, W]`` to ``[B, channels, ⌈H/stride⌉, ⌈W/stride⌉]``."""
        return involve(images, self.kernels(images), self.groups, self.kernel_size, self.stride)


def involve(images: Tensor, kernels: Tensor, groups: int, kernel_size: int, stride: int = 1) -> Tensor:
    """The neighbourhood of every place weighted by that place's kernels; zeros lie around the picture.

    The sum runs over the kernel's entries, each a shifted view of the padded picture: nothing is copied
    ``kernel_size²`` times, as unfolding would, and channels-last stays channels-last.
    """
    batch, _, height, width = kernels.shape
    padded = functional.pad(images, [kernel_size // 2] * 4)
    padded = padded.reshape(batch, groups, -1, *padded.shape[2:])
    weights = kernels.reshape(batch, groups, 1, kernel_size**2, height, width)
    parts: Iterator[Tensor] = (
        weights[:, :, :, entry]
        * padded[
            ...,
            down : down + stride * (height - 1) + 1 : stride,
            right : right + stride * (width - 1) + 1 : stride,
        ]
        for entry, (down, right) in enumerate(product(range(kernel_size), repeat=2))
    )
    total = reduce(torch.add, parts)
    return total.flatten(1, 2)
