"""What if weights were made for other pixel values? The body scales its input from ImageNet's statistics to theirs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from xaimed.data.preparation import NORMALIZATIONS


class InputScale(nn.Module):
    """Images normalised by ImageNet's mean and deviation, as if they had been normalised by another.

    Args:
        mean: of each channel, as the weights expect it.
        std: of each channel, as the weights expect it.
    """

    factor: Tensor
    shift: Tensor

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        own_mean, own_std = (torch.tensor(values)[:, None, None] for values in NORMALIZATIONS["imagenet"])
        new_mean, new_std = (torch.tensor(values)[:, None, None] for values in (mean, std))
        self.register_buffer("factor", own_std / new_std, persistent=False)
        self.register_buffer("shift", (own_mean - new_mean) / new_std, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """``[B, 3, H, W]`` to the same shape."""
        return images * self.factor + self.shift
