"""Between what must a mean over folds lie? The least and the most that sharing a matrix over them can give."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from xaimed.studies.published.folds import plans, sizes
from xaimed.studies.published.interval import Interval, between
from xaimed.studies.published.parts import MACRO, Column, Matrix, Samples
from xaimed.studies.published.scores import one_against_rest

MOST = 4000
"""Ways to share out misses and false alarms of one class that are still looked at."""

Shares = npt.NDArray[np.float64]


def mean_over_folds(matrix: Matrix, samples: Samples, column: Column) -> Interval | None:
    """The column's metric, averaged over folds; None where it is not known how to bound it."""
    folds, classes = samples.folds, tuple(samples.classes[label] for label in matrix.labels)
    if not folds:
        return None
    if column.metric == "accuracy":
        return accuracy_over_folds(classes, folds, matrix.total - matrix.correct)
    if column.metric not in ("recall", "specificity", "precision", "f1"):
        return None
    if column.label:
        return _class_over_folds(matrix, matrix.labels.index(column.label), classes, folds, column.metric)
    if column.average == MACRO:
        each = [_class_over_folds(matrix, i, classes, folds, column.metric) for i in range(len(classes))]
        if any(part is None for part in each):
            return None
        return Interval(
            sum((part.low for part in each if part), start=each[0].low * 0) / len(each),  # type: ignore[union-attr]
            sum((part.high for part in each if part), start=each[0].low * 0) / len(each),  # type: ignore[union-attr]
        )
    return None


@lru_cache
def accuracy_over_folds(classes: tuple[int, ...], folds: int, errors: int) -> Interval:
    """The mean accuracy of the folds when so many samples in all are wrong."""
    return _hull(_shared(tuple((size, 0) for size in plan), errors, 0, "recall") for plan in sizes(classes, folds))


@lru_cache
def _class_over_folds(matrix: Matrix, place: int, classes: tuple[int, ...], folds: int, metric: str) -> Interval | None:
    missed = sum(matrix.counts[place]) - matrix.counts[place][place]
    false = sum(line[place] for line in matrix.counts) - matrix.counts[place][place]
    missed, false = (0 if metric == "specificity" else missed), (0 if metric == "recall" else false)
    shares = {tuple(sorted((fold[place], sum(fold) - fold[place]) for fold in plan)) for plan in plans(classes, folds)}
    if not shares or (missed + 1) * (false + 1) > MOST:
        return None
    if any(missed > sum(own for own, _ in share) or false > sum(rest for _, rest in share) for share in shares):
        return None
    return _hull(_shared(share, missed, false, metric) for share in shares)


@lru_cache
def _shared(share: tuple[tuple[int, int], ...], missed: int, false: int, metric: str) -> tuple[float, float]:
    """The least and the most of the folds' mean, over every way to share the misses and false alarms out."""
    least, most = (np.full((missed + 1, false + 1), bound) for bound in (np.inf, -np.inf))
    least[0, 0] = most[0, 0] = 0.0
    for own, rest in share:
        low, high = _values(own, rest, missed, false, metric)
        least, most = _sooner(least, low, np.minimum), -_sooner(-most, -high, np.minimum)
    return float(least[missed, false]) / len(share), float(most[missed, false]) / len(share)


def _values(own: int, rest: int, missed: int, false: int, metric: str) -> tuple[Shares, Shares]:
    """The metric of one fold for every number of misses and false alarms; undefined is anything from 0 to 1."""
    misses, alarms = np.meshgrid(np.arange(min(own, missed) + 1.0), np.arange(min(rest, false) + 1.0), indexing="ij")
    value = one_against_rest(own - misses, misses, alarms, rest - alarms, metric)
    undefined = (own - misses + alarms == 0) & (metric == "precision")
    return value, np.where(undefined, 1.0, value)


def _sooner(before: Shares, step: Shares, pick: np.ufunc) -> Shares:
    """The best sum after one more fold, for every number that has been shared out so far."""
    after = np.full(before.shape, np.inf)
    rows, columns = before.shape
    for i in range(step.shape[0]):
        for j in range(step.shape[1]):
            moved = before[: rows - i, : columns - j] + step[i, j]
            after[i:, j:] = pick(after[i:, j:], moved)
    return after


def _hull(ends: Iterable[tuple[float, float]]) -> Interval:
    found = list(ends)
    return between(min(low for low, _ in found), max(high for _, high in found))
