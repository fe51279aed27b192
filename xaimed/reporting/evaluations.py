"""How are evaluations read? A row for each explainer, a column for each measure, its interval and better direction."""

from __future__ import annotations

from xaimed.config.many import many
from xaimed.evaluation.contract import Measure
from xaimed.evaluation.gathered import Gathered, short_names
from xaimed.evaluation.statistics.bootstrap import RESAMPLES, Interval
from xaimed.reporting.tables import Cell, Estimate, Table

ARROWS = {"higher": " ↑", "lower": " ↓", None: ""}
INTERVALS = f"Mean over pictures (95 % interval: patients drawn again {RESAMPLES} times, percentiles)"
NOTHING = "–"
ABREAST = 6


def evaluation_table(found: Gathered) -> Table:
    """What one evaluation found, its protocol below; measures go down where too many would stand abreast."""
    names = short_names(found.explainers)
    measures = {key: told for key, told in found.measures.items() if (found.rows["measure"] == key).any()}
    values = {name: {key: found.estimate(name, key) for key in measures} for name in found.explainers}
    there = [name for name in values if any(values[name].values())]
    cells = {name: {key: measured(measures[key], values[name][key]) for key in measures} for name in there}
    heads = {key: heading(told) for key, told in measures.items()}
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    if len(measures) > ABREAST:
        columns = ("Measure", *(names[name] for name in there))
        rows = tuple((heads[key], *(cells[name][key] for name in there)) for key in measures)
    else:
        columns = ("Explainer", *heads.values())
        rows = tuple((names[name], *cells[name].values()) for name in there)
    most = max((each.n for name in there for each in values[name].values() if each), default=0)
    folds = f"fold{'s' if len(found.places) > 1 else ''} {', '.join(map(str, sorted(found.places)))}"
    said = f"{INTERVALS}. n = up to {many(most, 'picture')}, of {folds}." if there else "Nothing could be measured."
    notes = (*(_sentence(caption) for caption in found.captions), said)
    return Table(f"Evaluation: {found.name.replace('_', ' ')}", columns, rows if there else (), notes)


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
