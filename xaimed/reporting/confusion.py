"""Which classes are mistaken for which? Counts and shares of each true class, in one matrix."""

from __future__ import annotations

import math
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xaimed.reporting.canvas import (
    INK,
    LARGE,
    LINE,
    NORMAL,
    QUIET,
    SMALL,
    axes_at,
    fitted,
    in_house_style,
    new_figure,
    stamp_at,
    text_width,
    write_at,
)
from xaimed.reporting.results import counted
from xaimed.reporting.text import visible

CELL, WIDEST, SMALLEST, EDGE = 0.95, 1.4, 0.62, 0.15
NAMES = 1.7  # the most that class names may take left of the matrix
SLANTED = 9  # from so many columns on, their names are slanted
SLANT = 1.3
STEEP = math.radians(55)
WHITE_ON = 0.18  # below this luminance white text has the better contrast


@in_house_style
def confusion_figure(
    confusion: pd.DataFrame, *, title: str, samples: int, repeats: int = 1, stamp: str | None = None
) -> Figure:
    """Counts with their share of the row; the darker, the larger the share.

    Args:
        confusion: from ``xaimed.evaluation.summary.pooled_confusion``; the names of its index and columns become the
            names of the axes.
        title: which run this is; n is added below it.
        samples: how many different samples.
        repeats: over how many repeats of them the counts are summed.
        stamp: what must never be missing from it.
    """
    counts = confusion.to_numpy()
    rows, columns = counts.shape
    probe = new_figure(8, 1)
    cell, slanted = _cell(probe, confusion), columns >= SLANTED
    down = [fitted(probe, name, NAMES, NORMAL, lines=3) for name in confusion.index]
    names_width = max(text_width(probe, line, NORMAL) for name in down for line in name.split("\n"))
    left = EDGE + LINE[NORMAL] + 0.1 + names_width + 0.1
    width = max(left + columns * cell + EDGE + (SLANT * 0.6 if slanted else 0), 4.2)
    taken = 0.0 if stamp is None else text_width(probe, stamp, SMALL, "bold") + 0.35
    heading = fitted(probe, title, width - 2 * EDGE, LARGE, lines=3, weight="bold")
    top = EDGE + LINE[LARGE] * (heading.count("\n") + 1)
    matrix_top = top + LINE[NORMAL] + 0.2 + LINE[NORMAL] + column_names_height(probe, confusion, cell, slanted=slanted)
    figure = new_figure(width, matrix_top + rows * cell + 0.2)
    write_at(figure, EDGE, EDGE, heading, fontsize=LARGE, fontweight="bold")
    subline = fitted(figure, _subline(confusion, counted(samples, repeats)), width - 2 * EDGE - taken, SMALL)
    write_at(figure, EDGE, top + 0.02, subline, fontsize=SMALL, color=QUIET)
    if stamp is not None:
        stamp_at(figure, width - EDGE, top - 0.04, stamp)
    axes = axes_at(figure, left, matrix_top, columns * cell, rows * cell)
    draw_cells(axes, counts, cell)
    for i, name in enumerate(down):
        place = {"ha": "right", "va": "center", "fontsize": NORMAL, "linespacing": 1.05}
        write_at(figure, left - 0.1, matrix_top + (i + 0.5) * cell, name, **place)
    name_columns(figure, confusion, left, matrix_top - 0.07, cell, slanted=slanted)
    middle = matrix_top + rows * cell / 2
    style = {"fontsize": NORMAL, "fontweight": "bold"}
    write_at(figure, EDGE, middle, visible(confusion.index.name), rotation=90, va="center", **style)
    write_at(figure, left, top + LINE[NORMAL] + 0.14, visible(confusion.columns.name), **style)
    return figure


def _cell(figure: Figure, confusion: pd.DataFrame) -> float:
    """Small where there are many, otherwise as wide as the longest word above a column, within bounds."""
    if max(confusion.shape) >= SLANTED:
        return SMALLEST
    words = (word for name in confusion.columns for word in visible(name).split())
    longest = max((text_width(figure, word, SMALL) for word in words), default=0)
    return min(max(CELL, longest + 0.1), WIDEST)


def _subline(confusion: pd.DataFrame, n: str) -> str:
    square = list(confusion.index) == list(confusion.columns)
    return f"{n} · count and % of {'the true class' if square else 'those known'}"


def draw_cells(axes: Axes, counts: npt.NDArray[np.int64], cell: float) -> None:
    """Counts with their share of the row, in cells that are so many inches wide."""
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    # The darkest tenth of the map is left out: black text and white text both stay readable throughout.
    colours = matplotlib.colormaps["Blues"](0.9 * shares)
    axes.imshow(colours, aspect="equal")
    axes.set_xticks(np.arange(1, counts.shape[1]) - 0.5)
    axes.set_yticks(np.arange(1, counts.shape[0]) - 0.5)
    axes.grid(color="white", linewidth=1.5)
    axes.tick_params(length=0, labelbottom=False, labelleft=False)
    small = cell < CELL
    for (i, j), count in np.ndenumerate(counts):
        colour = "white" if _luminance(colours[i, j]) < WHITE_ON else INK
        share = "–" if totals[i, 0] == 0 else _percent(100 * shares[i, j], 0 if small else 1)
        place: dict[str, Any] = {"ha": "center", "color": colour}
        size = NORMAL if small else LARGE
        axes.text(j, i - 0.03, str(int(count)), va="bottom", fontsize=size, weight="bold", **place)
        axes.text(j, i + 0.1, share, va="top", fontsize=SMALL, **place)


def _percent(value: float, decimals: int) -> str:
    least: float = 10.0**-decimals
    return f"< {least:.{decimals}f} %" if 0 < value < least / 2 else f"{value:.{decimals}f} %"


def _luminance(colour: npt.NDArray[np.float64]) -> float:
    linear = np.where(colour[:3] <= 0.04045, colour[:3] / 12.92, ((colour[:3] + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))


def column_names_height(figure: Figure, confusion: pd.DataFrame, cell: float, *, slanted: bool) -> float:
    """What the names above the columns take, in inches."""
    if slanted:
        longest = max(text_width(figure, visible(name), SMALL) for name in confusion.columns)
        return min(SLANT, longest * math.sin(STEEP) + 0.2)
    broken = [fitted(figure, name, cell - 0.06, SMALL, lines=4) for name in confusion.columns]
    return 0.07 + LINE[SMALL] * max(name.count("\n") + 1 for name in broken)


def name_columns(
    figure: Figure, confusion: pd.DataFrame, left: float, bottom: float, cell: float, *, slanted: bool
) -> None:
    """The names above the columns, broken to their width or slanted."""
    for j, name in enumerate(confusion.columns):
        x = left + (j + 0.5) * cell
        if slanted:
            longest = (SLANT - 0.15) / math.sin(STEEP)
            style = {
                "rotation": math.degrees(STEEP),
                "rotation_mode": "anchor",
                "ha": "left",
                "va": "bottom",
                "fontsize": SMALL,
            }
            write_at(figure, x, bottom, fitted(figure, name, longest, SMALL), **style)
        else:
            text = fitted(figure, name, cell - 0.06, SMALL, lines=4)
            write_at(figure, x, bottom, text, ha="center", va="bottom", fontsize=SMALL)
