"""Which classes are mistaken for which, and does every network mistake the same? Confusion matrices side by side."""

from __future__ import annotations

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
from xaimed.reporting.confusion import SLANTED, column_names_height, draw_cells, name_columns
from xaimed.reporting.headed import EDGE, WIDTH, headed
from xaimed.reporting.text import visible

SMALLEST, WIDEST = 0.62, 0.85
NAMES, BETWEEN, AFTER = 1.3, 0.3, 0.2
SLANT = 0.75  # how far slanted names of columns reach beyond the last column


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
    cell = min(max(_cell(probe, matrix) for matrix in matrices.values()), WIDEST)
    plans = {name: _Plan(probe, name, matrix, cell) for name, matrix in matrices.items()}
    lines: list[list[_Plan]] = []
    for plan in plans.values():
        taken = sum(each.width + BETWEEN for each in lines[-1]) if lines else WIDTH
        if taken + plan.width > WIDTH - 2 * EDGE:
            lines.append([])
        lines[-1].append(plan)
    widest = max(sum(each.width + BETWEEN for each in line) - BETWEEN for line in lines)
    height = sum(max(each.height for each in line) for line in lines)
    width = max(widest + 2 * EDGE, 5.0)
    figure, top = headed(height, title=title, subline=subline, notes=notes, stamp=stamp, width=width)
    for line in lines:
        left, head = EDGE, max(each.head for each in line)
        for plan in line:
            plan.draw(figure, left, top, head)
            left += plan.width + BETWEEN
        top += max(each.height for each in line)
    return figure


class _Plan:
    """How large everything of a matrix is, known before the figure is made."""

    def __init__(self, probe: Figure, name: str, matrix: pd.DataFrame, cell: float) -> None:
        self.matrix, self.cell = matrix, cell
        rows, columns = matrix.shape
        self.down = [fitted(probe, each, NAMES, SMALL, lines=2) for each in matrix.index]
        words = max(text_width(probe, line, SMALL) for each in self.down for line in each.split("\n"))
        self.left = LINE[SMALL] + 0.06 + words + 0.08
        beyond = SLANT if columns >= SLANTED else 0.0
        self.width = self.left + columns * cell + beyond
        self.name = fitted(probe, name, self.width, NORMAL, lines=3, weight="bold")
        self.names = column_names_height(probe, matrix, cell)
        self.head = LINE[NORMAL] * (self.name.count("\n") + 1) + 0.05 + LINE[SMALL] + self.names
        self.height = self.head + rows * cell + AFTER

    def draw(self, figure: Figure, left: float, top: float, head: float) -> None:
        """Draw it; matrices beside each other begin at the same height, whatever stands above them."""
        rows, columns = self.matrix.shape
        write_at(figure, left, top, self.name, fontsize=NORMAL, fontweight="bold")
        x, y = left + self.left, top + head
        quiet = {"fontsize": SMALL, "color": QUIET}
        write_at(figure, x, y - self.names - LINE[SMALL], visible(self.matrix.columns.name), **quiet)
        draw_cells(axes_at(figure, x, y, columns * self.cell, rows * self.cell), self.matrix.to_numpy(), self.cell)
        name_columns(figure, self.matrix, x, y - 0.07, self.cell)
        for i, each in enumerate(self.down):
            at = {"ha": "right", "va": "center", "fontsize": SMALL, "linespacing": 1.05}
            write_at(figure, x - 0.08, y + (i + 0.5) * self.cell, each, **at)
        middle = y + rows * self.cell / 2
        write_at(figure, left, middle, visible(self.matrix.index.name), rotation=90, va="center", **quiet)


def _cell(figure: Figure, matrix: pd.DataFrame) -> float:
    """As wide as the longest word above a column, where there are few."""
    if max(matrix.shape) >= SLANTED:
        return SMALLEST
    words = (word for name in matrix.columns for word in visible(name).split())
    return max(SMALLEST, *(text_width(figure, word, SMALL) + 0.1 for word in words))
