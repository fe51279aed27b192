"""What is CSAM? A gate over channels and places at once: what a feature map says is let through where it matters."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from xaimed.errors import ConfigError


class CSAM(nn.Module):
    """The channel-spatial attention module of the hybrid paper, ``F' = σ(W_c * F) ⊗ F``.

    ``W_c * F`` is the sum of two parts, broadcast over each other:

    * of each channel: its mean over the places, through two 1×1 convolutions with a ReLU between them;
    * of each place: the mean and the maximum over its channels, through one convolution.

    The last layer of both parts starts at zero, so that the gate starts at ``gain / 2`` everywhere. With a gain of 2
    the module starts as the identity, and a pretrained network in which it is put starts as what it was; with a gain
    of 1, the paper's equation to the letter, it starts by halving the map.

    Args:
        channels: of the feature map.
        reduction: how much narrower than the map the channels' part is.
        kernel_size: side of the places' convolution, odd.
        gain: a constant factor of the gate.
    """

    def __init__(self, channels: int, reduction: int = 8, kernel_size: int = 7, gain: float = 2.0) -> None:
        super().__init__()
        if not 1 <= reduction <= channels:
            raise ConfigError(f"{channels} channels cannot be reduced {reduction} times", where="csam.reduction")
        if kernel_size < 1 or kernel_size % 2 == 0:
            raise ConfigError(f"a kernel of side {kernel_size} has no middle", where="csam.kernel_size")
        self.gain = gain
        narrow = channels // reduction
        self.channel = nn.Sequential(
            OrderedDict(
                pool=nn.AdaptiveAvgPool2d(1),
                narrow=nn.Conv2d(channels, narrow, 1, bias=False),
                relu=nn.ReLU(inplace=True),
                widen=nn.Conv2d(narrow, channels, 1, bias=False),
            )
        )
        self.spatial = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)
        nn.init.zeros_(self.channel.get_submodule("widen").weight)  # type: ignore[arg-type]
        nn.init.zeros_(self.spatial.weight)

    def gate(self, features: Tensor) -> Tensor:
        """How much of each channel passes at each place, ``[B, channels, H, W]`` between 0 and ``gain``."""
        described = torch.cat([features.mean(1, keepdim=True), features.amax(1, keepdim=True)], 1)
        logits: Tensor = self.channel(features) + self.spatial(described)
        return self.gain * logits.sigmoid()

    def forward(self, features: Tensor) -> Tensor:
        """The map, gated."""
        return self.gate(features) * features
