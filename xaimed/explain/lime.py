"""Which superpixels carry the prediction nearby? LIME: a line through the probabilities of pictures like this one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaimed.data.randomness import seed_for
from xaimed.errors import ConfigError
from xaimed.explain.by_superpixels import BySuperpixels
from xaimed.explain.coalitions import Coalitions
from xaimed.explain.surrogate import Surrogate, determination, least_squares, standard_error


@dataclass(frozen=True)
class LIME(BySuperpixels):
    """Local interpretable model-agnostic explanations (Ribeiro et al. 2016), of superpixels.

    Every superpixel of a sample is shown with probability ½; the first sample is the picture itself. A sample weighs
    ``exp(-d² / (2 kernel_width²))`` with ``d = 1 - √(shown / all)``, its cosine distance from the picture as vectors of
    zeros and ones. The line is a ridge regression in float64 with an intercept that is not shrunk; a superpixel's
    weight is its coefficient: by how much the probability rises when it is shown.

    Args:
        kernel_width: how far from the picture samples still count.
        ridge: how strongly the coefficients are shrunk, in samples of weight 1.
    """

    method: ClassVar[str] = "lime"
    kernel_width: float = 0.25
    ridge: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a kernel without width and a ridge that is a ditch."""
        super().__post_init__()
        if not self.kernel_width > 0:
            raise ConfigError("a kernel has a width above 0", where="lime.kernel_width")
        if not self.ridge >= 0:
            raise ConfigError("coefficients cannot be shrunk by less than 0", where="lime.ridge")

    def fitted(self, coalitions: Coalitions) -> Surrogate:
        """The coefficients of one picture's superpixels."""
        shown = drawn(self.samples, coalitions.count, self.seed)
        values, alike = coalitions.values(shown), similarity(shown, self.kernel_width)
        values = values - values[0]  # where nothing changes the probability, exactly 0
        intercept, weights = line(shown, values, alike, self.ridge)
        one, other = (line(shown[i::2], values[i::2], alike[i::2], self.ridge)[1] for i in (0, 1))
        told = determination(values, intercept + shown.double() @ weights, alike)
        return Surrogate(weights, told, standard_error(one, other, weights))


def drawn(samples: int, count: int, seed: int) -> Tensor:
    """Which superpixels each sample shows ``[samples, count]``, the first all of them."""
    chance = torch.Generator().manual_seed(seed_for("lime", seed, count))
    shown = torch.rand(samples, count, generator=chance) < 0.5
    shown[0] = True
    return shown


def similarity(shown: Tensor, width: float) -> Tensor:
    """How much each sample counts, float64."""
    distance = 1 - shown.double().mean(1).sqrt()
    return (-distance.square() / (2 * width**2)).exp()


def line(shown: Tensor, values: Tensor, importance: Tensor, ridge: float) -> tuple[Tensor, Tensor]:
    """Intercept and coefficients of the weighted ridge regression of ``values`` on what is shown."""
    share = importance / importance.sum()
    mean_shown, mean_value = share @ shown.double(), share @ values
    root = importance.sqrt()
    shrinking = ridge**0.5 * torch.eye(shown.shape[1], dtype=torch.float64)
    design = torch.cat([root[:, None] * (shown.double() - mean_shown), shrinking])
    weights = least_squares(design, torch.cat([root * (values - mean_value), values.new_zeros(shown.shape[1])]))
    return mean_value - mean_shown @ weights, weights
