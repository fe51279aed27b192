"""Networks whose probability is a known sum over pixels, and games that a network need not play."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from itertools import combinations
from math import comb

import torch
from torch import Tensor, nn

from xaimed.models.network import Network


class Logit(nn.Module):
    """Undoes the sigmoid that follows."""

    def forward(self, chance: Tensor) -> Tensor:
        """Log odds."""
        return torch.logit(chance)


def additive(side: int, across: int | None = None, seed: int = 0) -> Network:
    """One logit whose probability is 0.4 plus a weighted sum of pixels, in 3 × side × across pictures."""
    pixels = 3 * side * (across or side)
    linear = nn.Linear(pixels, 1)
    with torch.no_grad():
        linear.weight.copy_(torch.randn(1, pixels, generator=torch.Generator().manual_seed(seed)) / pixels)
        linear.bias.fill_(0.4)
    body = nn.Sequential(OrderedDict(flat=nn.Flatten(), linear=linear))
    return Network(body, nn.Sequential(Logit()), explained="linear", feature_width=1, input_size=side).eval()


def adds(network: Network, image: Tensor) -> Tensor:
    """What each pixel ``[H, W]`` adds to the probability of class 1 of an additive network."""
    return (network.body.linear.weight.view(image.shape) * image).sum(0).detach().double()


def over(parts: Tensor, pixels: Tensor) -> Tensor:
    """Sums ``[K]`` over superpixels."""
    return torch.stack([pixels[parts == part].sum() for part in range(int(parts.max()) + 1)])


@dataclass
class Noisy:
    """Coalitions of a sum with noise, in place of a network's."""

    weights: Tensor
    noise: float

    @property
    def count(self) -> int:
        """How many players."""
        return len(self.weights)

    def values(self, shown: Tensor) -> Tensor:
        """Their value."""
        blur = torch.randn(len(shown), generator=torch.Generator().manual_seed(3), dtype=torch.float64)
        return 0.1 + shown.double() @ self.weights + self.noise * blur


def shapley(value: object, count: int) -> Tensor:
    """Shapley values by their definition, over all coalitions; ``value`` takes a list of players."""
    known = {
        members: value(list(members))  # type: ignore[operator]
        for size in range(count + 1)
        for members in combinations(range(count), size)
    }
    found = torch.zeros(count, dtype=torch.float64)
    for members, worth in known.items():
        for player in set(range(count)) - set(members):
            joined = known[tuple(sorted((*members, player)))]
            found[player] += (joined - worth) / (count * comb(count - 1, len(members)))
    return found
