"""What is measured after every epoch? A few torchmetrics, enough to choose a checkpoint and to draw a curve."""

from __future__ import annotations

from torchmetrics import AUROC, Accuracy, MetricCollection

from xaimed.data.task import Task


def validation_metrics(task: Task, with_auc: bool = True) -> MetricCollection:
    """Accuracy and, for the selection set, the area under the ROC curve (macro over classes or labels)."""
    count = len(task.classes)
    options = {"task": task.kind.value, "num_classes": count, "num_labels": count}
    collection: dict[str, Accuracy | AUROC] = {"accuracy": Accuracy(average="micro", **options)}
    if with_auc:
        collection["auc"] = AUROC(average="macro", **options)
    return MetricCollection(collection)  # type: ignore[arg-type]
