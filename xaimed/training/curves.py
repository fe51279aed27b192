"""What is measured after every epoch? A few torchmetrics, enough to choose a checkpoint and to draw a curve."""

from __future__ import annotations

from typing import Any

from torchmetrics import AUROC, Accuracy, Metric, MetricCollection

from xaimed.data.task import UNKNOWN, Kind, Task


def curve_metrics(task: Task, with_auc: bool = True) -> MetricCollection:
    """Accuracy and, for the selection set, the area under the ROC curve (macro over classes or labels)."""
    count = len(task.classes)
    options: dict[str, Any] = {"task": task.kind.value, "num_classes": count, "num_labels": count}
    if task.kind is Kind.MULTILABEL:
        options["ignore_index"] = UNKNOWN
    chosen: dict[str, Metric] = {"accuracy": Accuracy(average="micro", **options)}
    if with_auc:
        chosen["auc"] = AUROC(average="macro", **options)
    return MetricCollection(chosen)  # type: ignore[arg-type]
