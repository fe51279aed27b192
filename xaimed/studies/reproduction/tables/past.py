"""How do others do on the same task? What the paper tells of their work, and the range of what was reproduced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xaimed.reporting.tables import Cell, Table
from xaimed.studies.published.parts import FOLDS
from xaimed.studies.published.parts import Table as PrintedTable
from xaimed.studies.reproduction.comparison import missing, ranged, stamped
from xaimed.studies.reproduction.measured import measured
from xaimed.studies.reproduction.results import Results, RowResult
from xaimed.studies.reproduction.tables.asked import known, one_of

ELSEWHERE = "What others report is of other pictures and other splits: it stands here as printed, and is not compared."


@dataclass(frozen=True)
class PastWork:
    """A line for every work as the paper prints it, and one for what was reproduced.

    Attributes:
        title: what it shows.
        beside: the published table.
        columns: its columns by the heading that they get here.
        metrics: which of our metrics belongs into which of these columns.
        own: the row of the paper's own work, whose words describe what was reproduced as well.
        rows: which rows of the study ours ranges over; all without.
    """

    title: str
    beside: str
    columns: Mapping[str, str]
    metrics: Mapping[str, str] = field(default_factory=lambda: {"accuracy": "accuracy"})
    own: str = "ours"
    rows: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Refuse what is no metric, or belongs nowhere."""
        known(self.metrics)
        for column in self.metrics.values():
            one_of(column, self.columns.values(), "metrics")

    def __call__(self, results: Results) -> list[Table]:
        """The table; none where nothing is published. Without any run it has the printed works alone."""
        if results.paper is None:
            return []
        one_of(self.beside, results.paper.tables, "beside")
        printed = results.paper.tables[self.beside]
        lines = [self._printed(printed, work) for work in printed.rows]
        notes = [ELSEWHERE]
        there = results.there(self.rows)
        if there:
            lines.append(self._ours(printed, there))
            notes += [f"Reproduced here: {_what(there)}.", *missing(results.named(self.rows))]
            stamp = stamped(self.title, results)
        else:
            notes.append("Nothing is reproduced yet.")
            stamp = self.title
        return [Table(stamp, ("Work", *self.columns), tuple(lines), tuple(notes))]

    def _printed(self, printed: PrintedTable, work: str) -> tuple[Cell, ...]:
        values = printed.rows.get(work, {})
        name = next((value.row.removeprefix(f"{printed.place}, ") for value in values.values()), work)
        shown = {key: value.printed.text for key, value in values.items()}
        return (name, *(shown.get(key, self._word(printed, work, key)) for key in self.columns.values()))

    def _word(self, printed: PrintedTable, work: str, column: str) -> str:
        return printed.texts.get(f"{self.beside}.{work}.{column}", "–")

    def _ours(self, printed: PrintedTable, there: Sequence[RowResult]) -> tuple[Cell, ...]:
        """Our values in their columns, and in the others what the paper says of its own work."""
        keys = {column: key for key, column in self.metrics.items()}
        cells: list[Cell] = []
        for column in self.columns.values():
            if column not in keys:
                cells.append(self._word(printed, self.own, column))
                continue
            percent = any(row[column].percent for row in printed.rows.values() if column in row)
            cells.append(_range(there, keys[column], 100 if percent else 1))
        return ("reproduced here", *cells)


def _range(there: Sequence[RowResult], metric: str, unit: int) -> Cell:
    """From the lowest run to the highest; of a single run the value with its interval."""
    decimals = 2 if unit == 100 else 3
    found = [measured(row).bounds(metric, FOLDS).times(unit) for row in there]
    if len(found) == 1:
        value, *interval = str(ranged(found[0], decimals, unit)).split(" ", 1)
        return " ".join([f"{value}{'%' if unit == 100 else ''}", *interval])
    values = sorted(bounds.value for bounds in found)
    return f"{values[0]:.{decimals}f}–{values[-1]:.{decimals}f}{'%' if unit == 100 else ''}"


def _what(there: Sequence[RowResult]) -> str:
    if len(there) == 1:
        return f"{there[0].row.label}, with its 95 % interval (percentile bootstrap by patient)"
    return f"from the lowest to the highest of {len(there)} runs, each the mean over its folds"
