"""How do some classes count more, and how is certainty damped? Cross-entropy with weights by name and soft targets."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional

from xaimed.data.task import Kind, Task
from xaimed.training.by_class import by_class, fraction
from xaimed.training.objectives import Elementwise
from xaimed.training.precise import precise


class WeightedCrossEntropy(Elementwise):
    """Cross-entropy of the task, times the weight of the sample's class, with targets softened by ``smoothing``.

    With several labels a weight belongs to a label, present or absent. Smoothing ``e`` spreads ``e`` of the target
    evenly over the classes; a yes becomes ``1 - e/2`` and a no ``e/2``.

    Args:
        weights: a number above 0 for every class by its name, or null for all alike.
        smoothing: at least 0 and below 1.
    """

    def __init__(self, weights: Mapping[str, float] | None = None, smoothing: float = 0.0) -> None:
        self.by_name, self.smoothing = weights, fraction(smoothing, "objective.smoothing")

    def check(self, task: Task) -> None:
        """Refuse weights for other classes than the task's."""
        self._numbers(task)

    def every(self, logits: Tensor, targets: Tensor, task: Task) -> Tensor:
        """The weighted cost of each element."""
        scores, numbers = precise(logits), self._numbers(task)
        if task.kind is Kind.MULTICLASS:
            cost = functional.cross_entropy(scores, targets, reduction="none", label_smoothing=self.smoothing)
        else:
            soft = targets * (1 - self.smoothing) + self.smoothing / 2
            cost = functional.binary_cross_entropy_with_logits(scores, soft, reduction="none")
        if numbers is None:
            return cost
        weights = scores.new_tensor(numbers)
        return cost * (weights if task.kind is Kind.MULTILABEL else weights[targets.long()])

    def _numbers(self, task: Task) -> list[float] | None:
        return None if self.by_name is None else by_class(self.by_name, task.classes, "objective.weights")
