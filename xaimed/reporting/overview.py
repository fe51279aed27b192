"""What does the model do, at a glance? One page: right and wrong cases of every class below each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from xaimed.reporting.canvas import (
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
from xaimed.reporting.cases import Case
from xaimed.reporting.overlays import draw_colours, draw_map, draw_picture, outline_key, trouble_of

WORDS, CELL, EDGE, GAP = 1.75, 1.45, 0.12, 0.1
TALLEST = 1.4
BELOW = 0.26  # the line under a row of pictures, and air
WITHOUT_CASE = 0.34
FOOT = 0.72


@in_house_style
def draw_overview(rows: Sequence[Case | str], *, title: str, stamp: str | None = None) -> Figure:
    """The picture that a newcomer opens first.

    Args:
        rows: the cases from top to bottom; a line of text where there is none to show, such as
            ``Scoliosis, wrong: no such case``. At least one case.
        title: which run and fold this is.
        stamp: what must never be missing from it.
    """
    cases = [row for row in rows if isinstance(row, Case)]
    titles = max((case.titles for case in cases), key=len)
    width = EDGE + WORDS + len(titles) * (CELL + GAP) + EDGE
    probe = new_figure(width, 1)
    taken = 0.0 if stamp is None else text_width(probe, stamp, SMALL, "bold") + 0.35
    heading = fitted(probe, title, width - 2 * EDGE - taken, LARGE, lines=2, weight="bold")
    heads = [fitted(probe, text, CELL, NORMAL, lines=2, weight="bold") for text in titles]
    top = EDGE + LINE[LARGE] * (heading.count("\n") + 1) + 0.14
    top += LINE[NORMAL] * max(head.count("\n") + 1 for head in heads) + 0.04
    words = [_words(probe, row) for row in rows]
    heights = [_height(row, text) for row, text in zip(rows, words, strict=True)]
    figure = new_figure(width, top + sum(heights) + FOOT)
    write_at(figure, EDGE, EDGE, heading, fontsize=LARGE, fontweight="bold")
    if stamp is not None:
        stamp_at(figure, width - EDGE, EDGE, stamp)
    for i, head in enumerate(heads):
        write_at(figure, _column(i), top - 0.04, head, va="bottom", fontsize=NORMAL, fontweight="bold")
    for row, lines, height in zip(rows, words, heights, strict=True):
        for i, (line, style) in enumerate(lines):
            write_at(figure, EDGE, top + i * LINE[SMALL], line, fontsize=SMALL, **style)
        if isinstance(row, Case):
            _draw_row(figure, row, top)
        top += height
    _draw_foot(figure, cases, top)
    return figure


def _column(index: int) -> float:
    return EDGE + WORDS + GAP + index * (CELL + GAP)


def _height(row: Case | str, lines: list[tuple[str, dict[str, str]]]) -> float:
    if isinstance(row, str):
        return max(WITHOUT_CASE, len(lines) * LINE[SMALL] + 0.14)
    return max(CELL * min(row.aspect, TALLEST) + BELOW, len(lines) * LINE[SMALL] + 0.14)


def _words(figure: Figure, row: Case | str) -> list[tuple[str, dict[str, str]]]:
    """What stands left of a row, line by line, with its style."""
    if isinstance(row, str):
        room = figure.get_size_inches()[0] - 2 * EDGE
        return [(line, {"color": QUIET}) for line in fitted(figure, row, room, SMALL, lines=2).split("\n")]
    verdict, *decisions = row.header.split(" · ")
    parts = [(verdict, "bold", QUIET), *((part, "normal", "") for part in decisions)]
    parts += [(part, "normal", QUIET) for part in row.subline.split(" · ")]
    lines: list[tuple[str, dict[str, str]]] = []
    for i, (part, weight, colour) in enumerate(parts):
        style = {"fontweight": weight} if i == 0 or not colour else {"fontweight": weight, "color": colour}
        broken = fitted(figure, part, WORDS - 0.05, SMALL, lines=3, weight=weight)
        lines += [(line, style) for line in broken.split("\n")]
    return lines


def _draw_row(figure: Figure, case: Case, top: float) -> None:
    height = CELL * min(case.aspect, TALLEST)
    draw_picture(axes_at(figure, _column(0), top, CELL, height), case)
    for i, panel_map in enumerate(case.maps, start=1):
        draw_map(axes_at(figure, _column(i), top, CELL, height), case, panel_map)
        text = trouble_of(panel_map) or f"max {panel_map.maximum:.3g}"
        below = fitted(figure, text, CELL, SMALL)
        write_at(figure, _column(i), top + height + 0.03, below, fontsize=SMALL, color=QUIET)


def _draw_foot(figure: Figure, cases: Sequence[Case], top: float) -> None:
    """The bars of colours once for the page, and what the outline means."""
    if any(case.mask is not None and np.any(case.mask) for case in cases):
        outline_key(figure, _column(0), top + 0.08, drawn=True)
    widest = max(cases, key=lambda case: len(case.maps))
    for i, panel_map in enumerate(widest.maps, start=1):
        draw_colours(axes_at(figure, _column(i), top + 0.1, CELL, 0.09), panel_map.kind)
        write_at(figure, _column(i), top + 0.23, "0", fontsize=SMALL, color=QUIET)
        write_at(figure, _column(i) + CELL, top + 0.23, "max", ha="right", fontsize=SMALL, color=QUIET)
    note = "Each map has its own scale, from 0 to the maximum below it."
    write_at(figure, _column(0), top + 0.45, note, fontsize=SMALL, color=QUIET)
