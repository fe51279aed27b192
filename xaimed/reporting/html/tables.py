"""How is a table shown on a page? Numbers to the right, its notes below, wide ones scroll by themselves."""

from __future__ import annotations

from xaimed.reporting.html.document import text
from xaimed.reporting.tables import Cell, Table


def to_html(table: Table) -> str:
    """The table with its title as caption."""
    head = "".join(f'<th scope="col"{_side(table, i)}>{text(name)}</th>' for i, name in enumerate(table.columns))
    width = len(table.columns)
    rows = "".join(
        (f'<tr class="block"><th scope="rowgroup" colspan="{width}">{text(name)}</th></tr>' if name else "")
        + "".join(_row(table, row) for row in those)
        for name, those in table.parts
    )
    notes = "".join(f"<li>{text(note)}</li>" for note in table.notes)
    return (
        f'<div class="table"><div class="scroll" tabindex="0" role="region" aria-label="{text(table.title)}"><table>'
        f"<caption>{text(table.title)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        + (f'<ul class="notes">{notes}</ul>' if notes else "")
        + "</div>"
    )


def _row(table: Table, row: tuple[Cell, ...]) -> str:
    cells = "".join(f"<td{_side(table, i)}>{text(cell)}</td>" for i, cell in enumerate(row[1:], 1))
    return f'<tr><th scope="row">{text(row[0])}</th>{cells}</tr>'


def _side(table: Table, column: int) -> str:
    """Words to the left, all else to the right."""
    cells = [str(row[column]) for row in table.rows]
    return "" if column == 0 or any(cell[:1].isalpha() for cell in cells) else ' class="n"'
