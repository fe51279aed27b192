"""How are counts shown? As a table of their own, and number by number beside the published ones."""

from __future__ import annotations

from collections.abc import Sequence

from xaimed.reporting.tables import Cell, Table
from xaimed.studies.published.parts import Value
from xaimed.studies.reproduction.exact import held_exactly
from xaimed.studies.reproduction.results import Results

Counts = dict[tuple[str, str], int | None]
"""By row and column; None for what the data do not say."""
UNSAID = "–"


def laid_out(title: str, first: str, counts: Counts, notes: Sequence[str]) -> Table:
    """Rows and columns in the order in which they were counted.

    Args:
        title: what it shows.
        first: the heading of the rows' names.
        counts: every cell.
        notes: what stands below.
    """
    rows, columns = (list(dict.fromkeys(key[i] for key in counts)) for i in (0, 1))
    lines: list[tuple[Cell, ...]] = [(row, *(_cell(counts[row, column]) for column in columns)) for row in rows]
    return Table(title, (first, *(column.capitalize() for column in columns)), tuple(lines), tuple(notes))


def beside(results: Results, table: str, title: str, first: str, counts: Counts) -> list[Table]:
    """Every number that is printed of a row that was counted; nothing where none is.

    Args:
        results: of the study.
        table: the published one; its rows and columns may be written in other letters, capital or small.
        title: of what was counted.
        first: the heading of the rows' names.
        counts: every cell.
    """
    ours = {(row.lower(), column.lower()): (row, number) for (row, column), number in counts.items()}
    rows = {row.lower(): row for row, _ in counts}
    lines: list[tuple[Cell, ...]] = []
    for value in _printed(results, table):
        row, column = value.address.lower().split(".")[1:]
        if row in rows:
            name, number = ours.get((row, column), (rows[row], None))
            lines.append((name, value.column.name, value.printed.text, *_held(results, value, number)))
    columns = (first, "Counted", "Published", "Here", "Difference", "Verdict")
    return [Table(f"{title}, beside what was published", columns, tuple(lines))] if lines else []


def _printed(results: Results, table: str) -> list[Value]:
    if results.paper is None or table not in results.paper.tables:
        return []
    return [value for row in results.paper.tables[table].rows.values() for value in row.values()]


def _held(results: Results, value: Value, number: int | None) -> tuple[Cell, Cell, Cell]:
    if number is None:
        return UNSAID, UNSAID, "not in the data"
    return number, f"{number - int(value.printed.value):+d}", str(held_exactly(value, number, results.unlike))


def _cell(number: int | None) -> Cell:
    return UNSAID if number is None else number
