"""Is it as good for everybody? Any metric or measure in each group of patients, and how far the groups lie apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from xaimed.evaluation.columns import Division
from xaimed.evaluation.contract import Measure
from xaimed.evaluation.estimates import Estimate, difference, mean_estimate, metric_estimates
from xaimed.evaluation.metrics import METRICS
from xaimed.evaluation.predictions import Predictions
from xaimed.evaluation.statistics.bootstrap import LEVEL, SEED, Interval

LEAST = 10
"""Of groups with fewer pictures nothing is said but how many there are."""


@dataclass(frozen=True)
class Group:
    """One group of pictures.

    Attributes:
        name: its value, such as ``F`` or ``40 to <60``.
        pictures: how many different ones.
        patients: of how many.
        estimates: each metric with its interval; without any where there are fewer than ``LEAST`` pictures.
    """

    name: str
    pictures: int
    patients: int
    estimates: Mapping[str, Interval]


@dataclass(frozen=True)
class Gap:
    """How far the groups with the highest and the lowest value lie apart.

    Attributes:
        high: which group.
        low: which group.
        difference: of the two. Its interval holds for all pairs of groups together (Bonferroni), since the two were
            picked after looking.
        pairs: how many pairs of groups there are.
    """

    high: str
    low: str
    difference: Interval
    pairs: int


@dataclass(frozen=True)
class Compared:
    """A column's groups side by side.

    Attributes:
        division: of the pictures.
        measures: how each metric is read, by its key.
        groups: in the order of the division.
        gaps: of each metric, where two groups or more have it.
    """

    division: Division
    measures: Mapping[str, Measure]
    groups: tuple[Group, ...]
    gaps: Mapping[str, Gap]


def metrics_by(predictions: Predictions, division: Division, metrics: Sequence[str]) -> Compared:
    """Metrics of ``METRICS`` in each group."""
    measures = {key: _as_measure(key) for key in metrics}
    parts = {name: _of(predictions, division, name) for name in division.names}
    seeds = _seeds({name: part.frame["group"] for name, part in parts.items()})
    sizes = {name: (part.samples, int(part.frame["group"].nunique())) for name, part in parts.items()}
    found = {
        name: metric_estimates(part, metrics, seeds[name]) for name, part in parts.items() if part.samples >= LEAST
    }
    return _compared(division, measures, sizes, found)


def values_by(rows: pd.DataFrame, division: Division, measures: Mapping[str, Measure]) -> Compared:
    """The mean of measured values in each group.

    Args:
        rows: ``sample_id, measure, value, group``, one a picture and measure.
        division: of the pictures.
        measures: how each is read, by what stands in the column ``measure``.
    """
    known = rows.dropna(subset=["value"])
    label = known["sample_id"].map(division.labels)
    parts = {name: known[label == name] for name in division.names}
    seeds = _seeds({name: part["group"] for name, part in parts.items()})
    sizes = {name: (part["sample_id"].nunique(), part["group"].nunique()) for name, part in parts.items()}
    found = {
        name: {key: _mean(part[part["measure"] == key], seeds[name]) for key in measures}
        for name, part in parts.items()
        if sizes[name][0] >= LEAST
    }
    return _compared(division, measures, sizes, found)


def _compared(
    division: Division,
    measures: Mapping[str, Measure],
    sizes: Mapping[str, tuple[int, int]],
    found: Mapping[str, Mapping[str, Estimate]],
) -> Compared:
    groups = tuple(
        Group(name, *sizes[name], {key: each.at(LEVEL) for key, each in found.get(name, {}).items()})
        for name in division.names
    )
    gaps = {key: _gap({name: each[key] for name, each in found.items()}) for key in measures}
    return Compared(division, measures, groups, {key: gap for key, gap in gaps.items() if gap is not None})


def _gap(estimates: Mapping[str, Estimate]) -> Gap | None:
    values = {name: each.at(LEVEL).value for name, each in estimates.items()}
    known = sorted((name for name in values if not np.isnan(values[name])), key=lambda name: values[name])
    if len(known) < 2:
        return None
    low, *_, high = known
    pairs = len(known) * (len(known) - 1) // 2
    apart = difference(estimates[high], estimates[low], 1 - (1 - LEVEL) / pairs)
    return Gap(high, low, apart, pairs)


def _mean(rows: pd.DataFrame, seed: int) -> Estimate:
    return mean_estimate(rows["value"], rows["group"].to_numpy(dtype=str), seed)


def _of(predictions: Predictions, division: Division, name: str) -> Predictions:
    chosen = predictions.frame["sample_id"].map(division.labels) == name
    return replace(predictions, frame=predictions.frame[chosen].reset_index(drop=True))


def _seeds(patients: Mapping[str, pd.Series]) -> dict[str, int]:
    """Groups of the same patients are drawn alike, so that their difference is paired; others apart."""
    sets = {name: frozenset(each) for name, each in patients.items()}
    different = list(dict.fromkeys(sets.values()))
    return {name: SEED + different.index(each) for name, each in sets.items()}


def _as_measure(key: str) -> Measure:
    metric = METRICS[key]
    return Measure(metric.title, "higher" if metric.higher_is_better else "lower", metric.percent)
