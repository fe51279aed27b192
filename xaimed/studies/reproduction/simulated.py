"""What would raters have said? Invented answers for rehearsals, so that every table of raters can be seen filled."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from xaimed.data.randomness import seed_for
from xaimed.evaluation.doubt import outcomes
from xaimed.reporting.html.survey import DIAGNOSIS, FOCUS, LEAST, MOST, STRUCTURE, TRUST
from xaimed.studies.reproduction.results import Results, RowResult
from xaimed.studies.stored_maps import stored_explainers

SIMULATED = "simulated"
CASES = 20
"""Pictures that a model got wrong, and as many that it got right, which its raters see."""
AGREED, BIAS, SLIP = 0.8, 0.3, 0.5
"""How often a yes is said; how far raters lie apart, and one of them from picture to picture."""
YES_OR_NO = (STRUCTURE, FOCUS)


def simulated_answers(results: Results) -> pd.DataFrame:
    """A row an answer: every rater on the same pictures of every row, with its maps by every explainer."""
    lines = [line for row in results.there() for line in _about(row, results.study.raters)]
    return pd.DataFrame(lines).assign(simulated=True)


def _about(row: RowResult, raters: int) -> Iterator[dict[str, Any]]:
    assert row.predictions is not None
    frame = row.predictions.frame.drop_duplicates("sample_id").set_index("sample_id")
    maps = {
        name for each in row.there for fold in each.run.finished()[:1] for name in stored_explainers(each, fold.index)
    }
    for sample in _cases(row):
        label = str(frame["label"].get(sample, "")) if "label" in frame else ""
        for number, explainer in product(range(1, raters + 1), ("", *sorted(maps))):
            about = {"sample_id": sample, "model": row.row.name, "explainer": explainer}
            said = _of_map(number, about) if explainer else _of_picture(number, about, label, row.predictions.classes)
            for question, answer in said:
                yield {"rater": f"{SIMULATED} {number}", **about, "question": question, "answer": answer}


def _cases(row: RowResult) -> list[str]:
    assert row.predictions is not None
    wrong = outcomes(row.predictions)["wrong"]
    drawn = sorted(map(str, wrong.index), key=lambda sample: seed_for("cases", sample))
    errors = [sample for sample in drawn if wrong[sample]][:CASES]
    return errors + [sample for sample in drawn if not wrong[sample]][:CASES]


def _of_picture(number: int, about: dict[str, str], label: str, classes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """What a rater says of the picture alone."""
    if label:
        own = _chance("rater", number, about)
        yield DIAGNOSIS, label if own.random() < AGREED else str(own.choice(classes))


def _of_map(number: int, about: dict[str, str]) -> Iterator[tuple[str, str]]:
    """What a rater says of a map; all of them see something of the same in it."""
    own = _chance("rater", number, about)
    bias = BIAS * np.random.default_rng(seed_for("bias", number)).standard_normal()
    score = 3.5 + _chance("seen", 0, about).standard_normal() + bias + SLIP * own.standard_normal()
    yield TRUST, str(int(np.clip(np.round(score), LEAST, MOST)))
    for question in YES_OR_NO:
        yield question, "yes" if own.random() < AGREED else "no"


def _chance(whose: str, number: int, about: dict[str, str]) -> np.random.Generator:
    return np.random.default_rng(seed_for(whose, number, *about.values()))
