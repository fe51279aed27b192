"""How is one of our numbers held against the printed one? A line: printed, ours, how far apart, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence

from xaimed.evaluation.contract import Measure
from xaimed.evaluation.metrics import METRICS
from xaimed.evaluation.statistics.bootstrap import Interval
from xaimed.reporting.tables import Cell, Table
from xaimed.studies.published.parts import Value
from xaimed.studies.reproduction.results import Results
from xaimed.studies.reproduction.verdict import Bounds, cell, difference, verdict

COLUMNS = ("Row", "Measure", "Published", "Reproduced", "Difference", "Verdict")


def line_against(
    value: Value,
    ours: Interval,
    *,
    row: str,
    what: str,
    decimals: int,
    unlike: str = "",
    published: Bounds | None = None,
) -> tuple[Cell, ...]:
    """One line of ``COLUMNS``, in the unit in which the value is printed.

    Args:
        value: the printed one.
        ours: a share of 1 where percentages are printed.
        row: what it is measured of.
        what: the measure.
        decimals: of ours.
        unlike: why the two are of different things.
        published: the printed value with an interval, where it has one; in the printed unit.
    """
    here = bounds_of(ours, value.scale)
    there = Bounds(float(value.printed.value)) if published is None else published
    apart = cell(difference(there, here), decimals)
    return (row, what, value.printed.text, cell(here, decimals), apart, str(verdict(there, here, unlike)))


def against_table(title: str, lines: Sequence[tuple[Cell, ...]], notes: Sequence[str] = ()) -> list[Table]:
    """The table of such lines; none where nothing is printed."""
    return [Table(f"{title}, beside what was published", COLUMNS, tuple(lines), tuple(notes))] if lines else []


def bounds_of(found: Interval, scale: float = 1) -> Bounds:
    """An interval in another unit."""
    return Bounds(scale * found.value, scale * found.low, scale * found.high)


def decimals_of(measure: Measure, value: Value) -> int:
    """As many places as the measure has, two fewer where it is printed in hundredths."""
    if measure.percent:
        return measure.decimals if value.percent else measure.decimals + 2
    return max(measure.decimals - 2, 1) if value.percent else measure.decimals


def metric_decimals(metric: str, value: Value) -> int:
    """The same of a metric of ``METRICS``."""
    return 2 if value.percent and METRICS[metric].percent else 1 if value.percent else 3


def lacking(results: Results, rows: Sequence[str]) -> list[str]:
    """Which of these rows are not whole, as notes."""
    return [f"{row.row.label}: {row.missing}." for row in results.named(rows) if row.missing]
