"""Which of these runs are better than which? Paired tests on the samples that they both report.

Only runs that report the same samples with the same labels are compared. Pooled rows are those of the first repeat, in
which every sample stands once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TypeVar

import numpy as np
import pandas as pd

from xaimed.evaluation.calibration import once
from xaimed.evaluation.predictions import Predictions
from xaimed.evaluation.statistics.bootstrap import Interval
from xaimed.evaluation.statistics.corrections import adjusted
from xaimed.evaluation.statistics.effect_sizes import cohens_dz, cohens_g, odds_ratio
from xaimed.evaluation.statistics.paired import Tested, bootstrapped, delong, discordant, mcnemar
from xaimed.evaluation.statistics.resampled import Resampled, resampled
from xaimed.evaluation.statistics.resampled_t import corrected_resampled_t

COMPARED = ("accuracy", "auc")
Thing = TypeVar("Thing")
Pair = tuple[Thing, Thing]


@dataclass(frozen=True)
class Reported:
    """What is compared of a run.

    Attributes:
        name: of the run.
        predictions: all its rows.
        per_fold: their metrics, from ``xaimed.evaluation.metrics.per_fold``.
        trained_with: the mean number of samples that its folds are trained with.
    """

    name: str
    predictions: Predictions
    per_fold: pd.DataFrame
    trained_with: float


@dataclass(frozen=True)
class Difference:
    """One comparison of two runs.

    Attributes:
        first: the name of a run.
        second: the name of the other.
        metric: ``accuracy`` or ``auc``.
        value: the first run's less the second's.
        low: the lower end of its 95 % interval.
        high: the upper end.
        p: of the test.
        method: which test.
        effect: the effect size in words; empty where the difference says it all.
        adjusted: p adjusted for all comparisons of the table.
    """

    first: str
    second: str
    metric: str
    value: float
    low: float
    high: float
    p: float
    method: str
    effect: str
    adjusted: float = float("nan")


@dataclass(frozen=True)
class Differences:
    """All comparisons, and the runs that could not be compared.

    Attributes:
        found: every comparison.
        comparisons: how many p-values were adjusted together.
        apart: of each run that does not report the samples of the first, why.
    """

    found: tuple[Difference, ...]
    comparisons: int
    apart: tuple[str, ...]


def differences(runs: Sequence[Reported]) -> Differences:
    """Compare every two runs that report the same samples; p-values are adjusted after Holm over all comparisons."""
    pooled = [_in_order(once(run.predictions)) for run in runs]
    sets = _sets(pooled)
    drawn = {i: resampled(pooled[i]) for those in sets if len(those) > 1 for i in those}
    found: list[Difference] = []
    for i, j in (pair for those in sets for pair in combinations(those, 2)):
        names = runs[i].name, runs[j].name
        found.append(_in_accuracy(names, (pooled[i], pooled[j]), (drawn[i], drawn[j])))
        found.append(_in_auc(names, (pooled[i], pooled[j]), (drawn[i], drawn[j])))
        found += _over_folds(runs[i], runs[j])
    fair = adjusted([one.p for one in found])
    others = [i for those in sets[1:] for i in those]
    first, name = pooled[sets[0][0]], runs[sets[0][0]].name
    apart = [f"{runs[i].name} is not compared with {name}: {_unlike(pooled[i], first)}." for i in others]
    return Differences(
        tuple(replace(one, adjusted=float(p)) for one, p in zip(found, fair.p, strict=True)),
        fair.comparisons,
        tuple(apart),
    )


def _in_order(predictions: Predictions) -> Predictions:
    frame = predictions.frame.sort_values("sample_id", kind="stable").reset_index(drop=True)
    return replace(predictions, frame=frame)


def _sets(tables: Sequence[Predictions]) -> list[list[int]]:
    """Which tables belong together; the largest set first."""
    sets: list[list[int]] = []
    for i, table in enumerate(tables):
        home = next((those for those in sets if not _unlike(table, tables[those[0]])), None)
        if home is None:
            sets.append([i])
        else:
            home.append(i)
    return sorted(sets, key=len, reverse=True)


def _unlike(one: Predictions, other: Predictions) -> str:
    """Why two tables cannot be compared row by row; empty where they can."""
    if (one.kind, one.classes) != (other.kind, other.classes):
        return "it decides between other classes"
    ids, others = list(one.frame["sample_id"]), list(other.frame["sample_id"])
    if ids != others:
        shared = len(set(ids) & set(others))
        return f"it reports {len(ids)} samples and the other {len(others)}, of which they share {shared}"
    if not np.array_equal(one.targets, other.targets):
        return "the same samples have other labels"
    return "" if list(one.frame["group"]) == list(other.frame["group"]) else "the same samples are of other patients"


def _in_accuracy(names: Pair[str], tables: Pair[Predictions], drawn: Pair[Resampled]) -> Difference:
    first, second = tables
    between = drawn[0].less(drawn[1], "accuracy")
    if first.kind == "multilabel":  # the mean over labels, which no count of right samples is
        return _told(names, "accuracy", between, _by_bootstrap(drawn, "accuracy", between))
    tested = mcnemar(first.correct, second.correct, first.frame["group"].to_numpy(dtype=str))
    only = discordant(first.correct, second.correct)
    effect = f"odds ratio {odds_ratio(*only):.2f} ({only[0]} : {only[1]}), g {cohens_g(*only):.2f}" if any(only) else ""
    return _told(names, "accuracy", between, tested, effect)


def _in_auc(names: Pair[str], tables: Pair[Predictions], drawn: Pair[Resampled]) -> Difference:
    first, between = tables[0], drawn[0].less(drawn[1], "auc")
    if first.kind != "binary":
        return _told(names, "auc", between, _by_bootstrap(drawn, "auc", between))
    scores = [table.probabilities[:, 1] for table in tables]
    tested = delong(first.targets == 1, scores[0], scores[1], first.frame["group"].to_numpy(dtype=str))
    return _told(names, "auc", between, tested)


def _by_bootstrap(drawn: Pair[Resampled], metric: str, between: Interval) -> Tested:
    return bootstrapped(between, drawn[0].drawn[metric] - drawn[1].drawn[metric])


def _told(names: Pair[str], metric: str, between: Interval, tested: Tested, effect: str = "") -> Difference:
    return Difference(*names, metric, between.value, between.low, between.high, tested.p, tested.method, effect)


def _over_folds(one: Reported, other: Reported) -> list[Difference]:
    """The corrected resampled t of both metrics, where both runs have cut the samples into the same folds."""
    if not _same_folds(one.predictions, other.predictions):
        return []
    train, test = (one.trained_with + other.trained_with) / 2, float(one.per_fold["samples"].mean())
    found = []
    for metric in COMPARED:
        apart = one.per_fold[metric].to_numpy(dtype=np.float64) - other.per_fold[metric].to_numpy(dtype=np.float64)
        t = corrected_resampled_t(apart, train, test)
        size = cohens_dz(apart)
        effect = "" if np.isnan(size) else f"d_z {size:.2f}"
        method = f"corrected t, {t.folds} folds, n_test/n_train {t.ratio:.2f}"
        found.append(Difference(one.name, other.name, metric, t.difference, t.low, t.high, t.p, method, effect))
    return found


def _same_folds(one: Predictions, other: Predictions) -> bool:
    cuts = [{fold: frozenset(ids) for fold, ids in table.frame.groupby("fold")["sample_id"]} for table in (one, other)]
    return cuts[0] == cuts[1] and len(cuts[0]) > 1
