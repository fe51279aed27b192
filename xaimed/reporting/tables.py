"""How is a table shown? One small representation, printed as Markdown and as CSV (in the terminal: ``terminal.py``)."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from itertools import groupby

from xaimed.reporting.text import markdown


@dataclass(frozen=True)
class Estimate:
    """A number with, where there is one, its spread or its interval; all in the unit that the heading states."""

    mean: float
    sd: float | None = None
    decimals: int = 2
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        """Such as ``94.12 ± 1.30`` or ``94.12 (91.20 to 96.50)``; a dash for what is undefined, and never ``-0.00``."""
        if math.isnan(self.mean):
            return "–"
        text = f"{self.mean:z.{self.decimals}f}"
        if self.sd is not None and not math.isnan(self.sd):
            text += f" ± {self.sd:.{self.decimals}f}"
        if self.low is None or self.high is None or math.isnan(self.low):
            return text
        return f"{text} ({self.low:z.{self.decimals}f} to {self.high:z.{self.decimals}f})"


class PValue(Estimate):
    """A p-value: four decimals, and what is smaller is said to be smaller."""

    def __str__(self) -> str:
        """Such as ``0.0312`` or ``< 0.0001``."""
        if math.isnan(self.mean):
            return "–"
        return "< 0.0001" if self.mean < 0.0001 else f"{self.mean:.4f}"


Cell = str | int | Estimate
INTERVAL = " (95 % interval)"
"""How the heading of a column of numbers with their bounds ends."""
BESIDE = {"sd": "SD", "low": "low", "high": "high"}


@dataclass(frozen=True)
class Table:
    """A titled table of text, counts and estimates, with footnotes. The first column names the row.

    Attributes:
        title: what it shows.
        columns: their headings.
        rows: their cells.
        notes: what stands below.
        blocks: for every row what it belongs to, such as its run; said once above the rows that follow one another. A
            CSV has it in a column of its own.
        block: what these are.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    block: str = "Run"

    @property
    def parts(self) -> list[tuple[str, list[tuple[Cell, ...]]]]:
        """The rows under their headings; under an empty one where there are no blocks."""
        if not self.rows:
            return [("", [])]
        named = zip(self.blocks or [""] * len(self.rows), self.rows, strict=True)
        return [(name, [row for _, row in those]) for name, those in groupby(named, key=lambda pair: pair[0])]


def to_markdown(table: Table) -> str:
    """GitHub-flavoured Markdown: numbers to the right, notes as a list below."""
    rules = [":--", *["--:"] * (len(table.columns) - 1)]
    rows = [[markdown(cell) for cell in table.columns], rules]
    for name, those in table.parts:
        rows += [[f"**{markdown(name)}**", *[""] * (len(table.columns) - 1)]] if name else []
        rows += [[markdown(cell) for cell in row] for row in those]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    notes = ["", *(f"- {markdown(note)}" for note in table.notes)] if table.notes else []
    return "\n".join([f"**{markdown(table.title)}**", "", *lines, *notes]) + "\n"


def to_csv(table: Table) -> str:
    """For machines: estimates unrounded, their spread and bounds in columns of their own; no title and no notes."""
    beside = [_beside(table, i) for i in range(len(table.columns))]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    names = [name for title, has in zip(table.columns, beside, strict=True) for name in _heading(title, has)]
    writer.writerow([*([table.block] if table.blocks else []), *names])
    for i, row in enumerate(table.rows):
        values = [value for cell, has in zip(row, beside, strict=True) for value in _values(cell, has)]
        writer.writerow([*table.blocks[i : i + 1], *values])
    return text.getvalue()


def _beside(table: Table, column: int) -> list[str]:
    """What stands beside the numbers of a column: their spread, their bounds, or nothing."""
    cells = [row[column] for row in table.rows]
    return [name for name in BESIDE if any(getattr(cell, name, None) is not None for cell in cells)]


def _heading(title: str, beside: list[str]) -> list[str]:
    if not beside:
        return [title]
    name = title.removesuffix(" ± SD").removesuffix(INTERVAL)
    return [name, *("SD" if title.endswith(" ± SD") else f"{name} {BESIDE[one]}" for one in beside)]


def _values(cell: Cell, beside: list[str]) -> list[object]:
    if not isinstance(cell, Estimate):
        return [cell, *("" for _ in beside)]
    values = (cell.mean, *(getattr(cell, name) for name in beside))
    return ["" if value is None or math.isnan(value) else repr(float(value)) for value in values]
