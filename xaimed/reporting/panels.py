"""Where did the model look? The picture with its evidence outlined, and each map laid over it, side by side."""

from __future__ import annotations

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
from xaimed.reporting.cases import Case, PanelMap
from xaimed.reporting.overlays import draw_colours, draw_map, draw_picture, outline_key, trouble_of

WIDTH, EDGE, GAP = 8.0, 0.12, 0.12
NARROWEST, WIDEST, TALLEST = 1.85, 2.6, 1.6
BELOW = 0.66  # what a bar of colours and its text take


@in_house_style
def draw_panel(case: Case, *, stamp: str | None = None) -> Figure:
    """One case: the header, then the picture and its maps, each with its bar of colours.

    Args:
        case: what to draw.
        stamp: what must never be missing from it, such as ``stand-in weights``.
    """
    width, cell = _columns(1 + len(case.maps))
    height = cell * min(case.aspect, TALLEST)
    probe = new_figure(width, 1)
    inner = width - 2 * EDGE
    header = _header(probe, case.header, inner, LARGE)
    taken = 0.0 if stamp is None else text_width(probe, stamp, SMALL, "bold") + 0.35
    subline = fitted(probe, case.subline, inner - taken, SMALL)
    titles = [fitted(probe, title, cell, NORMAL, lines=2, weight="bold") for title in case.titles]
    top = EDGE + LINE[LARGE] * len(header)
    title_top = top + LINE[SMALL] + 0.12
    picture_top = title_top + LINE[NORMAL] * max(title.count("\n") + 1 for title in titles) + 0.03
    figure = new_figure(width, picture_top + height + BELOW)
    for i, line in enumerate(header):
        write_at(figure, EDGE, EDGE + i * LINE[LARGE], line, fontsize=LARGE, fontweight="bold")
    write_at(figure, EDGE, top, subline, fontsize=SMALL, color=QUIET)
    if stamp is not None:
        stamp_at(figure, width - EDGE, top - 0.06, stamp)
    for i, title in enumerate(titles):
        x = EDGE + i * (cell + GAP)
        write_at(figure, x, picture_top - 0.04, title, va="bottom", fontsize=NORMAL, fontweight="bold")
        axes = axes_at(figure, x, picture_top, cell, height)
        bottom = picture_top + height
        if i == 0:
            draw_picture(axes, case)
            if case.mask is not None:
                outline_key(figure, x, bottom + 0.08, drawn=bool(np.any(case.mask)))
        else:
            draw_map(axes, case, case.maps[i - 1])
            _draw_bar(figure, case.maps[i - 1], x, bottom, cell)
    return figure


def _columns(count: int) -> tuple[float, float]:
    """The width of the figure and of a cell."""
    room = (WIDTH - 2 * EDGE - (count - 1) * GAP) / count
    cell = min(max(room, NARROWEST), WIDEST)
    return count * cell + (count - 1) * GAP + 2 * EDGE, cell


def _header(figure: Figure, header: str, width: float, size: float) -> list[str]:
    """On one line where it fits; otherwise broken before its parts, and a part too long for a line within itself."""
    lines: list[str] = []
    for part in header.split(" · "):
        joined = f"{lines[-1]} · {part}" if lines else part
        if lines and text_width(figure, joined, size, "bold") <= width:
            lines[-1] = joined
        else:
            lines.append(part)
    return [row for line in lines for row in fitted(figure, line, width, size, lines=2, weight="bold").split("\n")]


def _draw_bar(figure: Figure, panel_map: PanelMap, left: float, bottom: float, width: float) -> None:
    """The colours as they look over mid-grey, 0 at the left end and the raw maximum at the right."""
    if trouble := trouble_of(panel_map):
        write_at(figure, left, bottom + 0.08, trouble, fontsize=SMALL, fontweight="bold")
        return
    draw_colours(axes_at(figure, left, bottom + 0.08, width, 0.09), panel_map.kind)
    lowest = "≤ 0" if panel_map.raw.min() < 0 else "0"
    write_at(figure, left, bottom + 0.215, lowest, fontsize=SMALL, color=QUIET)
    write_at(figure, left + width, bottom + 0.215, f"{panel_map.maximum:.3g}", ha="right", fontsize=SMALL, color=QUIET)
    write_at(figure, left, bottom + 0.375, "scale: its own maximum", fontsize=SMALL, color=QUIET)
