"""How good is ours, in the way in which the paper says it? The mean over folds or all at once, and its interval.

The interval is always that of the pooled predictions, resampled by patient: folds share training samples, and their
spread says little. Where the paper prints a mean over folds ours is one as well, and the interval is moved to it, as
that of the printed value is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaimed.evaluation.metrics import per_fold
from xaimed.evaluation.one_class import of_class
from xaimed.evaluation.predictions import Predictions
from xaimed.evaluation.statistics.known_n import share_ends
from xaimed.evaluation.statistics.resampled import Resampled, resampled
from xaimed.studies.published.parts import FOLDS, RUNS
from xaimed.studies.reproduction.results import RowResult
from xaimed.studies.reproduction.verdict import Bounds

OF_ONE = {"specificity": 0, "sensitivity": 1, "precision": 1, "f1": 1}
"""Binary metrics that are about one of the two classes, and about which."""


@dataclass(frozen=True)
class Measured:
    """A run's predictions, of all classes or of one against the others.

    Attributes:
        predictions: the rows of all folds.
        lines: a line of metrics for every fold.
        pooled: the metrics of all folds at once, resampled by patient.
    """

    predictions: Predictions
    lines: pd.DataFrame
    pooled: Resampled

    def bounds(self, metric: str, over: str = "") -> Bounds:
        """A metric as a share of 1, with its interval.

        Args:
            metric: its key in ``METRICS``.
            over: ``folds`` or ``runs`` where it shall be the mean over them; all rows at once otherwise.
        """
        found = self.pooled.interval(metric)
        pooled = self.with_width(metric, Bounds(found.value, found.low, found.high, "bootstrap"))
        return pooled.moved_to(self._mean(metric), _least(metric), 1.0) if over in (FOLDS, RUNS) else pooled

    def with_width(self, metric: str, bounds: Bounds) -> Bounds:
        """Where all is right, or all wrong, a bootstrap has no width; Wilson's for as many patients stands in."""
        least = _least(metric)
        if bounds.low != bounds.high or bounds.value not in (least, 1.0):
            return bounds
        room = (1.0 - least) * (1.0 - share_ends(1.0, self._patients(metric))[0])
        return Bounds(bounds.value, max(bounds.value - room, least), min(bounds.value + room, 1.0), bounds.how)

    def _mean(self, metric: str) -> float:
        """Over folds; one in which the metric is undefined does not count."""
        return float(self.lines[metric].mean())

    def _patients(self, metric: str) -> int:
        """How many say it: of one class those who have it, and for what weighs classes alike the smallest decides."""
        frame = self.predictions.frame
        if metric == "accuracy" or self.predictions.kind == "multilabel":
            return int(frame["group"].nunique())
        each = frame.groupby("label")["group"].nunique()
        if self.predictions.kind == "binary" and metric in OF_ONE:
            return int(each.get(self.predictions.classes[OF_ONE[metric]], 0))
        return int(np.min(each.to_numpy()) * len(each))


def _least(metric: str) -> float:
    """The lowest value of a metric."""
    return -1.0 if metric in ("kappa", "mcc") else 0.0


def measured(row: RowResult) -> Measured:
    """A row of the study."""
    assert row.predictions is not None
    return Measured(row.predictions, row.metrics, row.pooled)


def measured_of_class(row: RowResult, name: str) -> Measured:
    """One class of a row against all others."""
    assert row.predictions is not None
    found = of_class(row.predictions, name)
    return Measured(found, per_fold(found), resampled(found))
