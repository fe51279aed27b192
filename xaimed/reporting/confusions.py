"""Which classes are mistaken for which, and does every network mistake the same? Confusion matrices side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure

from xaimed.reporting.canvas import (
    LINE,
    NORMAL,
    QUIET,
    SMALL,
    axes_at,
    fitted,
    in_house_style,
    new_figure,
    text_width,
    write_at,
)
from xaimed.reporting.confusion import STEEP, column_names_height, draw_cells, name_columns
from xaimed.reporting.headed import EDGE, WIDTH, headed
from xaimed.reporting.text import visible

SMALLEST, WIDEST, TIGHT = 0.58, 0.82, 0.44
"""Sides of a cell, in inches; the last where there are many classes."""
MANY = 6  # classes, from which on cells are small and names slanted
NAMES, BETWEEN, AFTER = 1.3, 0.3, 0.22
PAGE = WIDTH + 0.4


@in_house_style
def confusions_figure(
    matrices: Mapping[str, pd.DataFrame],
    *,
    title: str,
    subline: str = "",
    notes: Sequence[str] = (),
    stamp: str | None = None,
) -> Figure:
    """As many matrices beside each other as there is room for; counts, and their share of the row.

    Args:
        matrices: by the name of the network, from ``xaimed.evaluation.summary.pooled_confusion``; the names of the
            index and of the columns become the names of the axes.
        title: what is compared.
        subline: what was counted.
        notes: what stands below.
        stamp: what must never be missing from it.
    """
    probe = new_figure(WIDTH, 1)
    cells = [_cell(probe, matrix) for matrix in matrices.values()]
    slanted = any(each for _, each in cells)
    cell = max(side for side, each in cells if each == slanted)
    lines: list[list[_Plan]] = []
    for name, matrix in matrices.items():
        beside = _Plan(probe, name, matrix, cell, slanted=slanted, after=lines[-1][-1].matrix if lines else None)
        if lines and _width([*lines[-1], beside]) <= PAGE - 2 * EDGE:
            lines[-1].append(beside)
        else:
            lines.append([_Plan(probe, name, matrix, cell, slanted=slanted)])
    heights = [max(each.head for each in line) + max(each.tall for each in line) + AFTER for line in lines]
    width = max(max(map(_width, lines)) + 2 * EDGE, 5.0)
    figure, top = headed(sum(heights), title=title, subline=subline, notes=notes, stamp=stamp, width=width)
    for line, height in zip(lines, heights, strict=True):
        left, head = EDGE, max(each.head for each in line)
        for plan in line:
            plan.draw(figure, left, top, head)
            left += plan.width + BETWEEN
        top += height
    return figure


class _Plan:
    """How large everything of a matrix is, known before the figure is made."""

    def __init__(
        self,
        probe: Figure,
        name: str,
        matrix: pd.DataFrame,
        cell: float,
        *,
        slanted: bool,
        after: pd.DataFrame | None = None,
    ) -> None:
        """Plan it; one that stands after a matrix of the same rows does not name them again."""
        self.matrix, self.cell, self.slanted = matrix, cell, slanted
        rows, columns = matrix.shape
        named = after is None or list(after.index) != list(matrix.index)
        self.down = [fitted(probe, each, NAMES, SMALL, lines=2) for each in matrix.index] if named else []
        words = [text_width(probe, line, SMALL) for each in self.down for line in each.split("\n")]
        self.left = LINE[SMALL] + 0.06 + max(words) + 0.08 if named else 0.0
        self.names = column_names_height(probe, matrix, self.cell, slanted=self.slanted)
        reach = (self.names - 0.15) / math.tan(STEEP) - self.cell / 2  # of the last name, beyond the last column
        self.beyond = max(reach, 0.0) if self.slanted else 0.0
        self.width = self.left + columns * self.cell + max(self.beyond + 0.1 - BETWEEN, 0.0)
        self.name = fitted(probe, name, columns * self.cell, NORMAL, lines=3, weight="bold")
        self.head = LINE[NORMAL] * (self.name.count("\n") + 1) + 0.05 + LINE[SMALL] + self.names
        self.tall = rows * self.cell

    def draw(self, figure: Figure, left: float, top: float, head: float) -> None:
        """Draw it; matrices beside each other begin at the same height, whatever stands above them."""
        rows, columns = self.matrix.shape
        x, y = left + self.left, top + head
        quiet = {"fontsize": SMALL, "color": QUIET}
        words = y - self.names - LINE[SMALL]
        write_at(figure, x, words - 0.05, self.name, va="bottom", fontsize=NORMAL, fontweight="bold")
        write_at(figure, x, words, visible(self.matrix.columns.name), **quiet)
        draw_cells(axes_at(figure, x, y, columns * self.cell, rows * self.cell), self.matrix.to_numpy(), self.cell)
        name_columns(figure, self.matrix, x, y - 0.07, self.cell, slanted=self.slanted)
        for i, each in enumerate(self.down):
            at = {"ha": "right", "va": "center", "fontsize": SMALL, "linespacing": 1.05}
            write_at(figure, x - 0.08, y + (i + 0.5) * self.cell, each, **at)
        if self.down:
            middle = y + rows * self.cell / 2
            write_at(figure, left, middle, visible(self.matrix.index.name), rotation=90, va="center", **quiet)


def _width(line: Sequence[_Plan]) -> float:
    return sum(each.width for each in line) + BETWEEN * (len(line) - 1) + min(line[-1].beyond, BETWEEN)


def _cell(figure: Figure, matrix: pd.DataFrame) -> tuple[float, bool]:
    """As wide as the longest word above a column; names that need more, or are many, are slanted."""
    count = text_width(figure, str(int(matrix.to_numpy().max())), NORMAL, "bold") + 0.1
    if max(matrix.shape) >= MANY:
        return max(TIGHT, count), True
    words = [word for name in matrix.columns for word in visible(name).split()]
    longest = max(text_width(figure, word, SMALL) for word in words) + 0.1
    return (max(SMALLEST, count), True) if longest > WIDEST else (max(SMALLEST, longest, count), False)
