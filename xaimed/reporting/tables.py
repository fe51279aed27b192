"""How is a table shown? One small representation, printed as Markdown and as CSV (in the terminal: ``terminal.py``)."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass

from xaimed.reporting.text import markdown


@dataclass(frozen=True)
class Estimate:
    """A number with, where there is one, its spread; both already in the unit that the heading states."""

    mean: float
    sd: float | None = None
    decimals: int = 2

    def __str__(self) -> str:
        """Such as ``94.12 ± 1.30``; a dash for what is undefined."""
        if math.isnan(self.mean):
            return "–"
        mean = f"{self.mean:.{self.decimals}f}"
        return mean if self.sd is None or math.isnan(self.sd) else f"{mean} ± {self.sd:.{self.decimals}f}"


Cell = str | int | Estimate


@dataclass(frozen=True)
class Table:
    """A titled table of text, counts and estimates, with footnotes. The first column names the row."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()


def to_markdown(table: Table) -> str:
    """GitHub-flavoured Markdown: numbers to the right, notes as a list below."""
    rules = [":--", *["--:"] * (len(table.columns) - 1)]
    rows = [[markdown(cell) for cell in row] for row in (table.columns, *table.rows)]
    lines = [f"| {' | '.join(row)} |" for row in (rows[0], rules, *rows[1:])]
    notes = ["", *(f"- {markdown(note)}" for note in table.notes)] if table.notes else []
    return "\n".join([f"**{markdown(table.title)}**", "", *lines, *notes]) + "\n"


def to_csv(table: Table) -> str:
    """For machines: estimates unrounded, their spread in a column of its own; no title and no notes."""
    spread = [
        any(isinstance(row[i], Estimate) and row[i].sd is not None for row in table.rows)  # type: ignore[union-attr]
        for i in range(len(table.columns))
    ]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([name for i, title in enumerate(table.columns) for name in _csv_heading(title, spread[i])])
    for row in table.rows:
        writer.writerow([value for i, cell in enumerate(row) for value in _csv_cell(cell, spread[i])])
    return text.getvalue()


def _csv_heading(title: str, spread: bool) -> list[str]:
    name = title.removesuffix(" ± SD")
    return [name, f"{name} SD" if name == title else "SD"] if spread else [title]


def _csv_cell(cell: Cell, spread: bool) -> list[object]:
    if not isinstance(cell, Estimate):
        return [cell, ""] if spread else [cell]
    values = ["" if value is None or math.isnan(value) else repr(float(value)) for value in (cell.mean, cell.sd)]
    return list(values if spread else values[:1])
