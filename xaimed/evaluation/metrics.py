"""How good is one fold? Its metrics, computed from the rows of the table of predictions and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import (
    cohen_kappa_score,
    f1_score,
    matthews_corrcoef,
    multilabel_confusion_matrix,
    precision_score,
    roc_auc_score,
)

from xaimed.evaluation.predictions import UNKNOWN, Floats, Ints, Predictions

Score = Callable[[Ints, Ints, Floats], float]


@dataclass(frozen=True)
class Metric:
    """How a metric is called and read.

    Attributes:
        title: as it stands in a table.
        higher_is_better: the better direction.
        percent: printed as a percentage.
    """

    title: str
    higher_is_better: bool = True
    percent: bool = False


METRICS: dict[str, Metric] = {
    "accuracy": Metric("Accuracy", percent=True),
    "sensitivity": Metric("Sensitivity", percent=True),
    "specificity": Metric("Specificity", percent=True),
    "precision": Metric("Precision", percent=True),
    "f1": Metric("F1", percent=True),
    "auc": Metric("AUC"),
    "kappa": Metric("Kappa"),
    "mcc": Metric("MCC"),
}


def fold_metrics(predictions: Predictions) -> tuple[dict[str, float], str]:
    """Every metric of ``METRICS`` for one fold, and a note on what could not be computed (empty if all could).

    *Multiclass*: sensitivity, specificity, precision and F1 are macro means over classes, AUC is the macro mean of one
    class against the rest, by probability. *Binary*: sensitivity, precision, F1 and AUC are those of the positive
    class ``classes[1]``, specificity is that of the negative. *Multi-label*: every metric, accuracy included, is the
    mean over classes of the binary metric of that class.

    A class never predicted has precision 0. What a class without samples (or without others) leaves undefined is left
    out of the mean; where nothing is defined the metric is NaN.
    """
    truth, decided, chance = predictions.targets, predictions.predicted, predictions.probabilities
    if predictions.kind == "multilabel":
        known = [truth[:, i] != UNKNOWN for i in range(len(predictions.classes))]
        columns = [_binary(truth[k, i], decided[k, i], chance[k, i]) for i, k in enumerate(known)]
        values = {name: _mean(np.array([column[name] for column in columns])) for name in METRICS}
        counts = np.stack([(truth == 1).sum(axis=0), (truth == 0).sum(axis=0)])
    elif predictions.kind == "binary":
        values = _binary(truth, decided, chance[:, 1])
        counts = np.bincount(truth, minlength=2)[None]
    else:
        values = _multiclass(truth, decided, chance)
        counts = np.bincount(truth, minlength=len(predictions.classes))[None]
    return values, _note(predictions, counts)


def per_fold(predictions: Predictions) -> pd.DataFrame:
    """One row per fold: ``fold``, ``repeat``, ``samples``, ``new``, one column per metric, and ``note``.

    ``new`` counts the samples that no fold above has reported: over repeated folds it adds up to the number of
    different samples, which ``samples`` does not.
    """
    rows = []
    seen: set[str] = set()
    for repeat, folds in enumerate(predictions.repeats):
        for fold in folds:
            part = predictions.of_folds(fold)
            new = set(part.frame["sample_id"]) - seen
            values, note = fold_metrics(part)
            rows.append({"fold": fold, "repeat": repeat, "samples": len(part), "new": len(new), **values, "note": note})
            seen |= new
    return pd.DataFrame(rows, columns=["fold", "repeat", "samples", "new", *METRICS, "note"])


def per_repeat(predictions: Predictions) -> pd.DataFrame:
    """One row per repeat, its folds pooled: ``repeat``, ``folds``, ``samples``, one column per metric, and ``note``.

    Pooled over all repeats at once, every sample would count several times as if it were several.
    """
    rows = []
    for repeat, folds in enumerate(predictions.repeats):
        part = predictions.of_folds(*folds)
        values, note = fold_metrics(part)
        rows.append({"repeat": repeat, "folds": len(folds), "samples": len(part), **values, "note": note})
    return pd.DataFrame(rows, columns=["repeat", "folds", "samples", *METRICS, "note"])


def _multiclass(truth: Ints, decided: Ints, chance: Floats) -> dict[str, float]:
    classes = np.arange(chance.shape[1])
    tables = multilabel_confusion_matrix(truth, decided, labels=classes)
    (tn, fp), (fn, tp) = tables[:, 0].T, tables[:, 1].T
    return {
        "accuracy": float(np.mean(truth == decided)),
        "sensitivity": _mean(_ratio(tp, tp + fn)),
        "specificity": _mean(_ratio(tn, tn + fp)),
        "precision": float(precision_score(truth, decided, average="macro", zero_division=0)),
        "f1": float(f1_score(truth, decided, average="macro", zero_division=0)),
        "auc": _mean(np.array([_auc(truth == i, chance[:, i]) for i in classes])),
        **_agreement(truth, decided),
    }


def _binary(truth: Ints, decided: Ints, positive: Floats) -> dict[str, float]:
    if not len(truth):  # a label that nobody knows in these samples
        return dict.fromkeys(METRICS, float("nan"))
    (tn, fp), (fn, tp) = multilabel_confusion_matrix(truth, decided, labels=[1])[0]
    return {
        "accuracy": float(np.mean(truth == decided)),
        "sensitivity": float(_ratio(tp, tp + fn)),
        "specificity": float(_ratio(tn, tn + fp)),
        "precision": float(precision_score(truth, decided, zero_division=0)) if tp + fn else float("nan"),
        "f1": float(f1_score(truth, decided, zero_division=0)) if tp + fn else float("nan"),
        "auc": _auc(truth == 1, positive),
        **_agreement(truth, decided),
    }


def _agreement(truth: Ints, decided: Ints) -> dict[str, float]:
    # With one and the same class on both sides, agreement beyond chance does not exist.
    if len(np.union1d(truth, decided)) < 2:
        return {"kappa": float("nan"), "mcc": float("nan")}
    return {"kappa": float(cohen_kappa_score(truth, decided)), "mcc": float(matthews_corrcoef(truth, decided))}


def _auc(truth: npt.NDArray[np.bool_], chance: Floats) -> float:
    return float("nan") if truth.all() or not truth.any() else float(roc_auc_score(truth, chance))


def _ratio(part: npt.NDArray[np.int64], whole: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(np.asarray(whole) > 0, np.divide(part, whole), np.nan)


def _mean(values: npt.NDArray[np.float64]) -> float:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else float("nan")


def _note(predictions: Predictions, counts: npt.NDArray[np.int64]) -> str:
    absent = [name for name, few in zip(predictions.classes, (counts == 0).any(axis=0), strict=True) if few]
    if not absent:
        return ""
    names = ", ".join(f"'{name}'" for name in absent)
    if predictions.kind == "multilabel":
        return f"{names}: all samples alike, left out where undefined"
    return f"no sample of {names}, left out where undefined"
