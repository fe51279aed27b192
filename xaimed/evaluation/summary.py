"""How good is a run? Mean and spread over its folds or repeats, and where its errors lie."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from xaimed.evaluation.metrics import METRICS
from xaimed.evaluation.predictions import Predictions


def summarise(per_fold: pd.DataFrame) -> pd.DataFrame:
    """One row per metric: ``metric, mean, sd, count``.

    ``sd`` is the sample standard deviation over the rows, folds or repeats (divisor k-1), NaN for a single one. It
    describes how far they lie apart; it is no confidence interval, for folds share their training samples and repeats
    share them all. A row in which a metric is undefined does not count in its ``count``.

    Args:
        per_fold: from ``xaimed.evaluation.metrics.per_fold`` or ``per_repeat``.
    """
    rows = []
    for name in METRICS:
        values = per_fold[name].dropna().to_numpy(dtype=np.float64)
        rows.append(
            {
                "metric": name,
                "mean": values.mean() if len(values) else float("nan"),
                "sd": values.std(ddof=1) if len(values) > 1 else float("nan"),
                "count": len(values),
            }
        )
    return pd.DataFrame(rows)


def fold_notes(per_fold: pd.DataFrame) -> list[str]:
    """What could not be computed, fold by fold."""
    return [f"Fold {fold}: {note}." for fold, note in zip(per_fold["fold"], per_fold["note"], strict=True) if note]


def pooled_confusion(predictions: Predictions) -> pd.DataFrame:
    """Counts over all rows, so over all repeats: true classes down, predicted classes across.

    For multi-label, one row per class with its true positives, false positives, false negatives and true negatives.
    """
    if predictions.kind == "multilabel":
        yes, said = predictions.targets == 1, predictions.predicted == 1
        no = predictions.targets == 0  # what is neither is unknown
        counts = np.stack([(yes & said).sum(0), (no & said).sum(0), (yes & ~said).sum(0), (no & ~said).sum(0)], axis=1)
        outcomes = ["true positive", "false positive", "false negative", "true negative"]
        return _labelled(counts, predictions.classes, "class", outcomes, "outcome")
    size = len(predictions.classes)
    cells = predictions.targets * size + predictions.predicted
    counts = np.bincount(cells, minlength=size * size).reshape(size, size)
    return _labelled(counts, predictions.classes, "true", list(predictions.classes), "predicted")


def _labelled(
    counts: npt.NDArray[np.int64], rows: tuple[str, ...], down: str, columns: list[str], across: str
) -> pd.DataFrame:
    return pd.DataFrame(counts, index=pd.Index(list(rows), name=down), columns=pd.Index(columns, name=across))
