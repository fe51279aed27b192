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


@dataclass(frozen=True)
class Ranged:
    """A number with the bounds of its interval, where there are any; all in the unit that the heading states."""

    value: float
    low: float = math.nan
    high: float = math.nan
    decimals: int = 3

    def __str__(self) -> str:
        """Such as ``0.412 [0.380, 0.447]``; a dash for what is undefined."""
        if math.isnan(self.value):
            return "–"
        value, low, high = (f"{number:.{self.decimals}f}" for number in (self.value, self.low, self.high))
        return value if math.isnan(self.low) else f"{value} [{low}, {high}]"


Cell = str | int | Estimate | Ranged


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
    """For machines: numbers unrounded, spread and bounds in columns of their own; no title and no notes."""
    columns = [[_parts(row[i]) for row in table.rows] for i in range(len(table.columns))]
    kinds = [[kind for kind in ("", "SD", "low", "high") if not kind or any(kind in c for c in cs)] for cs in columns]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    headings = zip(table.columns, kinds, strict=True)
    writer.writerow([_csv_heading(title, kind) for title, several in headings for kind in several])
    for number in range(len(table.rows)):
        cells = zip(columns, kinds, strict=True)
        writer.writerow([column[number].get(kind, "") for column, several in cells for kind in several])
    return text.getvalue()


def _csv_heading(title: str, kind: str) -> str:
    name = title.removesuffix(" ± SD")
    if kind == "SD" and name != title:
        return kind
    return f"{name} {kind}" if kind else name


def _parts(cell: Cell) -> dict[str, object]:
    """What a cell says, by the kind of column that it goes into."""
    if isinstance(cell, Estimate):
        sd = {} if cell.sd is None else {"SD": _exact(cell.sd)}
        return {"": _exact(cell.mean), **sd}
    if isinstance(cell, Ranged):
        return {"": _exact(cell.value), "low": _exact(cell.low), "high": _exact(cell.high)}
    return {"": cell}


def _exact(value: float) -> str:
    return "" if math.isnan(value) else repr(float(value))
