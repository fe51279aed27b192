"""Which part of a network is affine in the pixels? Its first convolution, where all else sees only what that gives."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from torch import Tensor, nn

from xaimed.models.network import Network


class Told(nn.Module):
    """Stands for a layer and gives what it was told, whatever it sees."""

    def __init__(self, value: Tensor) -> None:
        super().__init__()
        self.value = value

    def forward(self, seen: Tensor) -> Tensor:
        """What was told."""
        return self.value


def cut_off_first(network: Network, like: Tensor) -> tuple[nn.Module, Told] | None:
    """Take the first convolution out of ``network`` and put a layer that can be told its output in its place.

    Nothing is taken out, and None comes back, where more than one layer looks at the pixels.

    Args:
        network: a copy that may be changed.
        like: one image ``[1, 3, H, W]``.
    """
    name = _only_looker(network, like)
    if name is None:
        return None
    first, expected = network.get_submodule(name), network(like)
    told = Told(first(like))
    network.set_submodule(name, told)
    if torch.allclose(network(like + 1), expected, rtol=1e-4, atol=1e-5):  # nobody else minds another picture
        return first, told
    network.set_submodule(name, first)
    return None


def _only_looker(network: nn.Module, like: Tensor) -> str | None:
    """The convolution that takes the images themselves, if it is one, and used once."""
    used: Counter[str] = Counter()
    lookers: list[str] = []

    def noting(name: str) -> Any:
        def note(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            used[name] += 1
            if inputs[0] is like:
                lookers.append(name)

        return note

    # A subclass may do more than convolve, and not be affine.
    handles = [
        layer.register_forward_pre_hook(noting(name))
        for name, layer in network.named_modules()
        if type(layer) is nn.Conv2d
    ]
    network(like)
    for handle in handles:
        handle.remove()
    return lookers[0] if len(lookers) == 1 and used[lookers[0]] == 1 else None
