"""How does a long reason fit a narrow column? The cell has a mark, and the reason stands once below the table."""

from __future__ import annotations

from dataclasses import replace

from xaimed.reporting.tables import Cell, Table
from xaimed.studies.reproduction.verdict import NOT_COMPARABLE

SHORT = "n.c."
_LONG = f"{NOT_COMPARABLE}: "


def abridged(table: Table) -> Table:
    """The table with every ``not comparable: why`` as ``n.c.``, lettered where there are several reasons."""
    reasons = list(dict.fromkeys(_reason(cell) for row in table.rows for cell in row if _reason(cell)))
    marks = {why: f"{SHORT} {chr(ord('a') + i)}" if len(reasons) > 1 else SHORT for i, why in enumerate(reasons)}
    rows = tuple(tuple(marks.get(_reason(cell), cell) for cell in row) for row in table.rows)
    said = tuple(f"{mark}: {NOT_COMPARABLE}, {why}." for why, mark in marks.items())
    return replace(table, rows=rows, notes=(*said, *table.notes))


def _reason(cell: Cell) -> str:
    return cell.removeprefix(_LONG) if isinstance(cell, str) and cell.startswith(_LONG) else ""
