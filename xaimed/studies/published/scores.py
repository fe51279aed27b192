"""Which metrics does a confusion matrix give? All that papers print, for one matrix or a stack of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from xaimed.studies.published.parts import MACRO, MICRO, WEIGHTED, Column

Counts = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]

OVERALL = ("accuracy", "kappa", "mcc")
BY_CLASS = ("recall", "specificity", "precision", "f1", "balanced_accuracy")
SHARES = ("accuracy", "recall", "specificity", "precision")
"""Metrics that are a number of samples out of a number of samples."""


def score(counts: npt.ArrayLike, column: Column, labels: Sequence[str], positive: str | None = None) -> Scores | None:
    """The column's metric of every matrix in ``[..., classes, classes]``; None where it cannot be told which is meant.

    Where nothing was predicted as a class, its precision counts as zero, as most programs have it.
    """
    each = np.asarray(counts, dtype=np.float64)
    if column.metric in OVERALL or column.average == MICRO:
        return _overall(each, column.metric if column.metric in OVERALL else "accuracy")
    if column.metric not in BY_CLASS:
        return None
    found = by_class(each, "recall" if column.metric == "balanced_accuracy" else column.metric)
    label = column.label or (positive if not column.average and len(labels) == 2 else None)
    if label:
        return np.asarray(found[..., list(labels).index(label)], dtype=np.float64)
    if column.average == MACRO or column.metric == "balanced_accuracy":
        return np.asarray(found.mean(-1), dtype=np.float64)
    if column.average == WEIGHTED:
        support = each.sum(-1)
        return np.asarray((found * support).sum(-1) / support.sum(-1), dtype=np.float64)
    return None


def by_class(counts: Scores, metric: str) -> Scores:
    """The metric of every class against the others."""
    hit = np.diagonal(counts, axis1=-2, axis2=-1)
    missed, false = counts.sum(-1) - hit, counts.sum(-2) - hit
    rest = counts.sum((-2, -1))[..., None] - hit - missed - false
    return one_against_rest(hit, missed, false, rest, metric)


def one_against_rest(hit: Scores, missed: Scores, false: Scores, rest: Scores, metric: str) -> Scores:
    """Recall, specificity, precision or F1 from the four counts."""
    over, under = {
        "recall": (hit, hit + missed),
        "specificity": (rest, rest + false),
        "precision": (hit, hit + false),
        "f1": (2 * hit, 2 * hit + missed + false),
    }[metric]
    return _ratio(over, under)


def _overall(counts: Scores, metric: str) -> Scores:
    total = counts.sum((-2, -1))
    correct = np.diagonal(counts, axis1=-2, axis2=-1).sum(-1)
    if metric == "accuracy":
        return np.asarray(correct / total, dtype=np.float64)
    true, predicted = counts.sum(-1), counts.sum(-2)
    chance = (true * predicted).sum(-1)
    if metric == "kappa":
        return _ratio(total * correct - chance, total**2 - chance)
    spread = (total**2 - (predicted**2).sum(-1)) * (total**2 - (true**2).sum(-1))
    return _ratio(total * correct - chance, np.sqrt(spread))


def _ratio(over: Scores, under: Scores) -> Scores:
    empty = np.zeros(np.broadcast_shapes(np.shape(over), np.shape(under)))
    return np.asarray(np.divide(over, under, out=empty, where=np.asarray(under) > 0), dtype=np.float64)
