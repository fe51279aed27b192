"""Can the class be told from what is not anatomy? A cross-validated guess from each family of properties alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

from xaimed.data.audit.families import FAMILIES, Family
from xaimed.data.inspection import Inspection
from xaimed.data.manifest import Manifest
from xaimed.data.randomness import seed_for
from xaimed.data.task import Kind

FOLDS, RESAMPLES, MOST_ROWS, MOST_CASES = 5, 300, 10_000, 6
HINT, TELLING, GIVEN_AWAY = 0.55, 0.70, 0.90
"""Lower ends of the interval, and for the last the AUC itself, from which words get stronger."""


@dataclass(frozen=True)
class Shortcut:
    """How far one family alone tells the class.

    Attributes:
        family: which.
        auc: mean over classes of one class against the rest, within the folds; NaN when it could not be judged.
        low: lower end of the 95 % interval, by resampling patients.
        high: its upper end.
        verdict: in words.
        telling: the properties that tell most on their own, each with its AUC.
        cases: for every class the ids of the pictures that were recognised most surely.
    """

    family: Family
    auc: float
    low: float
    high: float
    verdict: str
    telling: tuple[tuple[str, float], ...] = ()
    cases: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def alarming(self) -> bool:
        """Whether a network could learn this instead of the finding."""
        return self.low > HINT


def shortcuts(
    manifest: Manifest, inspection: Inspection, seed: int = 0, families: Sequence[Family] = FAMILIES
) -> list[Shortcut]:
    """Every family judged, over the rows that can be used (a sample of them where there are very many)."""
    rows = np.flatnonzero(inspection.readable)
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(seed_for(seed, "audit")).choice(rows, MOST_ROWS, replace=False))
    chosen = np.zeros(len(manifest), dtype=bool)
    chosen[rows] = True
    part, facts = manifest.select(chosen), inspection.facts.iloc[rows].reset_index(drop=True)
    return [_judged(part, facts, family, seed) for family in families]


def _judged(manifest: Manifest, facts: pd.DataFrame, family: Family, seed: int) -> Shortcut:
    values = facts[list(family.columns)]
    if family.there_from:
        values = (values > family.there_from).astype(float)
    values = values.loc[:, values.nunique(dropna=False) > 1]
    if values.shape[1] == 0:
        return Shortcut(family, 0.5, 0.5, 0.5, "the same in every picture: tells nothing")
    tasks = _one_against_rest(manifest)
    judged = [(name, truth, *_scores(values, truth, manifest.groups, seed)) for name, truth in tasks]
    judged = [entry for entry in judged if (entry[3] >= 0).any()]
    if not judged:
        return Shortcut(family, np.nan, np.nan, np.nan, "too few patients to judge")
    auc = float(np.mean([_auc(truth, score, fold) for _, truth, score, fold in judged]))
    low, high = _interval([entry[1:] for entry in judged], manifest.groups, seed)
    names = manifest.frame["sample_id"].to_numpy(dtype=str)
    cases = []
    for name, truth, score, _ in judged:
        own = np.flatnonzero(truth == 1)
        cases.append((name, tuple(names[own[np.argsort(-score[own], kind="stable")][:MOST_CASES]])))
    return Shortcut(family, auc, low, high, verdict(auc, low), _telling(values, tasks), tuple(cases))


def verdict(auc: float, low: float) -> str:
    """What an AUC with this lower end means, in words."""
    if low > HINT and auc >= GIVEN_AWAY:
        return "gives the class away"
    if low > TELLING:
        return "tells the class: a network can learn this instead of the finding"
    if low > HINT:
        return "hints at the class"
    return "no sign that it tells the class"


def _one_against_rest(manifest: Manifest) -> list[tuple[str, npt.NDArray[np.int64]]]:
    classes, labels = manifest.task.classes, manifest.labels
    if manifest.task.kind is Kind.MULTILABEL:
        return [(name, labels[:, i]) for i, name in enumerate(classes)]
    return [(name, (labels == i).astype(np.int64)) for i, name in enumerate(classes)]


def _scores(
    values: pd.DataFrame, truth: npt.NDArray[np.int64], groups: npt.NDArray[np.str_], seed: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """For every row the score by a model that has not seen its patient, and the fold (-1: not judged)."""
    score, fold = np.zeros(len(truth)), np.full(len(truth), -1, dtype=np.int64)
    patients = min(len(np.unique(groups[truth == side])) for side in (0, 1))
    if patients >= 2:
        cut = StratifiedGroupKFold(min(FOLDS, patients), shuffle=True, random_state=seed_for(seed, "audit") % 2**32)
        x = values.to_numpy(dtype=np.float64)
        for number, (train, test) in enumerate(cut.split(x, truth, groups)):
            if min(truth[train].min(), truth[test].min()) == 0 and min(truth[train].max(), truth[test].max()) == 1:
                leaf = max(2, min(20, len(train) // 20))
                model = HistGradientBoostingClassifier(
                    max_iter=40, max_leaf_nodes=6, min_samples_leaf=leaf, early_stopping=False, random_state=0
                )
                told = ~np.isnan(x[train]).all(axis=0)  # what no training picture tells, it cannot bin
                if not told.any():
                    continue
                score[test] = model.fit(x[train][:, told], truth[train]).decision_function(x[test][:, told])
                fold[test] = number
    return score, fold


def _auc(truth: npt.NDArray[np.int64], score: npt.NDArray[np.float64], fold: npt.NDArray[np.int64]) -> float:
    """The share of pairs in the right order, over the pairs within a fold: scores of two models do not compare."""
    return _weighted_auc(truth, score, fold, np.ones(len(truth)))


def _weighted_auc(
    truth: npt.NDArray[np.int64],
    score: npt.NDArray[np.float64],
    fold: npt.NDArray[np.int64],
    weight: npt.NDArray[np.float64],
) -> float:
    right = pairs = 0.0
    for number in np.unique(fold[fold >= 0]):
        here = fold == number
        _, level = np.unique(score[here], return_inverse=True)
        positive = np.bincount(level, weight[here] * truth[here])
        negative = np.bincount(level, weight[here] * (1 - truth[here]))
        right += float((positive * (np.cumsum(negative) - negative / 2)).sum())
        pairs += float(positive.sum() * negative.sum())
    return right / pairs if pairs else 0.5


def _interval(
    judged: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.int64]]],
    groups: npt.NDArray[np.str_],
    seed: int,
) -> tuple[float, float]:
    """95 % of the mean AUC when patients are drawn anew."""
    rng = np.random.default_rng(seed_for(seed, "audit interval"))
    patients, person = np.unique(groups, return_inverse=True)
    drawn = []
    for _ in range(RESAMPLES):
        weight = np.bincount(rng.integers(len(patients), size=len(patients)), minlength=len(patients))[person]
        drawn.append(np.mean([_weighted_auc(*entry, weight.astype(np.float64)) for entry in judged]))
    low, high = np.percentile(drawn, (2.5, 97.5))
    return float(low), float(high)


def _telling(values: pd.DataFrame, tasks: list[tuple[str, npt.NDArray[np.int64]]]) -> tuple[tuple[str, float], ...]:
    """The three properties that order the classes best, whichever way round."""
    found = []
    for column in values.columns:
        ranked = values[column].rank().fillna(0).to_numpy()
        aucs = [roc_auc_score(truth, ranked) for _, truth in tasks if 0 < truth.sum() < len(truth)]
        found.append((str(column), float(max((max(auc, 1 - auc) for auc in aucs), default=0.5))))
    return tuple(sorted(found, key=lambda item: -item[1])[:3])
