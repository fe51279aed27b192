"""Do networks look at the same place? Heatmaps of several of them over the same picture, a row for each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from xaimed.reporting.canvas import (
    INK,
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
from xaimed.reporting.cases import Case, PanelMap
from xaimed.reporting.headed import EDGE, WIDTH, headed
from xaimed.reporting.overlays import draw_colours, draw_map, draw_picture, outline_key, trouble_of
from xaimed.reporting.text import shortened

GAP, AFTER, HEADS = 0.1, 0.16, 0.13
WIDEST, TALLEST = 1.85, 1.4
FOOT = 0.24
EMPTY = "no such case"


@dataclass(frozen=True)
class Look:
    """One heatmap and what was decided of its picture.

    Attributes:
        picture: ``[H, W]``, ``[1, H, W]`` or ``[3, H, W]`` in 0..1; None where it cannot be read, and the map stands
            alone.
        heatmap: ``[h, w]``, raw.
        said: what stands below it, a line each, the decision first: ``✓ Normal``, ``p = 0.93``.
        own: the name of the sample where it is not that of the row; its picture then stands below the map.
        mask: evidence of a picture of its own ``[H, W]``, where there is any.
    """

    picture: npt.ArrayLike | None
    heatmap: npt.ArrayLike
    said: tuple[str, ...]
    own: str = ""
    mask: npt.ArrayLike | None = None

    @property
    def case(self) -> Case:
        """What is drawn: the picture, or an even grey in its place."""
        picture = np.full((64, 64), 0.5) if self.picture is None else self.picture
        return Case(picture, (PanelMap("", self.heatmap),), "", "", self.mask)


@dataclass(frozen=True)
class GridRow:
    """One row of the page.

    Attributes:
        name: the class.
        said: what stands beside the name, such as how the sample was chosen.
        cells: a heatmap for every column; None where there is no such case, or a line that says what is missing.
        picture: of the sample that the cells share; None where they share none, or where it cannot be read.
        sample: the name of that sample.
        mask: evidence ``[H, W]``, where there is any.
    """

    name: str
    said: str
    cells: tuple[Look | str | None, ...]
    picture: npt.ArrayLike | None = None
    sample: str = ""
    mask: npt.ArrayLike | None = None

    @property
    def original(self) -> Case | None:
        """The picture of the first column."""
        return None if self.picture is None else Case(self.picture, (), "", "", self.mask)


@in_house_style
def heatmap_grid(
    rows: Sequence[GridRow],
    columns: Sequence[str],
    *,
    title: str,
    subline: str = "",
    notes: Sequence[str] = (),
    stamp: str | None = None,
) -> Figure:
    """Rows of one class each: the picture, then the heatmap of every column over it.

    Args:
        rows: from top to bottom, each with as many cells as there are columns.
        columns: what stands above the heatmaps, such as the names of the networks; up to five are readable in print.
        title: what is compared.
        subline: which cases these are.
        notes: what stands below, such as what is missing.
        stamp: what must never be missing from it.
    """
    cell = min((WIDTH - 2 * EDGE - len(columns) * GAP) / (1 + len(columns)), WIDEST)
    width = max(2 * EDGE + (1 + len(columns)) * (cell + GAP) - GAP, 5.0)
    probe = new_figure(width, 1)
    heads = [fitted(probe, text, cell, NORMAL, lines=4, weight="bold") for text in ("Image", *columns)]
    over = LINE[NORMAL] * max(head.count("\n") + 1 for head in heads) + HEADS
    plans = [_Plan(probe, row, cell) for row in rows]
    height = over + sum(plan.height for plan in plans) + FOOT
    alone = any(isinstance(each, Look) and each.picture is None for row in rows for each in row.cells)
    grey = ["Where the picture cannot be read here, its map stands over grey."] if alone else []
    remarks = ["Each map has its own scale, from 0 to its own maximum.", *grey, *notes]
    figure, top = headed(height, title=title, subline=subline, notes=remarks, stamp=stamp, width=width)
    for i, head in enumerate(heads):
        write_at(figure, _left(i, cell), top + over - HEADS, head, va="bottom", fontsize=NORMAL, fontweight="bold")
    y = top + over
    for plan in plans:
        plan.draw(figure, y)
        y += plan.height
    _draw_foot(figure, rows, y, cell)
    return figure


def _left(column: int, cell: float) -> float:
    return EDGE + column * (cell + GAP)


class _Plan:
    """How high everything in a row is, known before the figure is made."""

    def __init__(self, probe: Figure, row: GridRow, cell: float) -> None:
        self.row, self.cell = row, cell
        self.name = fitted(probe, row.name, WIDTH / 2, NORMAL, weight="bold")
        shift = text_width(probe, self.name, NORMAL, "bold") + 0.12
        room = probe.get_size_inches()[0] - 2 * EDGE
        self.aside = fitted(probe, row.said, room - shift, SMALL) if row.said else ""
        self.shift = shift
        looks = [each for each in row.cells if isinstance(each, Look)]
        cases = [*(look.case for look in looks), *([row.original] if row.original else [])]
        self.tall = cell * min(max((case.aspect for case in cases), default=0.35), TALLEST)
        self.below = [_below(probe, each, cell) for each in row.cells]
        self.sample = _shortened(probe, row.sample, cell) if row.sample else ""
        lines = max([text.count("\n") + 1 for text in (*self.below, self.sample) if text], default=0)
        self.text = lines * LINE[SMALL] + 0.05
        self.has_own = any(look.own for look in looks)
        self.height = LINE[NORMAL] + 0.06 + self.tall + self.text + (self.tall + 0.06 if self.has_own else 0) + AFTER

    def draw(self, figure: Figure, top: float) -> None:
        write_at(figure, EDGE, top, self.name, fontsize=NORMAL, fontweight="bold")
        write_at(figure, EDGE + self.shift, top + 0.012, self.aside, fontsize=SMALL, color=QUIET)
        y = top + LINE[NORMAL] + 0.06
        if self.row.original:
            draw_picture(axes_at(figure, _left(0, self.cell), y, self.cell, self.tall), self.row.original)
            write_at(figure, _left(0, self.cell), y + self.tall + 0.04, self.sample, fontsize=SMALL, color=QUIET)
        else:
            common = "no case in common" if any(self.row.cells) else EMPTY
            self._place_words(figure, 0, y, f"{self.row.sample}: not here" if self.row.sample else common)
        for i, (each, below) in enumerate(zip(self.row.cells, self.below, strict=True), start=1):
            if isinstance(each, Look):
                self._draw_look(figure, i, y, each, below)
            else:
                self._place_words(figure, i, y, each or EMPTY)

    def _draw_look(self, figure: Figure, column: int, top: float, look: Look, below: str) -> None:
        left, case = _left(column, self.cell), look.case
        draw_map(axes_at(figure, left, top, self.cell, self.tall), case, case.maps[0])
        write_at(figure, left, top + self.tall + 0.04, below, fontsize=SMALL, color=INK)
        if look.own and look.picture is not None:
            draw_picture(axes_at(figure, left, top + self.tall + self.text + 0.03, self.cell, self.tall), case)

    def _place_words(self, figure: Figure, column: int, top: float, words: str) -> None:
        """What stands in a cell without a picture, in a thin frame so that it is not taken for a gap."""
        axes = axes_at(figure, _left(column, self.cell), top, self.cell, self.tall)
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set(color="#cccccc", linewidth=0.6)
        text = fitted(figure, words, self.cell - 0.16, SMALL, lines=5)
        middle = _left(column, self.cell) + self.cell / 2
        write_at(figure, middle, top + self.tall / 2, text, ha="center", va="center", fontsize=SMALL, color=QUIET)


def _below(figure: Figure, cell: Look | str | None, width: float) -> str:
    if not isinstance(cell, Look):
        return ""
    said = [*cell.said, *filter(None, [trouble_of(cell.case.maps[0])])]
    lines = [fitted(figure, line, width - 0.05, SMALL, lines=3) for line in said]
    return "\n".join([*lines, *(["own case:", _shortened(figure, cell.own, width)] if cell.own else [])])


def _shortened(figure: Figure, identifier: str, width: float) -> str:
    """An identifier on one line, its middle left out where it is too long."""
    fits = (shortened(identifier, most) for most in range(len(identifier), 3, -1))
    return next((text for text in fits if text_width(figure, text, SMALL) <= width), shortened(identifier, 3))


def _draw_foot(figure: Figure, rows: Sequence[GridRow], top: float, cell: float) -> None:
    """The bar of colours once for the page, and what the outline means."""
    masks = [row.mask for row in rows] + [each.mask for row in rows for each in row.cells if isinstance(each, Look)]
    if any(mask is not None and np.any(mask) for mask in masks):
        outline_key(figure, EDGE, top + 0.05, drawn=True)
    left = _left(1, cell)
    write_at(figure, left, top + 0.05, "low", fontsize=SMALL, color=QUIET)
    begin = left + text_width(figure, "low", SMALL) + 0.08
    draw_colours(axes_at(figure, begin, top + 0.06, 1.3, 0.11), "heatmap")
    write_at(figure, begin + 1.38, top + 0.05, "high importance", fontsize=SMALL, color=QUIET)
