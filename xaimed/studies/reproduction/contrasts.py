"""How far apart are two configurations on the same pictures? The paired difference, its interval and a test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaimed.evaluation.estimates import mean_estimate
from xaimed.evaluation.predictions import Predictions
from xaimed.evaluation.statistics.bootstrap import LEVEL, SEED, Interval
from xaimed.evaluation.statistics.paired import bootstrapped
from xaimed.studies.reproduction.explained import Measured
from xaimed.studies.reproduction.results import RowResult

SAME_NETWORK = "the same network"


@dataclass(frozen=True)
class Contrast:
    """One configuration less another.

    Attributes:
        between: the difference; as measured, a share of 1 for what is printed in hundredths.
        p: two-sided, by resampling patients; NaN where there is nothing to test.
        why_not: why there is no paired difference; empty where there is one.
    """

    between: Interval
    p: float
    why_not: str = ""


def metric_contrast(row: RowResult, other: RowResult, metric: str) -> Contrast:
    """A metric of the predictions of two rows; of one and the same row it is nought, whatever is explained."""
    assert row.predictions is not None
    assert other.predictions is not None
    if row is other:
        n, patients = row.pooled.samples, row.pooled.clusters.number
        return Contrast(Interval(0.0, 0.0, 0.0, n, patients, resamples=0), float("nan"), SAME_NETWORK)
    if apart := _apart(row.predictions, other.predictions):
        return _none(row.pooled.measured[metric] - other.pooled.measured[metric], apart)
    between = row.pooled.less(other.pooled, metric)
    drawn = row.pooled.drawn[metric] - other.pooled.drawn[metric]
    return Contrast(between, bootstrapped(between, drawn).p)


def measure_contrast(one: Measured, other: Measured) -> Contrast:
    """A measure of two explainers or of two networks, picture by picture, on those that both have."""
    both = one.rows.set_index("sample_id").join(other.rows.set_index("sample_id")["value"], rsuffix=" of other")
    differences = both["value"] - both["value of other"]
    known = differences.notna().to_numpy()
    if not known.any():
        return _none(one.value.value - other.value.value, "no picture in common")
    drawn = mean_estimate(differences[known], both["group"][known].to_numpy(dtype=str), SEED)
    between = drawn.at(LEVEL)
    assert drawn.drawn is not None
    return Contrast(between, bootstrapped(between, drawn.drawn).p)


def _none(value: float, why: str) -> Contrast:
    return Contrast(Interval(value, np.nan, np.nan, 0, 0, resamples=0), float("nan"), why)


def _apart(one: Predictions, other: Predictions) -> str:
    """Why two tables are not of the same pictures; empty where they are."""
    if (one.kind, one.classes) != (other.kind, other.classes):
        return "other classes"
    ours, theirs = _truth(one), _truth(other)
    if ours.index.equals(theirs.index):
        return "" if ours.equals(theirs) else "other labels or patients"
    shared = len(ours.index.intersection(theirs.index))
    return f"not the same pictures: {len(ours)} and {len(theirs)}, {shared} in both"


def _truth(predictions: Predictions) -> pd.DataFrame:
    known = [
        name for name in predictions.frame if name in ("sample_id", "group", "label") or str(name).startswith("y:")
    ]
    return predictions.frame[known].drop_duplicates("sample_id").set_index("sample_id").sort_index()
