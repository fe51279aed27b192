"""What is each superpixel's fair share of the prediction? Kernel SHAP: Shapley values from some of all coalitions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaimed.data.randomness import seed_for
from xaimed.explain.by_superpixels import BySuperpixels
from xaimed.explain.coalitions import Coalitions
from xaimed.explain.surrogate import Surrogate, determination, least_squares, standard_error


@dataclass(frozen=True)
class KernelSHAP(BySuperpixels):
    """Shapley values of superpixels by weighted least squares (Lundberg and Lee 2017).

    A superpixel's weight is its Shapley value: its share of what the probability gains from a picture with everything
    hidden to the picture itself. The shares sum to that gain exactly. Where all coalitions are no more than
    ``samples``, all are asked about and the values are exact (``convergence`` 0); otherwise coalitions are drawn by the
    Shapley kernel, each with its complement (Covert and Lee 2021). The picture and the one with everything hidden are
    asked about beside the samples.
    """

    method: ClassVar[str] = "shap_kernel"

    def fitted(self, coalitions: Coalitions) -> Surrogate:
        """The Shapley values of one picture's superpixels."""
        count = coalitions.count
        base, gain = _ends(coalitions)
        if count == 1:
            return Surrogate(gain[None], 1.0, 0.0)
        exact = 2**count - 2 <= self.samples
        shown, importance = every(count) if exact else drawn_in_pairs(self.samples // 2, count, self.seed)
        gains = coalitions.values(shown) - base
        weights = shares(shown, gains, importance, gain)
        told = determination(gains, shown.double() @ weights, importance)
        if exact:
            return Surrogate(weights, told, 0.0)
        in_first = torch.arange(len(shown)) // 2 % 2 == 0  # a coalition and its complement stay together
        one, other = (shares(shown[half], gains[half], importance[half], gain) for half in (in_first, ~in_first))
        return Surrogate(weights, told, standard_error(one, other, weights))


def every(count: int) -> tuple[Tensor, Tensor]:
    """All coalitions but none and all, ``[2^K - 2, K]``, and their weights in the Shapley kernel."""
    number = torch.arange(1, 2**count - 1)
    shown = (number[:, None] >> torch.arange(count)) % 2 == 1
    return shown, _kernel(count)[shown.sum(1) - 1]


def drawn_in_pairs(pairs: int, count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Coalitions drawn by the Shapley kernel, each followed by its complement; each draw weighs 1."""
    chance = torch.Generator().manual_seed(seed_for("shap_kernel", seed, count))
    of_size = _kernel(count) * torch.tensor([math.comb(count, size) for size in range(1, count)], dtype=torch.float64)
    sizes = 1 + torch.multinomial(of_size, pairs, replacement=True, generator=chance)
    place = torch.rand(pairs, count, generator=chance).argsort(1).argsort(1)
    chosen = place < sizes[:, None]
    return torch.stack([chosen, ~chosen], 1).flatten(0, 1), torch.ones(2 * pairs, dtype=torch.float64)


def shares(shown: Tensor, gains: Tensor, importance: Tensor, gain: Tensor) -> Tensor:
    """The weights that fit the coalitions' gains best among those that sum to the whole gain."""
    count = shown.shape[1]
    even = gain / count
    # What is left after an even share is fitted by deviations from it that sum to 0.
    design = shown.double() - shown.double().mean(1, keepdim=True)
    root = importance.sqrt()
    deviation = least_squares(root[:, None] * design, root * (gains - even * shown.sum(1)))
    return even + deviation - deviation.mean()


def _kernel(count: int) -> Tensor:
    """The Shapley kernel's weight of one coalition of 1, …, K - 1 superpixels."""
    sizes = range(1, count)
    return torch.tensor([(count - 1) / (math.comb(count, k) * k * (count - k)) for k in sizes], dtype=torch.float64)


def _ends(coalitions: Coalitions) -> tuple[Tensor, Tensor]:
    """The probability with everything hidden, and what it gains when all is shown."""
    hidden, whole = coalitions.values(torch.tensor([[False], [True]]).expand(2, coalitions.count))
    return hidden, whole - hidden
