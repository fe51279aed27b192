"""How did training go? Loss and accuracy over epochs for every fold, the kept epoch marked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

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
from xaimed.reporting.colours import SERIES

WIDTH, EDGE = 8.0, 0.15
PLOT_WIDTH, PLOT_HEIGHT, LEFT, BETWEEN = 3.2, 2.3, 0.62, 0.7
KEPT = {"marker": "o", "markersize": 6, "markeredgecolor": INK, "linestyle": "none"}
PER_ROW = 9  # keys of folds that stand beside each other


@in_house_style
def curves_figure(
    histories: Mapping[int, pd.DataFrame],
    *,
    title: str,
    monitor: str = "val/loss",
    mode: str = "min",
    stamp: str | None = None,
) -> Figure:
    """Loss and accuracy beside each other, dashed for training and solid for validation.

    Args:
        histories: by fold, with the columns ``epoch, train/loss, val/loss, train/accuracy, val/accuracy``; what is
            absent or NaN is left out.
        title: which run this is.
        monitor: the column that chose the kept checkpoint.
        mode: ``min`` or ``max``.
        stamp: what must never be missing from it.
    """
    probe = new_figure(WIDTH, 1)
    taken = 0.0 if stamp is None else text_width(probe, stamp, SMALL, "bold") + 0.35
    heading = fitted(probe, title, WIDTH - 2 * EDGE - taken, LARGE, lines=2, weight="bold")
    top = EDGE + LINE[LARGE] * (heading.count("\n") + 1) + 0.16
    keys = 0.3 + 0.22 * (1 + (len(histories) - 1) // PER_ROW)
    figure = new_figure(WIDTH, top + LINE[NORMAL] + PLOT_HEIGHT + 0.45 + keys)
    write_at(figure, EDGE, EDGE, heading, fontsize=LARGE, fontweight="bold")
    if stamp is not None:
        stamp_at(figure, WIDTH - EDGE, EDGE, stamp)
    for place, name in enumerate(("loss", "accuracy")):
        left = LEFT + place * (PLOT_WIDTH + BETWEEN)
        write_at(figure, left, top, name.capitalize(), fontsize=NORMAL, fontweight="bold")
        axes = axes_at(figure, left, top + LINE[NORMAL] + 0.04, PLOT_WIDTH, PLOT_HEIGHT)
        _furnish(axes, histories, name)
        for i, history in enumerate(histories.values()):
            _draw_fold(axes, history, name, SERIES[i % len(SERIES)], _best(history, monitor, mode))
    _draw_keys(figure, list(histories), top + LINE[NORMAL] + PLOT_HEIGHT + 0.5, f"{mode} {monitor}")
    return figure


def _best(history: pd.DataFrame, monitor: str, mode: str) -> int | None:
    """The row of the kept epoch, the first of equals as the checkpoint has it."""
    if monitor not in history or not history[monitor].notna().any():
        return None
    values = history[monitor].to_numpy(dtype=float)
    return int(np.nanargmin(values) if mode == "min" else np.nanargmax(values))


def _furnish(axes: Axes, histories: Mapping[int, pd.DataFrame], name: str) -> None:
    axes.set_xlabel("epoch", fontsize=SMALL, color=QUIET)
    axes.tick_params(labelsize=SMALL, colors=QUIET, length=3)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    last = max((int(history["epoch"].max()) for history in histories.values() if len(history)), default=0)
    first = min((int(history["epoch"].min()) for history in histories.values() if len(history)), default=0)
    axes.set_xlim(first - 0.5, last + 0.5) if last - first < 10 else axes.set_xlim(first - 0.02 * last, last * 1.02)
    if name == "accuracy":
        axes.set_ylim(0, 1.02)


def _draw_fold(axes: Axes, history: pd.DataFrame, name: str, colour: str, best: int | None) -> None:
    dot: dict[str, Any] = {"marker": "."} if len(history) < 3 else {}
    for phase, style in (("train", "--"), ("val", "-")):
        column = f"{phase}/{name}"
        if column in history:
            weight = 0.9 if phase == "train" else 1.5
            axes.plot(history["epoch"], history[column], style, color=colour, linewidth=weight, **dot)
    if best is not None and f"val/{name}" in history:
        point = history.iloc[best]
        kept: dict[str, Any] = {**KEPT, "markerfacecolor": colour}
        axes.plot([point["epoch"]], [point[f"val/{name}"]], zorder=5, **kept)


def _draw_keys(figure: Figure, folds: list[int], top: float, rule: str) -> None:
    across, down = figure.get_size_inches()

    def key(left: float, y: float, text: str, **style: object) -> None:
        ends = (
            [(left) / across, (left + 0.3) / across] if style.get("linestyle") != "none" else [(left + 0.15) / across]
        )
        figure.add_artist(Line2D(ends, [1 - (y + 0.07) / down] * len(ends), **style))  # type: ignore[arg-type]
        write_at(figure, left + 0.36, y, text, fontsize=SMALL, color=QUIET)

    key(LEFT, top, "training", color=INK, linewidth=0.9, linestyle="--")
    key(LEFT + 1.1, top, "validation", color=INK, linewidth=1.5)
    key(LEFT + 2.3, top, f"kept epoch ({rule})", **KEPT, markerfacecolor="white")
    for i, fold in enumerate(folds):
        y = top + 0.22 * (1 + i // PER_ROW)
        key(LEFT + (i % PER_ROW) * 0.8, y, f"fold {fold}", color=SERIES[i % len(SERIES)], linewidth=1.5)
