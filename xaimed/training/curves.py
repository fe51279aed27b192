"""What is measured after every epoch? A few torchmetrics, enough to choose a checkpoint and to draw a curve."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torchmetrics import Accuracy, Metric, MetricCollection
from torchmetrics.functional.classification import binary_auroc
from torchmetrics.utilities import dim_zero_cat

from xaimed.data.task import UNKNOWN, Kind, Task

BINS = 10


def curve_metrics(task: Task, with_auc: bool = True) -> MetricCollection:
    """Accuracy and, for the selection set, the area under the ROC curve (macro over classes or labels) and the ECE.

    Args:
        task: decides what can be measured; several labels at once have no one confidence, hence no ECE.
        with_auc: whether it is for the selection set.
    """
    count = len(task.classes)
    options: dict[str, Any] = {"task": task.kind.value, "num_classes": count, "num_labels": count}
    if task.kind is Kind.MULTILABEL:
        options["ignore_index"] = UNKNOWN
    chosen: dict[str, Metric] = {"accuracy": Accuracy(average="micro", **options)}
    if with_auc:
        chosen["auc"] = DefinedAUC(exclusive=task.kind is Kind.MULTICLASS)
        if task.kind is not Kind.MULTILABEL:
            chosen["ece"] = DecisionECE()
    return MetricCollection(chosen)  # type: ignore[arg-type]


class DefinedAUC(Metric):
    """The mean area under the ROC curve over the classes that have one; not a number where none has.

    Torchmetrics counts a class of which the set holds no sample as an area of 0, which would punish a rare class's
    absence from a small fold.

    Args:
        exclusive: whether targets are class numbers; else they are one 0/1 column per label (unknown ones left out).
    """

    full_state_update = False
    is_differentiable = False
    higher_is_better = True
    scores: list[Tensor]
    targets: list[Tensor]

    def __init__(self, exclusive: bool) -> None:
        super().__init__()
        self.exclusive = exclusive
        self.add_state("scores", default=[], dist_reduce_fx="cat")
        self.add_state("targets", default=[], dist_reduce_fx="cat")

    def update(self, scores: Tensor, targets: Tensor) -> None:
        """Keep one batch of probabilities and integer targets."""
        self.scores.append(scores.float())
        self.targets.append(targets)

    def compute(self) -> Tensor:
        """The mean over what is defined."""
        scores, targets = dim_zero_cat(self.scores), dim_zero_cat(self.targets)
        if self.exclusive:
            targets = torch.nn.functional.one_hot(targets, scores.shape[-1])
        areas = [
            binary_auroc(score[known], target[known])
            for score, target in zip(_columns(scores), _columns(targets), strict=True)
            if bool((target[known := target != UNKNOWN] == 1).any()) and bool((target[known] == 0).any())
        ]
        return torch.stack(areas).mean() if areas else scores.new_tensor(float("nan"))


class DecisionECE(Metric):
    """The expected calibration error of decisions, as ``xaimed.evaluation.calibration`` has it of stored predictions.

    Torchmetrics calibrates the probability of the positive class in a binary task, not that of the decision. Bins are
    of equal width and include their upper edge; only sums are kept, added in a fixed order on every device.
    """

    full_state_update = False
    is_differentiable = False
    higher_is_better = False
    excess: Tensor
    count: Tensor

    def __init__(self, bins: int = BINS) -> None:
        super().__init__()
        self.add_state("excess", torch.zeros(bins), "sum")
        self.add_state("count", torch.zeros(()), "sum")

    def update(self, scores: Tensor, targets: Tensor) -> None:
        """Count one batch of probabilities and class numbers."""
        if scores.ndim == 1:
            scores = torch.stack([1 - scores, scores], 1)
        confidence, decided = scores.float().max(1)
        edges = torch.linspace(0, 1, len(self.excess) + 1, device=scores.device)
        place = torch.bucketize(confidence, edges[1:-1])
        inside = place[:, None] == torch.arange(len(self.excess), device=scores.device)
        self.excess += (((decided == targets).float() - confidence)[:, None] * inside).sum(0)
        self.count += len(targets)

    def compute(self) -> Tensor:
        """The error so far."""
        return self.excess.abs().sum() / self.count


def _columns(values: Tensor) -> tuple[Tensor, ...]:
    return (values,) if values.ndim == 1 else values.unbind(1)
