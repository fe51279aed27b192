"""How sure is a printed value? What it is and what else is printed decides by which method that can be told, if at all.

A share of a known number of samples is a matter of the two counts. What is reckoned from a whole confusion matrix
needs that matrix: it is printed, or only one fits the row. An area under a ROC curve needs positives and negatives.
What is left are means with their spread, and for the rest there is no interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaimed.evaluation.statistics.bootstrap import LEVEL, RESAMPLES, SEED
from xaimed.evaluation.statistics.known_n import area_ends, mean_ends, share_ends
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import FOLDS, MICRO, RUNS, WEIGHTED, Matrix, Samples, Value
from xaimed.studies.published.scores import score
from xaimed.studies.reproduction.printed_matrix import matrices_like, matrix_of, without_error
from xaimed.studies.reproduction.verdict import Bounds

WILSON, AREA, RESAMPLED, STUDENT = "Wilson", "Hanley–McNeil", "matrix", "Student"
TOLD = {
    WILSON: "Wilson's interval of a share of the published n",
    AREA: "Hanley and McNeil's for the published positives and negatives, its spread taken at the bound",
    RESAMPLED: f"the published confusion matrix drawn again (multinomial, {RESAMPLES} times, seed {SEED})",
    STUDENT: (
        "Student's from the printed mean and SD, for no n is of use; folds share training samples, so it is too narrow"
    ),
}
SIGNED = ("kappa", "mcc")
"""Metrics that begin at −1."""


@dataclass(frozen=True)
class Share:
    """A printed value as a share of 1, with what rounding leaves open.

    Attributes:
        value: what it says.
        low: the least that is rounded to it.
        high: the most.
        least: below which there are no such values.
    """

    value: float
    low: float
    high: float
    least: float

    @classmethod
    def of(cls, value: Value) -> Share:
        """A value of a paper."""
        ends = value.printed.rounded
        least = -1.0 if value.column.metric in SIGNED else 0.0
        low, high = (min(max(float(end) / value.scale, least), 1.0) for end in (ends.low, ends.high))
        return cls(float(value.printed.value) / value.scale, low, high, least)

    def widened(self, below: float, above: float, how: str) -> Bounds:
        """From as far below the least to as far above the most."""
        low, high = max(self.low - below, self.least), min(self.high + above, 1.0)
        return Bounds(self.value, low, high, how, self.rounding)

    @property
    def rounding(self) -> float:
        """Half a unit of its last place."""
        return max(self.high - self.value, self.value - self.low, 0.0)


def printed_bounds(paper: Paper, value: Value, matrix: Matrix | None = None) -> Bounds:
    """A printed value as a share of 1, with its 95 % interval where there is any way to one.

    Args:
        paper: where it stands.
        value: the value.
        matrix: the confusion matrix of the same predictions, where the paper does not say that itself.
    """
    number, samples = Share.of(value), paper.samples_of(value)
    if value.printed.upper is not None:
        return Bounds(number.value, rounding=number.rounding)
    matrix = matrix or matrix_of(paper, value)
    positive = samples.positive if samples else None
    return (
        _of_share(number, value, samples, matrix)
        or _of_f1(number, value, matrix)
        or _of_area(number, value, samples)
        or _of_matrix(number, value, matrix, positive)
        or _of_spread(number, value, samples)
        or Bounds(number.value, rounding=number.rounding)
    )


def _of_share(number: Share, value: Value, samples: Samples | None, matrix: Matrix | None) -> Bounds | None:
    n = _counted_over(value, samples, matrix)
    if not n:
        return None
    low, high = share_ends(number.low, n)[0], share_ends(number.high, n)[1]
    return number.widened(number.low - low, high - number.high, WILSON)


def _counted_over(value: Value, samples: Samples | None, matrix: Matrix | None) -> int:
    """What a value is a share of, where it is the share of one number of samples."""
    column, label = value.column, _label(value, samples)
    classes = samples.classes if samples else {}
    if column.metric == "precision" and label and matrix and label in matrix.labels:
        return sum(line[matrix.labels.index(label)] for line in matrix.counts)
    if samples is None:
        return 0
    if column.metric == "recall" and label in classes:
        return classes[label]
    if column.metric == "specificity" and label in classes:
        return samples.n - classes[label]
    over_all = column.metric in ("accuracy", "share") or (column.metric == "recall" and column.average == WEIGHTED)
    micro = column.average == MICRO and column.metric in ("recall", "precision", "f1")
    return samples.n if over_all or micro else 0


def _of_f1(number: Share, value: Value, matrix: Matrix | None) -> Bounds | None:
    """F1 of one class grows with the share of hits among hits, misses and false alarms, which is Wilson's case."""
    label = value.column.label
    if value.column.metric != "f1" or not matrix or label not in matrix.labels:
        return None
    i = matrix.labels.index(label)
    concerned = sum(matrix.counts[i]) + sum(line[i] for line in matrix.counts) - matrix.counts[i][i]
    if not concerned:
        return None
    low, high = (
        2 * end / (1 + end)
        for end in (
            share_ends(number.low / (2 - number.low), concerned)[0],
            share_ends(number.high / (2 - number.high), concerned)[1],
        )
    )
    return number.widened(number.low - low, high - number.high, WILSON)


def _of_area(number: Share, value: Value, samples: Samples | None) -> Bounds | None:
    label = _label(value, samples)
    if value.column.metric != "auc" or samples is None or label not in samples.classes:
        return None
    positives = samples.classes[label]
    low, high = area_ends(number.low, positives, samples.n - positives)[0], 1.0
    if number.high < 1:
        high = area_ends(number.high, positives, samples.n - positives)[1]
    return number.widened(number.low - low, high - number.high, AREA)


def _of_matrix(number: Share, value: Value, matrix: Matrix | None, positive: str | None) -> Bounds | None:
    """As far around the printed value as the resampled matrix lies around its own: they differ by folds at most."""
    if matrix is None or not matrix.total:
        return None
    own = score(np.array(matrix.counts), value.column, matrix.labels, positive)
    if own is None:
        return None
    drawn = score(matrices_like(matrix.counts), value.column, matrix.labels, positive)
    assert drawn is not None
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    if low == high:  # nothing is wrong in it, so nothing will be in what is drawn from it
        room = without_error(matrix) * (1.0 - number.least)
        return number.widened(room, 0.0, RESAMPLED)
    return number.widened(float(own) - float(low), float(high) - float(own), RESAMPLED)


def _of_spread(number: Share, value: Value, samples: Samples | None) -> Bounds | None:
    count = {FOLDS: samples.folds, RUNS: samples.runs}.get(value.column.over) if samples else None
    if value.printed.sd is None or not count or count < 2:
        return None
    reach = mean_ends(0.0, float(value.printed.sd.rounded.high) / value.scale, count)[1]
    return number.widened(reach, reach, STUDENT)


def _label(value: Value, samples: Samples | None) -> str:
    """The class that a value is about: of two classes that which is looked for, unless it is a mean over both."""
    if value.column.label or samples is None or value.column.average or len(samples.classes) != 2:
        return value.column.label
    return samples.positive or ""
