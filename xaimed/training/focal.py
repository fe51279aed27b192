"""How do hard samples count more than easy ones? The focal loss, for exclusive classes and for labels."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from xaimed.data.task import Kind, Task
from xaimed.errors import ConfigError
from xaimed.training.by_class import by_class
from xaimed.training.objectives import Elementwise
from xaimed.training.precise import precise


class FocalLoss(Elementwise):
    """``-a (1 - p)^gamma ln p`` with p the probability given to the truth (Lin et al. 2017).

    Args:
        gamma: how much the easy ones are played down; 0 is cross-entropy.
        alpha: null for none; one number between 0 and 1 for a single logit or for labels: that for positives, and one
            minus it for negatives; or a number for every class by its name: the weight of samples of that class where
            classes are exclusive, the number for that label's positives where they are not.
    """

    def __init__(self, gamma: float = 2.0, alpha: float | Mapping[str, float] | None = None) -> None:
        if isinstance(gamma, bool) or not isinstance(gamma, int | float) or not 0 <= gamma < math.inf:
            raise ConfigError(f"{gamma!r} is no number of at least 0", where="objective.gamma")
        if alpha is not None and not isinstance(alpha, Mapping):
            _share(alpha, "objective.alpha")
        self.gamma, self.alpha = float(gamma), alpha

    def check(self, task: Task) -> None:
        """Refuse an alpha that does not say what each class of the task gets."""
        self._numbers(task)

    def every(self, logits: Tensor, targets: Tensor, task: Task) -> Tensor:
        """The cost of each element."""
        scores, numbers = precise(logits), self._numbers(task)
        if task.kind is Kind.MULTICLASS:
            truth = scores.log_softmax(-1).gather(1, targets[:, None])[:, 0]
        else:
            truth = functional.logsigmoid(torch.where(targets > 0, scores, -scores))
        # Kept off 0, for there the slope of a power below 1 is infinite.
        doubt = (-torch.expm1(truth)).clamp_min(torch.finfo(truth.dtype).eps)
        cost = -(doubt**self.gamma) * truth
        return cost if numbers is None else cost * _weights(scores.new_tensor(numbers), targets, task)

    def _numbers(self, task: Task) -> list[float] | None:
        """For exclusive classes the weight of each; for labels the share of each one's positives."""
        if self.alpha is None:
            return None
        if isinstance(self.alpha, Mapping):
            numbers = by_class(self.alpha, task.classes, "objective.alpha")
            if task.kind is Kind.MULTILABEL:
                return [_share(self.alpha[name], f"objective.alpha.{name}") for name in task.classes]
            return numbers
        if task.kind is Kind.MULTICLASS:
            raise ConfigError(
                f"one alpha cannot weigh {len(task.classes)} exclusive classes",
                where="objective.alpha",
                fix=f"Give a number for each of: {', '.join(task.classes)}.",
            )
        return [1 - self.alpha, self.alpha] if task.kind is Kind.BINARY else [self.alpha] * len(task.classes)


def _weights(numbers: Tensor, targets: Tensor, task: Task) -> Tensor:
    if task.kind is Kind.MULTILABEL:
        return numbers * targets + (1 - numbers) * (1 - targets)
    return numbers[targets.long()]


def _share(number: float, where: str) -> float:
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 < number < 1:
        raise ConfigError(f"{number!r} does not lie between 0 and 1", where=where)
    return float(number)
