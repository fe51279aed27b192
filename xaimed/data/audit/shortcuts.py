"""Can the class be told from what is not anatomy? A cross-validated guess from each family of properties alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from xaimed.data.audit.families import FAMILIES, Family
from xaimed.data.audit.within_folds import auc_within_folds, interval
from xaimed.data.inspection import Inspection
from xaimed.data.manifest import Manifest
from xaimed.data.randomness import seed_for
from xaimed.data.stratify import distribute
from xaimed.data.task import Kind

FOLDS, MOST_ROWS, MOST_CASES = 5, 10_000, 6
HINT, TELLING, GIVEN_AWAY = 0.55, 0.70, 0.90
"""Lower ends of the interval, and for the last the AUC itself, from which words get stronger."""


BUT = ", but anatomy shows in it too"


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
    questions = _questions(part, seed)
    # The models are so small that several threads would only wait for one another: thirty times as long where other
    # programs want the processor too.
    with threadpool_limits(1, user_api="openmp"):
        return [_judged(part, facts, family, questions, seed) for family in families]


@dataclass(frozen=True, eq=False)
class Question:
    """One class against the rest.

    Attributes:
        name: the class.
        truth: 1 for a picture of it.
        fold: the part of every row, whole patients; -1 where there are too few to judge.
        opposite: the class of all others where there are only two, whose answer is this one's turned round.
    """

    name: str
    truth: npt.NDArray[np.int64]
    fold: npt.NDArray[np.int64]
    opposite: str = ""


def _questions(manifest: Manifest, seed: int) -> list[Question]:
    classes, groups = manifest.task.classes, manifest.groups
    if manifest.task.kind is Kind.BINARY:
        return [Question(classes[1], manifest.labels, _folds(manifest.labels, groups, seed), opposite=classes[0])]
    truths = (manifest.positives == 1).T.astype(np.int64)
    return [Question(name, truth, _folds(truth, groups, seed)) for name, truth in zip(classes, truths, strict=True)]


def _folds(truth: npt.NDArray[np.int64], groups: npt.NDArray[np.str_], seed: int) -> npt.NDArray[np.int64]:
    patients = min(len(np.unique(groups[truth == side])) for side in (0, 1))
    if patients < 2:
        return np.full(len(truth), -1, dtype=np.int64)
    parts = min(FOLDS, patients)
    return distribute(groups, np.stack([truth, 1 - truth], axis=1), [1 / parts] * parts, seed_for(seed, "audit"))


def _judged(
    manifest: Manifest, facts: pd.DataFrame, family: Family, questions: Sequence[Question], seed: int
) -> Shortcut:
    values = facts[list(family.columns)]
    if family.there_from:
        values = (values > family.there_from).astype(float)
    values = values.loc[:, values.nunique(dropna=False) > 1]
    if values.shape[1] == 0:
        return Shortcut(family, 0.5, 0.5, 0.5, "the same in every picture: tells nothing")
    answers = [(question, *_scores(values, question)) for question in questions]
    answers = [answer for answer in answers if (answer[2] >= 0).any()]
    if not answers:
        return Shortcut(family, np.nan, np.nan, np.nan, "too few patients to judge")
    judged = [(question.truth, score, fold) for question, score, fold in answers]
    auc = float(np.mean([auc_within_folds(*answer) for answer in judged]))
    low, high = interval(judged, manifest.groups, seed)
    names = manifest.frame["sample_id"].to_numpy(dtype=str)
    cases = []
    for question, score, _ in answers:
        if question.opposite:
            cases.append((question.opposite, _surest(names, -score, question.truth == 0)))
        cases.append((question.name, _surest(names, score, question.truth == 1)))
    return Shortcut(
        family, auc, low, high, verdict(auc, low, bool(family.anatomy)), _telling(values, questions), tuple(cases)
    )


def _surest(names: npt.NDArray[np.str_], score: npt.NDArray[np.float64], own: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    rows = np.flatnonzero(own)
    return tuple(names[rows[np.argsort(-score[rows], kind="stable")][:MOST_CASES]].tolist())


def verdict(auc: float, low: float, anatomy: bool = False) -> str:
    """What an AUC with this lower end means, in words; weaker where anatomy shows in the family too."""
    if low > HINT and auc >= GIVEN_AWAY:
        return "gives the class away" + BUT * anatomy
    if low > TELLING:
        return (
            f"tells the class{BUT}" if anatomy else "tells the class: a network can learn this instead of the finding"
        )
    if low > HINT:
        return "hints at the class" + BUT * anatomy
    return "no sign that it tells the class"


def _scores(values: pd.DataFrame, question: Question) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """For every row the score by a model that has not seen its patient, and the fold (-1: not judged)."""
    truth = question.truth
    score, judged = np.zeros(len(truth)), np.full(len(truth), -1, dtype=np.int64)
    x = values.to_numpy(dtype=np.float64)
    for number in np.unique(question.fold[question.fold >= 0]):
        test = question.fold == number
        if all(0 < truth[part].sum() < part.sum() for part in (test, ~test)):
            leaf = max(2, min(20, int((~test).sum()) // 20))
            model = HistGradientBoostingClassifier(
                max_iter=40, max_leaf_nodes=6, min_samples_leaf=leaf, early_stopping=False, random_state=0
            )
            told = ~np.isnan(x[~test]).all(axis=0)  # what no training picture tells, it cannot bin
            if not told.any():
                continue
            score[test] = model.fit(x[~test][:, told], truth[~test]).decision_function(x[test][:, told])
            judged[test] = number
    return score, judged


def _telling(values: pd.DataFrame, questions: Sequence[Question]) -> tuple[tuple[str, float], ...]:
    """The three properties that order the classes best, whichever way round."""
    found = []
    truths = [question.truth for question in questions if 0 < question.truth.sum() < len(question.truth)]
    for column in values.columns:
        ranked = values[column].rank().fillna(0).to_numpy(dtype=np.float64)
        aucs = [auc_within_folds(truth, ranked, np.zeros_like(truth)) for truth in truths]
        found.append((str(column), float(max((max(auc, 1 - auc) for auc in aucs), default=0.5))))
    return tuple(sorted(found, key=lambda item: -item[1])[:3])
