"""What would a run's metrics be, had other patients come? All of them in every resample of its pooled predictions.

Pooled are the rows of all folds, in which every sample stands once. Where folds are repeated, each repeat is pooled
for itself and the mean over repeats is the value; a patient is drawn with all its rows of all repeats, so that no
picture counts twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from xaimed.evaluation.metrics import METRICS
from xaimed.evaluation.predictions import UNKNOWN, Predictions
from xaimed.evaluation.statistics.bootstrap import RESAMPLES, SEED, Clusters, Counts, Interval, Values, bounded
from xaimed.evaluation.statistics.counted import mean_of_known, of_classes, of_two
from xaimed.evaluation.statistics.ranks import RankedPairs

Metrics = dict[str, Values]
Rows = npt.NDArray[np.int64]
LACKING = "lacking"


@dataclass(frozen=True)
class Resampled:
    """The pooled metrics of a run, and how they vary with the patients.

    Attributes:
        measured: each metric of the run itself.
        drawn: each metric in every resample.
        clusters: the patients.
        samples: how many different samples.
        repeats: the mean over how many repeats it is.
        lacking: in how many resamples some class had no sample.
    """

    measured: dict[str, float]
    drawn: Metrics
    clusters: Clusters
    samples: int
    repeats: int
    lacking: int

    def interval(self, metric: str) -> Interval:
        """The metric with its interval."""
        return replace(bounded(self.measured[metric], self.drawn[metric], self.clusters), n=self.samples)

    def less(self, other: Resampled, metric: str) -> Interval:
        """This run's metric less that of another run on the same samples, in resamples that are the same for both."""
        drawn = self.drawn[metric] - other.drawn[metric]
        return replace(bounded(self.measured[metric] - other.measured[metric], drawn, self.clusters), n=self.samples)


def resampled(
    predictions: Predictions,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    among: npt.NDArray[np.bool_] | None = None,
) -> Resampled:
    """Every metric of ``METRICS``, measured and resampled; a single patient cannot be resampled.

    Args:
        predictions: the rows.
        resamples: how often the patients are drawn.
        seed: decides all draws.
        among: the rows that are measured; all without. Patients are drawn from all rows either way, so that a part can
            be held against the whole in the same resamples.
    """
    clusters = Clusters(predictions.frame["group"].to_numpy(dtype=str))
    folds = predictions.frame["fold"].to_numpy()
    counted = np.ones(len(folds), dtype=bool) if among is None else among
    repeats = [np.flatnonzero(np.isin(folds, those) & counted) for those in predictions.repeats]
    measures = [_measure(predictions, rows, clusters) for rows in repeats]
    drawn = [_over(measures, counts) for counts in clusters.draws(resamples if clusters.number > 1 else 0, seed)]
    all_drawn = {name: np.concatenate([part[name] for part in drawn] or [np.empty(0)]) for name in (*METRICS, LACKING)}
    measured = _over(measures, np.ones((1, clusters.number), dtype=np.int32))
    return Resampled(
        {name: float(measured[name][0]) for name in METRICS},
        {name: all_drawn[name] for name in METRICS},
        clusters,
        int(predictions.frame.loc[counted, "sample_id"].nunique()),
        len(repeats),
        int((all_drawn[LACKING] > 0).sum()),
    )


def _over(measures: list[Callable[[Counts], Metrics]], counts: Counts) -> Metrics:
    """The mean over repeats."""
    found = [measure(counts) for measure in measures]
    return {name: mean_of_known(np.stack([one[name] for one in found], axis=-1)) for name in found[0]}


def _measure(predictions: Predictions, rows: Rows, clusters: Clusters) -> Callable[[Counts], Metrics]:
    """The metrics of one repeat, ready to be asked for any resample."""
    truth, decided = predictions.targets[rows], predictions.predicted[rows]
    chance, codes = predictions.probabilities[rows], clusters.codes[rows]
    if predictions.kind == "binary":
        return _yes_or_no(truth, decided, chance[:, 1], codes, clusters.number)
    if predictions.kind == "multiclass":
        return _one_of_several(truth, decided, chance, codes, clusters.number)
    known = [truth[:, i] != UNKNOWN for i in range(truth.shape[1])]
    labels = [
        _yes_or_no(truth[k, i], decided[k, i], chance[k, i], codes[k], clusters.number) for i, k in enumerate(known)
    ]

    def measure(counts: Counts) -> Metrics:
        found = [label(counts) for label in labels]
        return {name: mean_of_known(np.stack([one[name] for one in found], axis=-1)) for name in found[0]}

    return measure


def _one_of_several(
    truth: Rows, decided: Rows, chance: npt.NDArray[np.float32], codes: Rows, groups: int
) -> Callable[[Counts], Metrics]:
    classes = chance.shape[1]
    cells = _cells(truth, decided, codes, groups, classes)
    against_rest = [RankedPairs(truth == i, chance[:, i], codes) for i in range(classes)]

    def measure(counts: Counts) -> Metrics:
        tables = _tables(counts, cells, classes)
        area = mean_of_known(np.stack([pairs.areas(counts) for pairs in against_rest], axis=-1))
        return {**of_classes(tables), "auc": area, LACKING: _lacking(tables)}

    return measure


def _yes_or_no(
    truth: Rows, decided: Rows, chance: npt.NDArray[np.float32], codes: Rows, groups: int
) -> Callable[[Counts], Metrics]:
    cells, pairs = _cells(truth, decided, codes, groups, 2), RankedPairs(truth == 1, chance, codes)

    def measure(counts: Counts) -> Metrics:
        tables = _tables(counts, cells, 2)
        return {**of_two(tables), "auc": pairs.areas(counts), LACKING: _lacking(tables)}

    return measure


def _cells(truth: Rows, decided: Rows, codes: Rows, groups: int, classes: int) -> Values:
    """The confusion matrix of every group, ``[groups, classes * classes]``."""
    size = classes * classes
    flat = np.bincount(codes * size + truth * classes + decided, minlength=groups * size)
    return flat.reshape(groups, size).astype(np.float64)


def _tables(counts: Counts, cells: Values, classes: int) -> Values:
    tables: Values = (counts.astype(np.float64) @ cells).reshape(len(counts), classes, classes)
    return tables


def _lacking(tables: Values) -> Values:
    """1 where some class has no sample."""
    absent: Values = (tables.sum(axis=-1) == 0).any(axis=-1).astype(np.float64)
    return absent
