"""Which sum over shown superpixels says what the network says, and how well does it? Least squares, and their error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

NAN = float("nan")


@dataclass(frozen=True)
class Surrogate:
    """What each superpixel adds to the probability.

    Args:
        weights: ``[K]`` float64.
        fit: R² of the sum of weights against the probabilities that it was fitted to, by the importance that each had
            in the fit; NaN where the probabilities do not vary.
        convergence: the standard error of the weights relative to their size, ``½‖a - b‖ / ‖weights‖`` for the weights
            ``a`` and ``b`` that either half of the samples gives alone: lower is better, and near 1 the weights are
            noise.
    """

    weights: Tensor
    fit: float
    convergence: float


def nothing(count: int) -> Surrogate:
    """Where hiding changes no pixel, no superpixel adds anything."""
    return Surrogate(torch.zeros(count, dtype=torch.float64), NAN, NAN)


def least_squares(design: Tensor, values: Tensor) -> Tensor:
    """The coefficients of smallest length among those that fit best."""
    return cast(Tensor, torch.linalg.lstsq(design, values[:, None], driver="gelsd").solution[:, 0])


def determination(values: Tensor, fitted: Tensor, importance: Tensor) -> float:
    """Weighted R²."""
    mean = (importance * values).sum() / importance.sum()
    missed, spread = ((importance * (values - each).square()).sum() for each in (fitted, mean))
    return float(1 - missed / spread)


def standard_error(one: Tensor, other: Tensor, whole: Tensor) -> float:
    """Of ``whole`` relative to its length; two halves differ by four times the variance of the whole."""
    return float((one - other).norm() / 2 / whole.norm())
