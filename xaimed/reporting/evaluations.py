"""How are evaluations read? A row for each explainer, a column for each measure, its interval and better direction."""

from __future__ import annotations

from xaimed.evaluation.contract import Measure
from xaimed.evaluation.gathered import Gathered, short_names
from xaimed.evaluation.statistics.bootstrap import RESAMPLES, Interval
from xaimed.reporting.tables import Cell, Estimate, Table

ARROWS = {"higher": " ↑", "lower": " ↓", None: ""}
INTERVALS = f"Mean over pictures (95 % interval: patients drawn again {RESAMPLES} times, percentiles)"
NOTHING = "–"


def evaluation_table(found: Gathered) -> Table:
    """What one evaluation found, with its protocol below."""
    names = short_names(found.explainers)
    shown = [key for key in found.measures if (found.rows["measure"] == key).any()]
    rows: list[tuple[Cell, ...]] = []
    most = 0
    for explainer in found.explainers:
        estimates = {key: found.estimate(explainer, key) for key in shown}
        if all(estimate is None for estimate in estimates.values()):
            continue
        most = max(most, *(estimate.n for estimate in estimates.values() if estimate))
        rows.append((names[explainer], *(measured(found.measures[key], estimates[key]) for key in shown)))
    columns = ("Explainer", *(heading(found.measures[key]) for key in shown))
    folds = ", ".join(map(str, sorted(found.places)))
    notes = [*(_sentence(caption) for caption in found.captions)]
    if rows:
        notes += [f"{INTERVALS}. n = up to {most} pictures, of folds {folds}."]
    else:
        notes += ["Nothing could be measured."]
    return Table(f"Evaluation: {found.name.replace('_', ' ')}", columns, tuple(rows), tuple(notes))


def measured(measure: Measure, estimate: Interval | None) -> Cell:
    """One cell; a dash where nothing was measured."""
    if estimate is None:
        return NOTHING
    scale, decimals = (100, 1) if measure.percent else (1, measure.decimals)
    bounds = (scale * estimate.low, scale * estimate.high)
    return Estimate(scale * estimate.value, None, decimals, *bounds)


def heading(measure: Measure) -> str:
    """Such as ``Energy inside (%) ↑``: unit and better direction."""
    unit = "%" if measure.percent else measure.unit
    return f"{measure.title}{f' ({unit})' if unit else ''}{ARROWS[measure.better]}"


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
