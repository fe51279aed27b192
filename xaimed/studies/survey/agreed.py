"""Who agrees with whom? Raters with one another, each with themselves, and their diagnoses with label and models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from xaimed.evaluation.statistics.agreement import Weighting, icc, weighted_kappa
from xaimed.evaluation.statistics.bootstrap import Interval
from xaimed.reporting.html.survey import DIAGNOSIS, DIFFICULTY, FOCUS, LEAST, MOST, RELIABLE, STRUCTURE, TRUST
from xaimed.reporting.tables import INTERVAL, Cell, Estimate, Table
from xaimed.reporting.text import visible
from xaimed.studies.survey.cases import MISCLASSIFIED, Case
from xaimed.studies.survey.key import Key
from xaimed.studies.survey.rated import model_names
from xaimed.studies.survey.trusted import DRAWN

NAMES = {
    TRUST: "trust",
    DIFFICULTY: "difficulty",
    STRUCTURE: "right structure",
    FOCUS: "focus",
    RELIABLE: "reliable",
    DIAGNOSIS: "diagnosis",
}
SCALES = (TRUST, DIFFICULTY)
KAPPA = (
    "κ: Cohen's; for trust and difficulty weighted by the square of the distance; without an interval for fewer than "
    "10 patients."
)
LABEL = "label"
FEWEST = 10
"""Cases of fewer patients than these give κ no interval: there is too little to draw from."""

Codes = npt.NDArray[np.int64]


def between_raters(answers: pd.DataFrame, keys: Mapping[str, Key], title: str) -> Table | None:
    """Kappa of every two raters on what both answered; None for a single rater."""
    rows: list[tuple[Cell, ...]] = []
    for dataset, key, own in _by_survey(answers[~answers["again"]], keys):
        for one, other in combinations(sorted(set(own["rater"])), 2):
            pairs = _side_by_side(own, "rater", (one, other), ["first", "group", "question"])
            rows += _lines(f"{dataset}{one} and {other}", pairs, key)
    columns = ("Raters", "Question", "Both", "Same (%)", f"κ{INTERVAL}")
    return Table(title, columns, tuple(rows), (KAPPA, DRAWN)) if rows else None


def together(answers: pd.DataFrame, keys: Mapping[str, Key], title: str) -> Table | None:
    """The intraclass correlation over what all raters of a survey answered; None where no survey has two."""
    rows: list[tuple[Cell, ...]] = []
    for dataset, _, own in _by_survey(answers[~answers["again"]], keys):
        for question in SCALES:
            part = own[own["question"] == question]
            table = part.pivot(index=["first", "group"], columns="rater", values="answer").dropna()
            if table.shape[1] > 1 and len(table) > 1:
                groups = table.index.get_level_values("group").to_numpy(dtype=str)
                found = _estimate(icc(table.to_numpy(dtype=np.float64), groups=groups))
                rows.append((f"{dataset}{NAMES[question]}", table.shape[1], len(table), found))
    notes = ("ICC(2,1) after Shrout and Fleiss, over what all raters answered; raters stand for others.", DRAWN)
    return Table(title, ("Question", "Raters", "Rated", f"ICC{INTERVAL}"), tuple(rows), notes) if rows else None


def with_themselves(answers: pd.DataFrame, keys: Mapping[str, Key], title: str) -> Table | None:
    """How each rater answered what was shown twice; None where nothing was."""
    rows: list[tuple[Cell, ...]] = []
    for dataset, key, own in _by_survey(answers, keys):
        for rater, part in own.groupby("rater", sort=True):
            pairs = _side_by_side(part, "again", (False, True), ["first", "group", "question"])
            rows += _lines(f"{dataset}{rater}", pairs, key)
    columns = ("Rater", "Question", "Twice", "Same (%)", f"κ{INTERVAL}")
    return Table(title, columns, tuple(rows), (KAPPA, DRAWN)) if rows else None


def of_diagnoses(answers: pd.DataFrame, keys: Mapping[str, Key], title: str) -> Table | None:
    """Each rater's diagnoses against the label and against what every model said."""
    rows: list[tuple[Cell, ...]] = []
    told = answers[~answers["again"] & (answers["question"] == DIAGNOSIS)]
    called = {LABEL: LABEL, **model_names(keys.values())}
    for dataset, key, own in _by_survey(told, keys):
        for rater, part in own.groupby("rater", sort=True):
            for against in (LABEL, *key.about["runs"]):
                pairs = part.rename(columns={"answer": "one"})
                others = {name: _said(key, key.cases[name], against) for name in pairs["sample_id"]}
                pairs = pairs.assign(other=pairs["sample_id"].map(others))
                pairs = pairs[pairs["other"].notna()]
                if len(pairs):
                    rows.append((f"{dataset}{rater}", called[against], *_agreement(pairs, DIAGNOSIS, key)))
    notes = ["κ: Cohen's; 'none of these' is a class of its own.", DRAWN]
    if any(keys[survey].about["cases"] == MISCLASSIFIED for survey in set(told["survey"])):
        notes.append("Only cases that a model got wrong were asked about: this is no agreement on cases in general.")
    columns = ("Rater", "Against", "Cases", "Same (%)", f"κ{INTERVAL}")
    return Table(title, columns, tuple(rows), tuple(notes)) if rows else None


