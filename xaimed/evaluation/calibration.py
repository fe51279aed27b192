"""Is a model right as often as it is sure? Calibration from stored predictions.

*ECE* is the mean distance between confidence and accuracy over bins of equal width or equal mass. The confidence is
that of the decision: of the predicted class, for multi-label of every label's yes or no. *Classwise ECE* bins every
class's probability against whether the sample is of that class, and takes the mean over classes. Where folds are
repeated, the first repeat is judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from xaimed.evaluation.predictions import UNKNOWN, Predictions
from xaimed.evaluation.proper_scores import brier, groups_of, nll
from xaimed.evaluation.statistics.bootstrap import (
    RESAMPLES,
    SEED,
    Clusters,
    Interval,
    bounded,
    mean_interval,
)
from xaimed.evaluation.statistics.intervals import wilson

BINS = 10
Mass = Literal["width", "mass"]
Values = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]
MEASURES = ("ece", "ece_mass", "ece_classwise", "brier", "nll")


@dataclass(frozen=True)
class Claims:
    """Probabilities that something holds, and whether it does: one row for each sample, or sample and label.

    Attributes:
        confidence: the probability claimed.
        right: whether it held.
        groups: the patient.
    """

    confidence: Values
    right: Marks
    groups: npt.NDArray[np.str_]


@dataclass(frozen=True)
class Bin:
    """Decisions of about the same confidence.

    Attributes:
        low: where the bin begins.
        high: where it ends.
        count: how many decisions it holds.
        confidence: their mean confidence.
        accuracy: how often they were right, with Wilson's interval.
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: Interval


def once(predictions: Predictions) -> Predictions:
    """The first repeat: every sample once."""
    return predictions.of_folds(*predictions.repeats[0])


def decisions(predictions: Predictions) -> Claims:
    """How sure each decision was, and whether it was right; unknown labels are left out."""
    chance, groups = predictions.probabilities.astype(np.float64), groups_of(predictions)
    if predictions.kind != "multilabel":
        return Claims(chance.max(axis=1), predictions.correct, groups)
    known = predictions.targets != UNKNOWN
    sure = np.maximum(chance, 1 - chance)
    held = np.broadcast_to(groups[:, None], known.shape)
    return Claims(sure[known], (predictions.targets == predictions.predicted)[known], held[known])


def claims_of_classes(predictions: Predictions) -> list[Claims]:
    """Of every class, the probability given to it and whether the sample is of it."""
    chance, truth, groups = predictions.probabilities.astype(np.float64), predictions.targets, groups_of(predictions)
    found = []
    for i in range(len(predictions.classes)):
        is_it = truth[:, i] if predictions.kind == "multilabel" else (truth == i).astype(np.int64)
        known = is_it != UNKNOWN
        found.append(Claims(chance[known, i], is_it[known] == 1, groups[known]))
    return found


def edges(confidence: Values, bins: int = BINS, by: Mass = "width") -> Values:
    """Where bins begin and end: evenly between 0 and 1, or so that each holds about as many; equal edges are one."""
    even = np.linspace(0, 1, bins + 1)
    if by == "width" or not len(confidence):
        return even
    inner = np.quantile(confidence, even[1:-1])
    return np.unique(np.concatenate([[0.0], inner, [1.0]]))


def reliability(claims: Claims, bins: int = BINS, by: Mass = "width") -> tuple[Bin, ...]:
    """The bins that hold anything; a bin includes its upper edge."""
    cut = edges(claims.confidence, bins, by)
    place = _places(claims.confidence, cut)
    found = []
    for i in np.unique(place):
        held = place == i
        accuracy = wilson(int(claims.right[held].sum()), int(held.sum()))
        found.append(
            Bin(float(cut[i]), float(cut[i + 1]), int(held.sum()), float(claims.confidence[held].mean()), accuracy)
        )
    return tuple(found)


def ece(claims: Sequence[Claims], bins: int = BINS, by: Mass = "width") -> float:
    """The expected calibration error, mean over several sets of claims where there are several."""
    errors = [
        sum(part.count * abs(part.accuracy.value - part.confidence) for part in reliability(one, bins, by))
        / len(one.right)
        for one in claims
        if len(one.right)
    ]
    return float(np.mean(errors)) if errors else float("nan")


def ece_interval(
    claims: Sequence[Claims], by: Mass = "width", seed: int = SEED, resamples: int = RESAMPLES
) -> Interval:
    """The ECE with its interval by patient, reflected at the value and cut at 0.

    Resampling adds noise to every bin, which can only raise an ECE. A reflected interval takes off what it has added;
    where that is more than the ECE itself, the value is the upper bound.
    """
    several = [one for one in claims if len(one.right)]
    clusters = Clusters(np.concatenate([one.groups for one in several] or [np.empty(0, dtype=str)]))
    value = ece(several, by=by)
    drawn = _drawn_errors(several, clusters, by, seed, resamples) if clusters.number > 1 else np.empty(0)
    found = bounded(value, drawn, clusters)
    low, high = max(2 * value - found.high, 0.0), max(2 * value - found.low, value)
    unknown = np.isnan(found.low)
    return replace(found, low=float("nan") if unknown else low, high=float("nan") if unknown else high)


def _drawn_errors(claims: Sequence[Claims], clusters: Clusters, by: Mass, seed: int, resamples: int) -> Values:
    """The ECE of every resample, its bins where they are in the sample."""
    start, tables = 0, []
    for one in claims:
        codes = clusters.codes[start : start + len(one.right)]
        start += len(one.right)
        place = _places(one.confidence, edges(one.confidence, by=by))
        gaps = np.zeros((clusters.number, BINS))
        np.add.at(gaps, (codes, place), one.right - one.confidence)
        tables.append((gaps, np.bincount(codes, minlength=clusters.number).astype(np.float64)))
    drawn = []
    for counts in clusters.draws(resamples, seed):
        sizes = np.stack([counts @ size for _, size in tables])
        apart = np.stack([np.abs(counts @ gaps).sum(axis=1) for gaps, _ in tables])
        each = np.divide(apart, sizes, out=np.full(sizes.shape, np.nan), where=sizes > 0)
        drawn.append(each.mean(axis=0))
    return np.concatenate(drawn)


def calibration(predictions: Predictions, seed: int = SEED, resamples: int = RESAMPLES) -> dict[str, Interval]:
    """Every measure of ``MEASURES`` for the first repeat, with its interval by patient."""
    pooled = once(predictions)
    sure, classes = [decisions(pooled)], claims_of_classes(pooled)
    return {
        "ece": ece_interval(sure, "width", seed, resamples),
        "ece_mass": ece_interval(sure, "mass", seed, resamples),
        "ece_classwise": ece_interval(classes, "width", seed, resamples),
        "brier": mean_interval(*brier(pooled), seed=seed, resamples=resamples),
        "nll": mean_interval(*nll(pooled), seed=seed, resamples=resamples),
    }


def _places(confidence: Values, cut: Values) -> npt.NDArray[np.int64]:
    return np.clip(np.searchsorted(cut, confidence, side="left") - 1, 0, len(cut) - 2)
