"""What did each pixel add to the score, on the way from an empty picture to this one? Integrated gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from xaimed.explain.options import whole
from xaimed.explain.path_attribution import PathAttribution
from xaimed.explain.pixel_gradients import PixelGradients


@dataclass(frozen=True, kw_only=True)
class IntegratedGradients(PathAttribution):
    """Integrated gradients (Sundararajan et al. 2017): ``(x - x′) · ∫ ∂F(x′ + α(x - x′))/∂x dα`` over α from 0 to 1.

    The integral is taken by Gauss-Legendre quadrature. What the pixels add sums to F(x) - F(x′), up to its error. The
    first convolution is affine, so it is run and differentiated once, not at every step.

    ``PathAttribution`` says what the map and its ``extra`` are, and the other arguments.

    Args:
        steps: points on the way; each costs a forward and a backward.
    """

    steps: int = 50
    name: ClassVar[str] = "integrated_gradients"
    straight: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse what cannot be asked."""
        super().__post_init__()
        whole(self.steps, f"{self.name}.steps")

    @property
    def points(self) -> int:
        """One for each step."""
        return self.steps

    def attributed(self, asker: PixelGradients, group: Tensor, baselines: Tensor) -> Tensor:
        """The way times the mean gradient on it."""
        images = asker.images[group]
        begin, end = asker.first(baselines), asker.first(images)
        nodes, weights = (part.to(begin)[:, None, None, None] for part in quadrature(self.steps))

        def points(of: Tensor, step: Tensor) -> tuple[Tensor, Tensor]:
            place = of - group[0]
            return begin[place].lerp(end[place], nodes[step]), weights[step]

        mean = asker.through_first(group, asker.total(group, self.steps, points))
        return (images - baselines) * mean


def quadrature(steps: int) -> tuple[Tensor, Tensor]:
    """Points between 0 and 1 and their weights, exact for polynomials up to degree ``2 * steps - 1``."""
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    return torch.from_numpy((nodes + 1) / 2), torch.from_numpy(weights / 2)
