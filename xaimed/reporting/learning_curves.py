"""How did training go in several networks? Loss and accuracy of each, every fold thin, their mean thick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from xaimed.reporting.canvas import INK, LINE, NORMAL, axes_at, fitted, in_house_style, write_at
from xaimed.reporting.colours import SERIES
from xaimed.reporting.headed import EDGE, WIDTH, furnish, headed, key_at

LEFT, BETWEEN, TALL, UNDER = 0.72, 0.72, 1.6, 0.5
WIDE = (WIDTH - EDGE - LEFT - BETWEEN) / 2
ROW = LINE[NORMAL] + 0.06 + TALL + UNDER
KEYS = 0.2
PHASES = {"train": (SERIES[0], (0, (4, 1.5)), "training"), "val": (SERIES[1], "-", "validation")}
"""By the beginning of the column: colour, dashes, and what it is called."""
MEANS = "Thin: one fold; thick: the mean over folds, as far as all of them were trained."
SHOWN = {"loss": "loss", "accuracy": "accuracy (share of 1)"}

Histories = Mapping[str, pd.DataFrame]


@in_house_style
def learning_curves_figure(
    networks: Mapping[str, Histories],
    *,
    title: str,
    subline: str = "",
    kept: Mapping[str, Mapping[str, int]] | None = None,
    notes: Sequence[str] = (),
    stamp: str | None = None,
) -> Figure:
    """A row for each network: loss at the left, accuracy at the right.

    Args:
        networks: by name, the epochs of every fold: columns ``epoch, train/loss, val/loss, train/accuracy,
            val/accuracy``; what is absent or NaN is left out.
        title: what is compared.
        subline: what was counted.
        kept: by network and fold, the epoch whose weights were kept; marked on the validation lines.
        notes: what stands below.
        stamp: what must never be missing from it.
    """
    several = any(len(histories) > 1 for histories in networks.values())
    remarks = [*([MEANS] if several else []), *notes]
    figure, top = headed(len(networks) * ROW + KEYS, title=title, subline=subline, notes=remarks, stamp=stamp)
    for name, histories in networks.items():
        marked = (kept or {}).get(name, {})
        head = fitted(figure, f"{name} ({_folds(histories)})", WIDTH - LEFT - EDGE, NORMAL, weight="bold")
        write_at(figure, LEFT, top, head, fontsize=NORMAL, fontweight="bold")
        for i, (quantity, unit) in enumerate(SHOWN.items()):
            axes = axes_at(figure, LEFT + i * (WIDE + BETWEEN), top + LINE[NORMAL] + 0.06, WIDE, TALL)
            _draw(axes, histories, quantity, marked)
            _bound(axes, histories, quantity)
            furnish(axes, "epoch", unit)
        top += ROW
    _draw_keys(figure, top, with_kept=bool(kept))
    return figure


def _folds(histories: Histories) -> str:
    return f"n = {len(histories)} fold{'' if len(histories) == 1 else 's'}"


def _draw(axes: Axes, histories: Histories, quantity: str, kept: Mapping[str, int]) -> None:
    for phase, (colour, style, _) in PHASES.items():
        column = f"{phase}/{quantity}"
        found = {fold: each.set_index("epoch")[column].dropna() for fold, each in histories.items() if column in each}
        lines = {fold: line for fold, line in found.items() if len(line)}
        dot = {"marker": "."} if max(map(len, lines.values()), default=0) < 3 else {}
        for fold, line in lines.items():
            weight = {"linewidth": 0.7, "alpha": 0.45} if len(lines) > 1 else {"linewidth": 1.6}
            axes.plot(line.index, line, linestyle=style, color=colour, **weight, **dot)  # type: ignore[arg-type]
            if phase == "val" and kept.get(fold) in line.index:
                at = kept[fold]
                axes.plot([at], [line[at]], "o", color=colour, markersize=4, markeredgecolor=INK, zorder=4)
        if len(lines) > 1:
            mean = pd.concat(lines.values(), axis=1, join="inner").mean(axis=1)
            axes.plot(mean.index, mean, linestyle=style, color=colour, linewidth=2, zorder=3, **dot)  # type: ignore[arg-type]


def _bound(axes: Axes, histories: Histories, quantity: str) -> None:
    epochs = np.concatenate([[1], *(each["epoch"].to_numpy(dtype=float) for each in histories.values())])
    first, last = float(epochs.min()), float(epochs.max())
    axes.set_xlim(first - 0.5, last + 0.5) if last - first < 10 else axes.set_xlim(first - 0.02 * last, last * 1.02)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
    if quantity == "accuracy":
        axes.set_ylim(0, 1.02)


def _draw_keys(figure: Figure, top: float, *, with_kept: bool) -> None:
    right = LEFT
    for colour, style, told in PHASES.values():
        right = key_at(figure, right, top, told, color=colour, linestyle=style, linewidth=1.8) + 0.3
    if with_kept:
        mark = {"marker": "o", "markersize": 4.5, "markeredgecolor": INK, "linestyle": "none"}
        key_at(figure, right, top, "epoch whose weights were kept", color=PHASES["val"][0], **mark)
