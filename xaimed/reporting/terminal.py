"""How does a table fit a terminal? Numbers whole, names folded, columns that do not fit moved to a further block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.box import SIMPLE, SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table as RichTable
from rich.text import Text

from xaimed.reporting.tables import Cell, Table
from xaimed.reporting.text import visible

GAP = 3  # between two columns
SHORT_HEADING, WIDEST_HEADING = 8, 24


@dataclass(frozen=True)
class TerminalTable:
    """A table that rich can print. Built from ``Text``, never from markup: ``[red]`` in a class name stays as it is."""

    table: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The title, as many blocks of columns as the width asks for, and the notes."""
        yield Text(visible(self.table.title), style="bold")
        for block in self._blocks(options.max_width):
            for k, (name, rows) in enumerate(self.table.parts):
                if name:
                    yield Text(visible(name), style="italic")
                yield self._drawn(block, rows, options.max_width, headed=k == 0 or not name)
        for note in self.table.notes:
            yield Text(visible(note), style="dim")

    def _drawn(
        self, block: Sequence[int], rows: Sequence[Sequence[Cell]], available: int, *, headed: bool
    ) -> RichTable:
        """Some columns of some rows; as wide under one heading as under another."""
        drawn = RichTable(box=SIMPLE_HEAD if headed else SIMPLE, pad_edge=False, show_header=headed)
        for i in block:
            # What alone is too wide for the terminal is said in several lines, which begin at the left.
            room = available - 2 - GAP - self._name_width(available) if i else self._name_width(available)
            width = min(self._width(i), max(room, 1))
            drawn.add_column(
                Text(visible(self.table.columns[i])),
                justify="right" if i and width == self._width(i) else "left",
                overflow="fold",
                min_width=width,
                max_width=width,
            )
        for row in rows:
            drawn.add_row(*(Text(visible(row[i])) for i in block))
        return drawn

    def _blocks(self, available: int) -> list[list[int]]:
        """The columns of each block; every block begins with what tells its rows apart."""
        named = list(range(self._names(available)))
        first = self._name_width(available) + sum(GAP + self._width(i) for i in named[1:])
        blocks, used = [[*named]], first
        for i in range(len(named), len(self.table.columns)):
            if used + GAP + self._width(i) > available - 2 and len(blocks[-1]) > len(named):
                blocks.append([*named])
                used = first
            blocks[-1].append(i)
            used += GAP + self._width(i)
        return blocks

    def _names(self, available: int) -> int:
        """Two columns where the first leaves rows of the same name, the second tells them apart, and there is room."""
        if len(self.table.columns) < 3 or self._name_width(available) + GAP + self._width(1) > available * 2 // 3:
            return 1
        once = [all(len({row[:k] for row in rows}) == len(rows) for _, rows in self.table.parts) for k in (1, 2)]
        return 2 if once == [False, True] else 1

    def _name_width(self, available: int) -> int:
        return min(self._width(0), max(available * 2 // 5, 12))

    def _width(self, column: int) -> int:
        """As wide as its widest cell and as its heading, which may break between words unless it is short."""
        title = visible(self.table.columns[column])
        words = [title] if cell_len(title) <= SHORT_HEADING else title.split()
        heading = min(max(map(cell_len, words), default=0), WIDEST_HEADING)
        return max(heading, *(cell_len(visible(row[column])) for row in self.table.rows), 1)
