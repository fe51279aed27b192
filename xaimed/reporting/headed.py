"""What surrounds the plots of a page? A heading, what was counted, a stamp above them, and remarks below."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from xaimed.reporting.canvas import (
    INK,
    LARGE,
    LINE,
    QUIET,
    SMALL,
    fitted,
    new_figure,
    stamp_at,
    text_width,
    write_at,
)

WIDTH, EDGE = 8.0, 0.15
"""Of a page, in inches: what is 8 pt on the screen is still 6.5 pt in a printed column 6.5 inches wide."""
LONGEST = 4  # lines of a remark
KEY = 0.32
"""From the left end of a key's line to its text."""


def headed(
    height: float,
    *,
    title: str,
    subline: str = "",
    notes: Sequence[str] = (),
    stamp: str | None = None,
    width: float = WIDTH,
) -> tuple[Figure, float]:
    """A figure with everything around its plots, and where these begin, in inches from its upper edge.

    Args:
        height: what the plots take, in inches.
        title: what the page shows.
        subline: what was counted.
        notes: what else a reader must know; they stand below the plots.
        stamp: what must never be missing from it, such as ``rehearsal``.
        width: of the figure, in inches.
    """
    probe = new_figure(width, 1)
    room = width - 2 * EDGE
    taken = 0.0 if stamp is None else text_width(probe, stamp, SMALL, "bold") + 0.35
    heading = fitted(probe, title, room - taken, LARGE, lines=3, weight="bold")
    told = fitted(probe, subline, room, SMALL, lines=3) if subline else ""
    remarks = [fitted(probe, note, room, SMALL, lines=LONGEST) for note in notes]
    below = EDGE + LINE[LARGE] * (heading.count("\n") + 1) + 0.02
    top = below + (LINE[SMALL] * (told.count("\n") + 1) if told else 0) + 0.14
    foot = sum(LINE[SMALL] * (remark.count("\n") + 1) for remark in remarks) + (0.1 if remarks else 0)
    figure = new_figure(width, top + height + foot + EDGE)
    write_at(figure, EDGE, EDGE, heading, fontsize=LARGE, fontweight="bold")
    write_at(figure, EDGE, below, told, fontsize=SMALL, color=QUIET)
    if stamp is not None:
        stamp_at(figure, width - EDGE, EDGE, stamp)
    y = top + height + 0.1
    for remark in remarks:
        write_at(figure, EDGE, y, remark, fontsize=SMALL, color=QUIET)
        y += LINE[SMALL] * (remark.count("\n") + 1)
    return figure, top


def furnish(axes: Axes, across: str = "", down: str = "") -> None:
    """Quiet axes: small ticks and labels, a frame at the left and below alone."""
    axes.set_xlabel(across, fontsize=SMALL, color=QUIET)
    axes.set_ylabel(down, fontsize=SMALL, color=QUIET)
    axes.tick_params(labelsize=SMALL, colors=QUIET, length=3)
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def key_at(figure: Figure, left: float, top: float, text: str, **style: object) -> float:
    """A short line or a mark and what it means; how far it reaches to the right."""
    across, down = figure.get_size_inches()
    ends = [left + 0.12] if style.get("linestyle") == "none" else [left, left + 0.26]
    y = 1 - (top + 0.07) / down
    figure.add_artist(Line2D([x / across for x in ends], [y] * len(ends), **style))  # type: ignore[arg-type]
    write_at(figure, left + KEY, top, text, fontsize=SMALL, color=INK)
    return left + KEY + text_width(figure, text, SMALL)
