"""Is it right as often as it is sure? Accuracy against confidence, with how many decisions each point stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xaimed.evaluation.calibration import Bin
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
from xaimed.reporting.colours import SERIES

EDGE, LEFT, SIDE, BETWEEN = 0.15, 0.62, 3.9, 0.62
COUNTS = 0.2  # the row of counts above the plot


@in_house_style
def reliability_figure(
    panels: Mapping[str, Sequence[Bin]], *, title: str, subline: str, stamp: str | None = None
) -> Figure:
    """A plot for each set of bins: a point a bin at its mean confidence, Wilson's interval, n above.

    Args:
        panels: from ``xaimed.evaluation.calibration.reliability``, by what stands above each plot.
        title: which run this is.
        subline: what was counted.
        stamp: what must never be missing from it.
    """
    width = LEFT + len(panels) * SIDE + (len(panels) - 1) * BETWEEN + 2 * EDGE
    probe = new_figure(width, 1)
    taken = 0.0 if stamp is None else text_width(probe, stamp, SMALL, "bold") + 0.35
    heading = fitted(probe, title, width - 2 * EDGE, LARGE, lines=2, weight="bold")
    told = fitted(probe, subline, width - 2 * EDGE - taken, SMALL, lines=2)
    below = EDGE + LINE[LARGE] * (heading.count("\n") + 1)
    top = below + LINE[SMALL] * (told.count("\n") + 1) + 0.2
    plot = top + LINE[NORMAL] + 0.06 + COUNTS
    figure = new_figure(width, plot + SIDE + 0.55)
    write_at(figure, EDGE, EDGE, heading, fontsize=LARGE, fontweight="bold")
    write_at(figure, EDGE, below + 0.02, told, fontsize=SMALL, color=QUIET)
    if stamp is not None:
        stamp_at(figure, width - EDGE, below - 0.04, stamp)
    first = _first_confidence(panels)
    for i, (name, bins) in enumerate(panels.items()):
        left = LEFT + i * (SIDE + BETWEEN)
        write_at(
            figure, left, top, fitted(figure, name, SIDE, NORMAL, weight="bold"), fontsize=NORMAL, fontweight="bold"
        )
        axes = axes_at(figure, left, plot, SIDE, SIDE)
        _furnish(axes, first)
        _draw(axes, bins)
        write_at(figure, left - 0.1, plot - 0.04, "n", ha="right", va="bottom", fontsize=SMALL, color=QUIET)
    return figure


def _first_confidence(panels: Mapping[str, Sequence[Bin]]) -> float:
    """Where the axis begins: at 0, or at one half where no decision is less sure, as with two classes."""
    lowest = min((part.low for bins in panels.values() for part in bins), default=0.0)
    return 0.5 if lowest >= 0.5 - 1e-9 else 0.0


def _furnish(axes: Axes, first: float) -> None:
    axes.set_xlim(first, 1)
    axes.set_ylim(0, 1)
    axes.plot([0, 1], [0, 1], "--", color=QUIET, linewidth=0.9)
    axes.set_xlabel("confidence", fontsize=SMALL, color=QUIET)
    axes.set_ylabel("share that is right", fontsize=SMALL, color=QUIET)
    axes.set_xticks(np.linspace(first, 1, 6))
    axes.set_yticks(np.linspace(0, 1, 6))
    axes.tick_params(labelsize=SMALL, colors=QUIET, length=3)
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _draw(axes: Axes, bins: Sequence[Bin]) -> None:
    for part in bins:
        rate, at = part.accuracy, part.confidence
        axes.bar((part.low + part.high) / 2, rate.value, part.high - part.low, color=SERIES[5], alpha=0.35, linewidth=0)
        axes.plot([at, at], [rate.low, rate.high], color=SERIES[0], linewidth=1.4, clip_on=False)
        axes.plot([at], [rate.value], "o", color=SERIES[0], markersize=5, clip_on=False, zorder=3)
        place: dict[str, Any] = {"ha": "center", "va": "bottom", "fontsize": SMALL, "color": QUIET}
        axes.text((part.low + part.high) / 2, 1.015, _count(part.count), **place)


def _count(n: int) -> str:
    """At most five characters, for a bin is not wider."""
    return str(n) if n < 100_000 else f"{n / 1000:.0f}k"
