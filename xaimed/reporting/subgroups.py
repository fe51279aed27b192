"""How are groups of patients shown side by side? A row for each with its n, and one for how far they lie apart."""

from __future__ import annotations

from collections.abc import Sequence

from xaimed.config.many import many
from xaimed.evaluation.shares import FEW
from xaimed.evaluation.statistics.bootstrap import RESAMPLES
from xaimed.evaluation.subgroups import LEAST, Compared
from xaimed.reporting.evaluations import NOTHING, heading, measured
from xaimed.reporting.tables import Cell, Table

INTERVALS = (
    f"[95 % interval: patients drawn again {RESAMPLES} times, percentiles; of fewer than {FEW} patients, and where the "
    "metric is a share of pictures, Wilson]"
)


def subgroups_table(found: Sequence[Compared], notes: Sequence[str] = ()) -> Table:
    """Groups by one column or several, all of the same measures.

    Args:
        found: what ``xaimed.evaluation.subgroups`` gives, at least one.
        notes: what else should stand below.
    """
    measures = found[0].measures
    rows: list[tuple[Cell, ...]] = []
    for each in found:
        column = each.division.column
        for group in each.groups:
            few = group.pictures < LEAST
            cells = (f"n < {LEAST}" if few else measured(measures[key], group.estimates.get(key)) for key in measures)
            rows.append((f"{column}: {group.name}", group.pictures, group.patients, *cells))
        apart = (measured(measures[k], each.gaps[k].difference) if k in each.gaps else NOTHING for k in measures)
        rows.append((f"{column}: gap", "", "", *apart))
    columns = ("Group", "Pictures", "Patients", *(heading(measure) for measure in measures.values()))
    told = (*map(_gaps, found), *_unknown(found), *_rules(found))
    compared = ", ".join(f"{len(each.groups)} by {each.division.column}" for each in found)
    return Table(
        "Subgroups",
        columns,
        tuple(rows),
        (
            f"{INTERVALS}.",
            f"Groups compared: {compared}; {many(len(measures), 'measure')} each. Gap: the "
            "highest less the lowest; its interval holds for all pairs of the column's groups together (Bonferroni).",
            *(note for note in told if note),
            *notes,
        ),
    )


def _gaps(found: Compared) -> str:
    told = [f"{found.measures[key].title} {gap.high} − {gap.low}{_of(gap.pairs)}" for key, gap in found.gaps.items()]
    return f"Gap by {found.division.column}: {'; '.join(told)}." if told else ""


def _of(pairs: int) -> str:
    return f" (of {pairs} pairs)" if pairs > 1 else ""


def _unknown(found: Sequence[Compared]) -> list[str]:
    return [
        f"Pictures without {each.division.column}, and so in no group: {each.division.unknown}."
        for each in found
        if each.division.unknown
    ]


def _rules(found: Sequence[Compared]) -> list[str]:
    return [f"{each.division.column} is {each.division.rule}." for each in found if each.division.rule]