def _by_survey(answers: pd.DataFrame, keys: Mapping[str, Key]) -> Iterator[tuple[str, Key, pd.DataFrame]]:
    """The answers of each survey; where there are several, how its lines begin."""
    surveys = sorted(set(answers["survey"]), key=lambda survey: str(keys[survey].about["dataset"]))
    for survey in surveys:
        begins = f"{visible(keys[survey].about['dataset'])} · " if len(surveys) > 1 else ""
        yield begins, keys[survey], answers[answers["survey"] == survey]


def _side_by_side(answers: pd.DataFrame, column: str, values: tuple[object, object], same: list[str]) -> pd.DataFrame:
    """What was answered twice, by two raters or at two times, in the columns ``one`` and ``other``."""
    parts = [
        answers[answers[column] == value].set_index(same)["answer"].rename(side)
        for value, side in zip(values, ("one", "other"), strict=True)
    ]
    return pd.concat(parts, axis=1, join="inner").reset_index()


def _lines(name: str, pairs: pd.DataFrame, key: Key) -> list[tuple[Cell, ...]]:
    """A line for each question that was answered twice."""
    asked = {question: pairs[pairs["question"] == question] for question in NAMES}
    return [(name, NAMES[question], *_agreement(part, question, key)) for question, part in asked.items() if len(part)]


def _agreement(pairs: pd.DataFrame, question: str, key: Key) -> tuple[Cell, Cell, Cell]:
    """How many, how many the same in per cent, and kappa."""
    one, other, groups, classes = _codes(pairs, question, key)
    weights: Weighting = "quadratic" if question in SCALES else "none"
    same = [_plain(a) == _plain(b) for a, b in zip(pairs["one"], pairs["other"], strict=True)]
    kappa = weighted_kappa(one, other, classes, weights, groups)
    few = kappa.groups < FEWEST
    return len(pairs), Estimate(100 * float(np.mean(same)), None, 1), Estimate(kappa.value) if few else _estimate(kappa)


def _codes(pairs: pd.DataFrame, question: str, key: Key) -> tuple[Codes, Codes, npt.NDArray[np.str_], int]:
    """Both sides as class numbers; where a picture can have several labels, each label is a decision of its own."""
    groups = pairs["group"].to_numpy(dtype=str)
    least, classes = (LEAST, MOST - LEAST + 1) if question in SCALES else (0, 2)
    sides = [list(pairs[side]) for side in ("one", "other")]
    if question == DIAGNOSIS and key.several:
        labels = range(len(key.classes))
        sides = [[int(label in said) for said in side for label in labels] for side in sides]
        groups = np.repeat(groups, len(labels))
    elif question == DIAGNOSIS:
        classes = len(key.classes) + 1
        sides = [[said[0] if said else classes - 1 for said in side] for side in sides]
    one, other = (np.array(side, dtype=np.int64) - least for side in sides)
    return one, other, groups, classes


def _said(key: Key, case: Case, against: str) -> list[int] | None:
    """What the label or a model says of a case, in class numbers; None where it says nothing."""
    if against != LABEL:
        told = case.said[against].predicted if against in case.said else None
    else:
        told = None if case.unknown else case.truth
    return None if told is None else [key.classes.index(name) for name in told]


def _plain(answer: object) -> object:
    return sorted(answer) if isinstance(answer, list) else answer


def _estimate(found: Interval) -> Estimate:
    return Estimate(found.value, None, 2, found.low, found.high)
