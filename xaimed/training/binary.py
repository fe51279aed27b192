"""How much does a finding count beside its absence? Binary cross-entropy with a weight on the positives."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional

from xaimed.data.task import Kind, Task
from xaimed.errors import ConfigError
from xaimed.training.by_class import by_class, positive
from xaimed.training.objectives import Elementwise
from xaimed.training.precise import precise


class BinaryCrossEntropy(Elementwise):
    """Sigmoid cross-entropy of one logit or several labels, in which what is present counts more, or less.

    Absent over present samples is the weight that balances a label.

    Args:
        positive_weights: one number above 0 for all labels, or one for every label by its name; a binary task has one
            label, its second class.
    """

    def __init__(self, positive_weights: float | Mapping[str, float] = 1.0) -> None:
        self.positive_weights = positive_weights
        if not isinstance(positive_weights, Mapping):
            positive(positive_weights, "objective.positive_weights")

    def check(self, task: Task) -> None:
        """Refuse exclusive classes, and weights for other labels than the task's."""
        self._numbers(task)

    def every(self, logits: Tensor, targets: Tensor, task: Task) -> Tensor:
        """The cost of each label, weighted where it is present."""
        scores = precise(logits)
        weights = scores.new_tensor(self._numbers(task))
        return functional.binary_cross_entropy_with_logits(scores, targets, reduction="none", pos_weight=weights)

    def _numbers(self, task: Task) -> list[float]:
        if task.kind is Kind.MULTICLASS:
            raise ConfigError(
                f"binary cross-entropy cannot choose between {len(task.classes)} exclusive classes",
                where="objective",
                fix="Take objective=cross_entropy, or objective=weighted.",
            )
        labels = task.classes[1:] if task.kind is Kind.BINARY else task.classes
        if isinstance(self.positive_weights, Mapping):
            return by_class(self.positive_weights, labels, "objective.positive_weights")
        return [float(self.positive_weights)] * len(labels)
