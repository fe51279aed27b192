"""Does doubt find the errors? What each stored uncertainty says of which predictions are wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from xaimed.evaluation.contract import Measure
from xaimed.evaluation.gathered import BETWEEN, Gathered
from xaimed.evaluation.predictions import UNKNOWN, Predictions
from xaimed.evaluation.selective import RiskCoverage
from xaimed.evaluation.shares import share_interval
from xaimed.evaluation.statistics.bootstrap import RESAMPLES, Clusters, Interval, bounded
from xaimed.evaluation.statistics.ranks import RankedPairs
from xaimed.evaluation.trust import Entry, reading_of
from xaimed.evaluation.uncertainty import ENTROPY, EXPLANATION, Uncertainty

PERCENTILE = 95.0
COVERAGES = (0.8, 0.9)
NO_BETTER = 0.5  # the AUROC of a doubt that knows nothing
WRONG, RIGHT = "wrong", "right"
OUTCOMES = {(True, True): "false negatives", (True, False): "false positives",
            (False, True): "true positives", (False, False): "true negatives"}  # fmt: skip
"""Of a binary prediction, by whether it is wrong and whether the truth is positive."""
IN_TRUST = (EXPLANATION, "predictive_entropy", ENTROPY)

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Doubt:
    """What one uncertainty is worth.

    Attributes:
        key: the measure in the rows of the evaluation.
        title: how it is called.
        explainer: whose it is; empty for that of the prediction itself.
        errors: how many of the pictures that have it are misclassified.
        auroc: how often a wrong picture is more in doubt than a right one; NaN where there are none of either.
        area: under the risk-coverage curve, the mean risk over all coverages.
        excess: of the area over that of the best possible order, with every error last.
        accuracy: among the least doubtful, by coverage.
        threshold: above it a doubt counts as high.
        above: the share of wrong, of right and, for a binary task, of each kind of prediction that lies above it.
        curve: coverage and risk.
    """

    key: str
    title: str
    explainer: str
    errors: int
    auroc: Interval
    area: Interval
    excess: Interval
    accuracy: Mapping[float, Interval]
    threshold: float
    above: Mapping[str, Interval]
    curve: tuple[Values, Values]


def doubts(
    gathered: Sequence[Gathered],
    predictions: Predictions,
    threshold: float | None = None,
    percentile: float = PERCENTILE,
    resamples: int = RESAMPLES,
) -> list[Doubt]:
    """Every uncertainty of every explainer, and those of the prediction; none where nothing was evaluated.

    Args:
        gathered: all that was evaluated.
        predictions: of the run.
        threshold: above which a doubt is high; without one, a percentile of the pictures that are right, so that by
            construction about as many of them lie above it as that leaves.
        percentile: which one.
        resamples: how often the patients are drawn; 0 for curves alone, whose numbers then have no intervals.
    """
    judged = outcomes(predictions)
    found = []
    for each, key, explainer, rows in _uncertainties(gathered, judged):
        wrong, value = rows["wrong"].to_numpy(dtype=bool), rows["value"].to_numpy(dtype=np.float64)
        high = _threshold(value[~wrong], percentile) if threshold is None else threshold
        patients = rows["group"].to_numpy(dtype=str)
        kinds = {WRONG: wrong, RIGHT: ~wrong, **{kind: (rows["kind"] == kind).to_numpy() for kind in _kinds(judged)}}
        shares = {kind: share_interval(value[those] > high, patients[those]) for kind, those in kinds.items()}
        above = {} if np.isnan(high) else shares
        auroc, (area, excess, *accuracy), curve = _worth(wrong, value, patients, resamples)
        by_coverage = dict(zip(COVERAGES, accuracy, strict=True))
        title, errors = each.measures[key].title, int(wrong.sum())
        found.append(Doubt(key, title, explainer, errors, auroc, area, excess, by_coverage, high, above, curve))
    return found


def uncertainty_entries(gathered: Sequence[Gathered], predictions: Predictions) -> list[Entry]:
    """The lines of the trust table: how well the doubt of the maps and of the predictions finds the errors.

    Nothing is said where it cannot be, because no picture, or every picture, is misclassified.
    """
    entries = []
    for found, key, explainer, rows in _uncertainties(gathered, outcomes(predictions), IN_TRUST):
        auroc = errors_found(rows["wrong"].to_numpy(dtype=bool), rows["value"].to_numpy(), rows["group"].to_numpy(str))
        if not np.isnan(auroc.value):
            title = f"Errors found by {_lowered(found.measures[key].title)} (AUROC)"
            measure = Measure(title, "higher", trust=True, against=NO_BETTER)
            value, low, high = (each - NO_BETTER for each in (auroc.value, auroc.low, auroc.high))
            reading = reading_of(replace(auroc, value=value, low=low, high=high), measure, NO_BETTER)
            entries.append(Entry(found.name, measure, explainer, auroc, f"{NO_BETTER:g}", NO_BETTER, reading))
    return entries


def errors_found(
    wrong: npt.NDArray[np.bool_], doubt: npt.ArrayLike, groups: npt.ArrayLike, resamples: int = RESAMPLES
) -> Interval:
    """How often an error is more in doubt than what is right (AUROC), patients drawn again."""
    clusters = Clusters(groups)
    pairs = RankedPairs(wrong, doubt, clusters.codes)
    drawn = [pairs.areas(counts) for counts in clusters.draws(_draws(clusters, resamples))]
    value = float(pairs.areas(np.ones((1, clusters.number), dtype=np.int32))[0])
    return bounded(value, np.concatenate([*drawn, np.empty(0)]), clusters)


def _worth(
    wrong: npt.NDArray[np.bool_], doubt: Values, groups: npt.ArrayLike, resamples: int
) -> tuple[Interval, list[Interval], tuple[Values, Values]]:
    """The AUROC; area, excess and accuracies; and the curve."""
    clusters = Clusters(groups)
    order = RiskCoverage(wrong, doubt, clusters.codes)
    once = order.measured(np.ones((1, clusters.number), dtype=np.int32), COVERAGES)
    drawn = [order.measured(counts, COVERAGES) for counts in clusters.draws(_draws(clusters, resamples))]
    joined = [np.concatenate(parts) for parts in zip(*drawn, strict=True)] or [np.empty(0)] * len(once)
    bounds = [bounded(float(value[0]), each, clusters) for value, each in zip(once, joined, strict=True)]
    return errors_found(wrong, doubt, groups, resamples), bounds, order.curve()


def outcomes(predictions: Predictions) -> pd.DataFrame:
    """By ``sample_id``: ``wrong``, ``kind`` (of a binary prediction, else empty) and ``group``.

    For several labels a picture is wrong that is wrong in one of those known; without any known it is left out. Of
    repeated folds, a picture is wrong that is wrong in at least half of its repeats.
    """
    truth = predictions.targets
    known = (truth != UNKNOWN).any(axis=1) if predictions.kind == "multilabel" else np.ones(len(truth), dtype=bool)
    rows = pd.DataFrame(
        {
            "sample_id": predictions.frame["sample_id"],
            "group": predictions.frame["group"],
            "wrong": ~predictions.correct,
            "positive": truth == 1 if predictions.kind == "binary" else False,
        }
    )[known]
    once = rows.groupby("sample_id", sort=False).agg({"group": "first", "wrong": "mean", "positive": "first"})
    once["wrong"] = once["wrong"] >= 0.5
    binary = predictions.kind == "binary"
    once["kind"] = [
        OUTCOMES[bool(wrong), bool(yes)] if binary else ""
        for wrong, yes in zip(once["wrong"], once["positive"], strict=True)
    ]
    return once[["group", "wrong", "kind"]]


def _uncertainties(
    gathered: Sequence[Gathered], judged: pd.DataFrame, keys: Sequence[str] | None = None
) -> list[tuple[Gathered, str, str, pd.DataFrame]]:
    """Each uncertainty that was evaluated, with its rows beside what became of the pictures."""
    found = []
    for each in (one for one in gathered if one.name == Uncertainty.name):
        for key in each.measures if keys is None else keys:
            for explainer in each.explainers:
                values = each.values(explainer, key).dropna(subset=["value"]).set_index("sample_id")["value"]
                rows = judged.join(values, how="inner")
                if len(rows) and BETWEEN not in explainer:
                    found.append((each, key, explainer, rows))
    return found


def _draws(clusters: Clusters, resamples: int) -> int:
    return resamples if clusters.number > 1 else 0  # a single patient cannot be drawn again


def _kinds(judged: pd.DataFrame) -> list[str]:
    present = set(judged["kind"])
    return [kind for kind in OUTCOMES.values() if kind in present]


def _threshold(right: Values, percentile: float) -> float:
    return float(np.percentile(right, percentile)) if len(right) else float("nan")


def _lowered(title: str) -> str:
    return title[0].lower() + title[1:]
