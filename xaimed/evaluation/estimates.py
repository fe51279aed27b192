"""How sure is a number of one group of pictures, and how sure is the difference of two, at any level?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from xaimed.evaluation.predictions import Predictions
from xaimed.evaluation.shares import FEW, share_interval
from xaimed.evaluation.statistics.bootstrap import Clusters, Interval, Values, bounded
from xaimed.evaluation.statistics.resampled import Resampled, resampled


@dataclass(frozen=True)
class Estimate:
    """A number with its interval at any level.

    Attributes:
        at: the interval, by its level.
        clusters: the patients.
        drawn: the number in resamples; None where a formula gives the interval.
    """

    at: Callable[[float], Interval]
    clusters: Clusters
    drawn: Values | None = None


def metric_estimates(part: Predictions, metrics: Sequence[str], seed: int) -> dict[str, Estimate]:
    """Metrics of ``METRICS`` of these predictions, their patients drawn again.

    Of fewer than ``FEW`` patients a metric that is a share of pictures has Wilson's interval instead: accuracy, and
    for a binary task sensitivity, specificity and precision.
    """
    drawn = resampled(part, seed=seed)
    few = drawn.clusters.number < FEW
    found = {}
    for key in metrics:
        share = _share(part, key, drawn) if few else None
        found[key] = _drawn(drawn.measured[key], drawn.drawn[key], drawn.clusters) if share is None else share
    return found


def mean_estimate(values: npt.ArrayLike, groups: npt.ArrayLike, seed: int) -> Estimate:
    """The mean of values, patients drawn again."""
    numbers, clusters = np.asarray(values, dtype=np.float64), Clusters(groups)
    table = clusters.sums(np.stack([numbers, np.ones(len(numbers))], axis=1))
    sums = [counts @ table for counts in (clusters.draws(seed=seed) if clusters.number > 1 else ())]
    means = np.concatenate([each[:, 0] / each[:, 1] for each in sums] or [np.empty(0)])
    return _drawn(float(numbers.mean()) if len(numbers) else float("nan"), means, clusters)


def difference(high: Estimate, low: Estimate, level: float) -> Interval:
    """One less the other.

    Resampled with the same seed, two groups of the same patients are compared pair by pair. Where a formula gives
    either interval, the bounds of both are joined (Newcombe's square-and-add), as for groups that are independent.
    """
    above, below = high.at(level), low.at(level)
    apart = above.value - below.value
    if high.drawn is not None and low.drawn is not None:
        several = min(len(high.drawn), len(low.drawn))  # none of a single patient
        return bounded(apart, high.drawn[:several] - low.drawn[:several], high.clusters, level)
    down = float(np.hypot(above.value - above.low, below.high - below.value))
    up = float(np.hypot(above.high - above.value, below.value - below.low))
    return Interval(apart, apart - down, apart + up, above.n + below.n, above.groups + below.groups, level, resamples=0)


def _drawn(value: float, drawn: Values, clusters: Clusters) -> Estimate:
    return Estimate(lambda level: bounded(value, drawn, clusters, level), clusters, drawn)


def _share(part: Predictions, metric: str, drawn: Resampled) -> Estimate | None:
    """Wilson's interval of a metric that is a share of pictures; None for one that is not."""
    rows = _counted_in(part, metric)
    if rows is None or not rows.any():
        return None
    right, patients = part.correct[rows], part.frame["group"].to_numpy(dtype=str)[rows]
    value = drawn.measured[metric]
    return Estimate(lambda level: replace(share_interval(right, patients, level), value=value), drawn.clusters)


def _counted_in(part: Predictions, metric: str) -> npt.NDArray[np.bool_] | None:
    """Of which rows the metric is the share that is right."""
    if metric == "accuracy" and part.kind != "multilabel":
        return np.ones(len(part), dtype=bool)
    if part.kind != "binary" or metric not in ("sensitivity", "specificity", "precision"):
        return None
    decided = part.predicted if metric == "precision" else part.targets
    rows: npt.NDArray[np.bool_] = decided == (0 if metric == "specificity" else 1)
    return rows
