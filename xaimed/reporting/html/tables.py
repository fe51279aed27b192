"""How is a table shown on a page? Numbers to the right, intervals kept whole, notes below; a wide one scrolls alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import zip_longest

from xaimed.reporting.html.document import text
from xaimed.reporting.tables import Cell, Table

BROAD, VAST = 8, 16
"""A table of more columns than this is set smaller on paper, where nothing scrolls; of many more headings stand."""
SIZES = {"broad": BROAD, "vast": VAST}
NAME = 12
"""A table with longer names of rows leaves them some room."""
NUMERIC = re.compile(r"[^A-Za-z]*\d")
INTERVAL = re.compile(r"(.*\S) (\([^()]*\d[^()]*\))", re.DOTALL)
MEMBER = "· "
"""How a row begins that belongs to the question above it."""


def to_html(table: Table, marks: Mapping[str, str] | None = None) -> str:
    """The table with its title as caption.

    Args:
        table: what is shown.
        marks: by the text of a cell, the class it gets.
    """
    sides = [_side(table, column) for column in range(len(table.columns))]
    names = zip(table.columns, sides, strict=True)
    head = "".join(f'<th scope="col"{_classes(side)}>{text(name)}</th>' for name, side in names)
    body = "".join(
        f"<tbody>{_heading(table, name)}{''.join(_row(row, sides, marks or {}) for row in rows)}</tbody>"
        for name, rows in _blocks(table)
    )
    nothing = "" if table.rows else f'<tbody><tr><td colspan="{len(table.columns)}">none</td></tr></tbody>'
    notes = "".join(f"<li>{text(note)}</li>" for note in table.notes)
    broad = "".join(f" {name}" for name, most in SIZES.items() if len(table.columns) > most)
    named = " named" if any(len(str(row[0])) > NAME for row in table.rows) else ""
    return (
        f'<div class="table{broad}{named}"><div class="scroll"><table><caption>{text(table.title)}</caption>'
        f"<thead><tr>{head}</tr></thead>{body}{nothing}</table></div>"
        + (f'<ul class="notes">{notes}</ul>' if notes else "")
        + "</div>"
    )


def _blocks(table: Table) -> list[tuple[str, list[tuple[Cell, ...]]]]:
    """The rows under their headings; a row that only asks what the next ones answer is the heading of those."""
    found: list[tuple[str, list[tuple[Cell, ...]]]] = []
    for name, rows in table.parts:
        found.append((name, []))
        for row, after in zip_longest(rows, rows[1:]):
            if after and str(after[0]).startswith(MEMBER) and not any(map(str, row[1:])):
                found.append((str(row[0]), []))
            else:
                found[-1][1].append(row)
    return [(name, rows) for name, rows in found if rows]


def _heading(table: Table, said: str) -> str:
    if not said:
        return ""
    return f'<tr class="block"><th scope="rowgroup" colspan="{len(table.columns)}">{text(said)}</th></tr>'


def _row(row: tuple[Cell, ...], sides: list[str], marks: Mapping[str, str]) -> str:
    first = str(row[0])
    inside = "member" if first.startswith(MEMBER) else ""
    cells = "".join(
        f"<td{_classes(side, marks.get(str(cell), ''))}>{_whole(str(cell)) if side else text(cell)}</td>"
        for cell, side in zip(row[1:], sides[1:], strict=True)
    )
    return f'<tr><th scope="row"{_classes(inside)}>{text(first.removeprefix(MEMBER))}</th>{cells}</tr>'


def _whole(cell: str) -> str:
    """A number that may part from its interval at the end of a line; neither is broken in itself."""
    found = INTERVAL.fullmatch(cell)
    parts = found.groups() if found else (cell,)
    worded = any(letter.isalpha() for letter in parts[0])
    return text(cell) if worded else " ".join(f"<span>{text(part)}</span>" for part in parts)


def _classes(*names: str) -> str:
    there = " ".join(filter(None, names))
    return f' class="{there}"' if there else ""


def _side(table: Table, column: int) -> str:
    """Words to the left; a column of numbers, with whatever else has none, to the right."""
    cells = [str(row[column]) for row in table.rows]
    worded = any(cell[:1].isalpha() for cell in cells)
    return "" if column == 0 or worded or not any(NUMERIC.match(cell) for cell in cells) else "n"
