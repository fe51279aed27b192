"""How far do people trust the maps? Human trust scores by explainer, model, class and rater, with intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from xaimed.evaluation.statistics.bootstrap import RESAMPLES, Interval, mean_interval
from xaimed.reporting.html.survey import DIFFICULTY, FOCUS, RELIABLE, STRUCTURE, TRUST
from xaimed.reporting.tables import INTERVAL, Cell, Estimate, Table

MARK = 4.0
"""What a mean human trust score must exceed to count as clinically trustworthy, after the paper on hybrid fusion."""
DRAWN = f"95 % intervals: patients drawn again {RESAMPLES} times, with all pictures and answers of each."


def estimate(values: pd.Series, groups: pd.Series, scale: float = 1, decimals: int = 2) -> Estimate:
    """A mean with its interval; undefined without values."""
    found: Interval = mean_interval(scale * values.to_numpy(dtype=np.float64), groups.to_numpy(dtype=str))
    return Estimate(found.value, None, decimals, found.low, found.high)


def trust_by(answers: pd.DataFrame, by: Sequence[str], title: str, named: str) -> Table:
    """Scores of maps, a line for each value of some columns.

    Args:
        answers: to whatever question; those of a second showing do not count.
        by: the columns.
        title: of the table.
        named: what its lines are.
    """
    scores = answers[(answers["question"] == TRUST) & ~answers["again"]]
    rows = [
        _trust(" · ".join(map(str, names)), part) for names, part in scores.groupby(list(by), sort=True, dropna=False)
    ]
    notes = (
        "HTS: human trust score, the mean of all answers from 1 to 5. ≥ 4: share of the answers. > 4: share of the "
        "maps whose mean over raters is above 4.",
        f"Mark: the mean is above {MARK:.0f} (above), below it (below), or the interval holds it (open).",
        DRAWN,
    )
    columns = (named, "Maps", "Answers", f"HTS{INTERVAL}", "≥ 4 (%)", "> 4 (%)", "Mark")
    return Table(title, columns, tuple(rows), notes)


def _trust(name: str, scores: pd.DataFrame) -> tuple[Cell, ...]:
    values = scores["answer"].astype(float)
    means = values.groupby([scores["survey"], scores["first"]]).mean()
    found = estimate(values, scores["group"])
    return (
        name,
        len(means),
        len(values),
        found,
        Estimate(100 * float((values >= MARK).mean()), None, 1),
        Estimate(100 * float((means > MARK).mean()), None, 1),
        against_mark(found),
    )


def against_mark(found: Estimate) -> str:
    """Whether a mean is surely above the mark, surely below it, or neither."""
    if found.low is None or found.high is None or np.isnan(found.low):
        return "open"
    return "above" if found.low > MARK else "below" if found.high < MARK else "open"


def seen_by(answers: pd.DataFrame, by: Sequence[str], title: str, named: str) -> Table:
    """How often the right structure is highlighted and the focus is on what is crucial, in per cent of the answers."""
    first = answers[~answers["again"] & (answers["model"] != "")]
    rows: list[tuple[Cell, ...]] = []
    for names, part in first.groupby(list(by), sort=True):
        told = {key: part[part["question"] == key] for key in (STRUCTURE, FOCUS)}
        cells = [estimate(each["answer"].astype(float), each["group"], 100, 1) for each in told.values()]
        rows.append((" · ".join(map(str, names)), len(told[STRUCTURE]), *cells))
    columns = (named, "Answers", f"Right structure (%){INTERVAL}", f"Focus is crucial (%){INTERVAL}")
    return Table(title, columns, tuple(rows), (DRAWN,))


def cases_by(answers: pd.DataFrame, title: str) -> Table:
    """How difficult the cases are, and how often a reliable diagnosis can be made from the picture alone."""
    first = answers[~answers["again"] & (answers["model"] == "")]
    parts = [(str(name), part) for name, part in first.groupby("class", sort=True)]
    rows: list[tuple[Cell, ...]] = []
    for name, part in [*parts, *([("all", first)] if len(parts) > 1 else [])]:
        hard, reliable = (part[part["question"] == key] for key in (DIFFICULTY, RELIABLE))
        rows.append(
            (
                name,
                int(part["sample_id"].nunique()),
                estimate(hard["answer"].astype(float), hard["group"]),
                estimate(reliable["answer"].astype(float), reliable["group"], 100, 1),
            )
        )
    columns = ("True class", "Cases", f"Difficulty{INTERVAL}", f"Reliable (%){INTERVAL}")
    notes = ("Difficulty: from 1, easy, to 5. Reliable: the diagnosis can be made from the picture alone.", DRAWN)
    return Table(title, columns, tuple(rows), notes)


def by_expert(answers: pd.DataFrame, title: str) -> Table:
    """A line for each dataset, a column for each of its raters, and the mean of these columns with their SD."""
    scores = answers[(answers["question"] == TRUST) & ~answers["again"]]
    found = {
        str(dataset): {str(rater): float(part["answer"].astype(float).mean()) for rater, part in own.groupby("rater")}
        for dataset, own in scores.groupby("dataset", sort=True)
    }
    most = max((len(means) for means in found.values()), default=0)
    rows: list[tuple[Cell, ...]] = []
    for dataset, means in found.items():
        cells: list[Cell] = [Estimate(value) for value in means.values()]
        sd = float(np.std(list(means.values()), ddof=1)) if len(means) > 1 else None
        whole = Estimate(float(np.mean(list(means.values()))), sd)
        rows.append((dataset, *cells, *(["–"] * (most - len(cells))), whole))
    notes = ["The mean of what each expert gave in the mean; SD over experts, divisor n − 1."]
    notes += [
        f"{name}: " + ", ".join(f"expert {i + 1} is {who}" for i, who in enumerate(of)) for name, of in found.items()
    ]
    return Table(title, ("Dataset", *(f"Expert {i + 1}" for i in range(most)), "Mean ± SD"), tuple(rows), tuple(notes))
