"""How good is a run in each class, in all, and on average? The lines of a classification report, with bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from xaimed.evaluation.statistics.bootstrap import bounded
from xaimed.studies.reproduction.measured import Measured, measured, measured_of_class
from xaimed.studies.reproduction.results import RowResult
from xaimed.studies.reproduction.verdict import Bounds

MEASURES = ("precision", "recall", "f1")
ACCURACY, MACRO, WEIGHTED = "accuracy", "macro", "weighted"
KEYS = {"precision": "precision", "recall": "sensitivity", "f1": "f1"}


@dataclass(frozen=True)
class ClassReport:
    """The report of a run.

    Attributes:
        whole: the run itself.
        classes: each class against all others.
    """

    whole: Measured
    classes: Mapping[str, Measured]

    @property
    def names(self) -> list[str]:
        """Its lines; of labels that can stand together there is no one accuracy."""
        several = self.whole.predictions.kind == "multilabel"
        return [*self.classes, *([] if several else [ACCURACY]), MACRO, WEIGHTED]

    @property
    def places(self) -> list[tuple[str, str]]:
        """Its cells by line and measure; the accuracy stands where F1 does."""
        return [
            (name, measure)
            for name in self.names
            for measure in (*MEASURES, "support")
            if name != ACCURACY or measure in ("f1", "support")
        ]

    def support(self, name: str) -> int:
        """How many different pictures a line counts."""
        if name in self.classes:
            frame = self.classes[name].predictions.frame
            return int(frame.loc[frame["label"] == name, "sample_id"].nunique())
        if self.whole.predictions.kind == "multilabel":
            return sum(map(self.support, self.classes))
        return self.whole.predictions.samples

    def bounds(self, name: str, measure: str) -> Bounds:
        """A value with its interval, over all predictions at once."""
        if name == ACCURACY:
            return self.whole.bounds("accuracy")
        key = KEYS[measure]
        if name in self.classes:
            return self.classes[name].bounds(key)
        weights = [self.support(each) if name == WEIGHTED else 1 for each in self.classes]
        return self._mean(key, np.array(weights, dtype=np.float64))

    def _mean(self, key: str, weights: np.ndarray) -> Bounds:
        """A mean over classes, resampled as one; the same patients are drawn for every class."""
        pooled = [each.pooled for each in self.classes.values()]
        value = float(_weighted(np.array([each.measured[key] for each in pooled]), weights))
        if self.whole.predictions.kind == "multilabel":  # every label is known of patients of its own
            return Bounds(value)
        drawn = _weighted(np.stack([each.drawn[key] for each in pooled], axis=-1), weights)
        found = bounded(value, drawn, pooled[0].clusters)
        return self.whole.with_width(key, Bounds(value, found.low, found.high, "bootstrap"))


def class_report(row: RowResult) -> ClassReport:
    """The report of a row of the study."""
    assert row.predictions is not None
    return ClassReport(measured(row), {name: measured_of_class(row, name) for name in row.predictions.classes})


def _weighted(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The mean over the last axis of what is defined; NaN where nothing is."""
    known = ~np.isnan(values)
    total = np.asarray((known * weights).sum(-1), dtype=np.float64)
    found = (np.where(known, values, 0.0) * weights).sum(-1)
    mean: np.ndarray = np.divide(found, total, out=np.full(total.shape, np.nan), where=total > 0)
    return mean
