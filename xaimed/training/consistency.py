"""Do the two explanations agree? A classification loss plus alpha times how far Grad-CAM and integrated gradients part.

This is the objective of the hybrid paper, section 3.8: L_cls + alpha ‖H_GradCAM - H_IG‖², alpha 0.2. The paper leaves
open how the maps are made comparable; ``Consistency`` says how it is done here.
"""

from __future__ import annotations

import math
from copy import copy
from typing import Self

import torch
from torch import Tensor

from xaimed.data.imbalance.weighting import LossWeights
from xaimed.data.task import Kind, Task
from xaimed.errors import ConfigError
from xaimed.explain.contract import class_score
from xaimed.models.network import Network
from xaimed.training.abilities import check_objective, tell_epoch
from xaimed.training.attribution import Evidence, evidence, pooled
from xaimed.training.objectives import Objective, Value, weigh

FAINT = 0.01
"""Positive evidence below this share of all evidence is not scaled up to 1, or its slope would have no bound."""


class Consistency:
    """``base + alpha · mean over images of ‖u(Grad-CAM) - u(IG)‖²``.

    - *Class*: the true one (a single logit speaks for class 1, negated for class 0); for several labels the sum of the
      logits of all that are present. An image without a present label has two empty maps and adds 0.
    - *Grid*: Grad-CAM's own, the explained layer's; integrated gradients are averaged over its cells with their sign,
      so that evidence for and against cancels within a cell. Both can be averaged further, to ``grid × grid``.
    - *Normalisation*: u rectifies a map (only evidence for the class counts, as in Grad-CAM) and scales it to a length
      of 1 over the grid. So one image adds between 0 (the same map) and 2 (no cell in common), whatever the grid. An
      empty map stays 0.
    - A network that is linear in the patches of its grid, without a bias, has two equal maps: the term measures what
      non-linearity makes of them.

    The maps are those of the network in evaluation mode and in fp32; see ``evidence``. While training, alpha follows
    the epoch. In validation it is always the final one, so that epochs can be compared and early stopping and the best
    checkpoint watch the whole objective. Where alpha is 0 the maps are only measured.

    Logged beside the loss: ``classification``, ``inconsistency`` (the mean above), ``alpha``, and ``empty_maps``, the
    share of images whose Grad-CAM is empty, for two maps agree also when both have nothing to show.

    Args:
        base: the classification loss; any objective.
        alpha: the final weight of the term.
        ramp_epochs: epochs over which alpha grows linearly from 0; 0 has it whole from the start.
        ig_steps: points on the path of the integrated gradients; each costs a forward and a backward of the batch.
        grid: side of the grid on which maps are compared; null for the explained layer's own.
    """

    def __init__(
        self, base: Objective, alpha: float = 0.2, ramp_epochs: int = 0, ig_steps: int = 4, grid: int | None = None
    ) -> None:
        if not callable(base):
            raise ConfigError("consistency needs a classification loss", where="objective.base")
        if isinstance(alpha, bool) or not isinstance(alpha, int | float) or not 0 <= alpha < math.inf:
            raise ConfigError(f"{alpha!r} is no number of at least 0", where="objective.alpha")
        _whole(ramp_epochs, "objective.ramp_epochs", least=0)
        _whole(ig_steps, "objective.ig_steps", least=1)
        if grid is not None:
            _whole(grid, "objective.grid", least=1)
        self.base, self.final, self.ramp_epochs, self.ig_steps, self.grid = base, alpha, ramp_epochs, ig_steps, grid
        self.at(0)

    differentiates_twice = True

    @property
    def terms(self) -> tuple[str, ...]:
        """What is logged beside the loss, and so can be watched."""
        return (*getattr(self.base, "terms", ()), "classification", "inconsistency", "alpha", "empty_maps")

    def check(self, task: Task) -> None:
        """Let the classification loss refuse the task."""
        check_objective(self.base, task)

    def at(self, epoch: int) -> None:
        """Set alpha to that of ``epoch``: ``final · epoch / ramp_epochs``, at most ``final``."""
        self.alpha = self.final * min(1.0, epoch / self.ramp_epochs) if self.ramp_epochs else float(self.final)
        tell_epoch(self.base, epoch)

    def weighted(self, weights: LossWeights) -> Self:
        """The same objective whose classification loss has these weights."""
        twin = copy(self)
        twin.base = weigh(self.base, weights)
        return twin

    def __call__(self, network: Network, images: Tensor, targets: Tensor, task: Task) -> Value:
        """Both terms on one batch."""
        base = self.base(network, images, targets, task)
        alpha = self.alpha if network.training else self.final
        learning = alpha > 0 and base.loss.requires_grad
        maps = self.maps(network, images, targets, task, trainable=learning)
        with torch.set_grad_enabled(learning):
            apart = distance(maps).mean()
        terms = {
            "classification": base.loss.detach(),
            "inconsistency": apart.detach(),
            "alpha": apart.new_tensor(alpha),
            "empty_maps": unit(maps.gradcam.detach()).eq(0).all((1, 2)).to(apart.dtype).mean(),
        }
        return Value(base.loss + alpha * apart, base.logits, {**base.terms, **terms})

    def maps(self, network: Network, images: Tensor, targets: Tensor, task: Task, trainable: bool = False) -> Evidence:
        """Both maps of the class, or of the present labels, of each image, on the grid of the comparison."""

        def score(logits: Tensor) -> Tensor:
            at_every_point = targets.repeat(self.ig_steps, *(1 for _ in targets.shape[1:]))
            if task.kind is Kind.MULTILABEL:
                return (logits * (at_every_point == 1)).sum(1)
            return class_score(logits, at_every_point.flatten().long())

        return self._on_grid(evidence(network, images, score, self.ig_steps, trainable))

    def _on_grid(self, maps: Evidence) -> Evidence:
        if self.grid is None:
            return maps
        finest = min(maps.gradcam.shape[-2:])
        if self.grid > finest:
            raise ConfigError(
                f"a grid of {self.grid} is finer than the explained layer's {finest}",
                where="objective.grid",
                fix=f"At this image size take at most {finest}, or null.",
            )
        return Evidence(*(pooled(each, self.grid, self.grid) for each in (maps.gradcam, maps.integrated)))


def distance(maps: Evidence) -> Tensor:
    """``‖u(Grad-CAM) - u(IG)‖²`` of each image, ``[B]``."""
    return (unit(maps.gradcam) - unit(maps.integrated)).square().sum((1, 2))


def unit(maps: Tensor) -> Tensor:
    """Signed maps ``[B, h, w]`` rectified and scaled to length 1; faint ones less, and an empty one stays 0."""
    positive = maps.relu()
    length: Tensor = torch.linalg.vector_norm(positive, dim=(1, 2), keepdim=True)
    floor: Tensor = FAINT * torch.linalg.vector_norm(maps.detach(), dim=(1, 2), keepdim=True)
    return positive / length.maximum(floor).clamp_min(1e-12)


def _whole(number: int, where: str, least: int) -> None:
    if isinstance(number, bool) or not isinstance(number, int) or number < least:
        raise ConfigError(f"{number!r} is no whole number of at least {least}", where=where)
