"""How well is each class told from the rest? ROC or precision-recall curves, one plot for each network."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xaimed.evaluation.discrimination import Judged, Kind, mean_area, mean_curve
from xaimed.reporting.canvas import (
    INK,
    LINE,
    NORMAL,
    QUIET,
    SMALL,
    axes_at,
    fitted,
    in_house_style,
    text_width,
    write_at,
)
from xaimed.reporting.colours import SERIES
from xaimed.reporting.headed import EDGE, KEY, WIDTH, furnish, headed, key_at

LEFT, BETWEEN, UNDER = 0.5, 0.42, 0.52
ACROSS = 3  # plots side by side
LARGEST = 3.3
STYLES = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (4, 1, 1, 1)))
"""Lines differ in their dashes too: on grey paper, and where there are more classes than colours."""
AXES = {"roc": ("false positive rate", "true positive rate"), "precision_recall": ("recall", "precision")}
AREA = {"roc": "AUC", "precision_recall": "AP"}
KEYS = {
    "roc": "Dotted: a classifier that guesses (AUC 0.5).",
    "precision_recall": "AP: average precision; a classifier that guesses has the share of the class.",
}

Classes = Mapping[str, Sequence[Judged]]


@in_house_style
def roc_figure(
    plots: Mapping[str, Classes],
    *,
    title: str,
    subline: str = "",
    kind: Kind = "roc",
    published: Mapping[str, Mapping[str, str]] | None = None,
    notes: Sequence[str] = (),
    stamp: str | None = None,
) -> Figure:
    """A plot for each network, three side by side, with the areas and the n of every class below it.

    Args:
        plots: by the name of the network, what ``xaimed.evaluation.discrimination.one_against_rest`` gives: by class,
            truth and probability in each round of judgements. Several rounds (seeds, repeats) are drawn as their mean.
        title: what is compared.
        subline: what was counted.
        kind: ``roc`` or ``precision_recall``.
        published: by network and class, the area that is printed elsewhere, as text.
        notes: what stands below.
        stamp: what must never be missing from it.
    """
    printed = published or {}
    across = min(len(plots), ACROSS)
    room = (WIDTH - EDGE - LEFT - (across - 1) * BETWEEN) / across
    side = min(room, LARGEST)
    width = max(EDGE + LEFT + across * side + (across - 1) * BETWEEN, 5.0)
    names = list(plots)
    lines = [names[start : start + across] for start in range(0, len(names), across)]
    heads = 2 * LINE[NORMAL]
    heights = [
        heads + side + UNDER + LINE[SMALL] * max(_lines(plots[name], printed.get(name, {})) for name in line) + 0.12
        for line in lines
    ]
    remarks = [KEYS[kind], *notes]
    figure, top = headed(sum(heights), title=title, subline=subline, notes=remarks, stamp=stamp, width=width)
    colours = _colours(plots)
    for line, height in zip(lines, heights, strict=True):
        for i, name in enumerate(line):
            left = LEFT + i * (side + BETWEEN)
            head = fitted(figure, name, side, NORMAL, lines=2, weight="bold")
            write_at(figure, left, top + heads - 0.05, head, va="bottom", fontsize=NORMAL, fontweight="bold")
            axes = axes_at(figure, left, top + heads, side, side)
            _draw(axes, plots[name], kind, colours, first=i == 0)
            _legend(figure, left, top + heads + side + UNDER, side, plots[name], kind, colours, printed.get(name, {}))
        top += height
    return figure


def _colours(plots: Mapping[str, Classes]) -> dict[str, tuple[str, object]]:
    """Every class has one colour and one kind of dash in all plots."""
    names = list(dict.fromkeys(name for classes in plots.values() for name in classes))
    return {
        name: (SERIES[i % len(SERIES)], STYLES[(i + i // len(SERIES)) % len(STYLES)]) for i, name in enumerate(names)
    }


def _draw(axes: Axes, classes: Classes, kind: Kind, colours: Mapping[str, tuple[str, object]], *, first: bool) -> None:
    across, down = AXES[kind]
    if kind == "roc":
        axes.plot([0, 1], [0, 1], linestyle=(0, (1, 2)), color=QUIET, linewidth=1)
    for name, rounds in classes.items():
        colour, style = colours[name]
        axes.plot(*mean_curve(rounds, kind), color=colour, linestyle=style, linewidth=1.4, clip_on=False)
    axes.set_xlim(-0.01, 1)
    axes.set_ylim(0, 1.01)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
    furnish(axes, across, down if first else "")


def _lines(classes: Classes, printed: Mapping[str, str]) -> int:
    """How many lines of text a legend takes."""
    return sum(2 if name in printed else 1 for name in classes)


def _legend(
    figure: Figure,
    left: float,
    top: float,
    width: float,
    classes: Classes,
    kind: Kind,
    colours: Mapping[str, tuple[str, object]],
    printed: Mapping[str, str],
) -> None:
    """A line for each class: its name, its n and its area; what is printed elsewhere on a line below it."""
    for name, rounds in classes.items():
        area, positives = mean_area(rounds, kind), rounds[0].positives if rounds else 0
        told = f"{AREA[kind]} {area:.3f}" if not math.isnan(area) else "not defined"
        told = f"n = {positives}   {told}"
        colour, style = colours[name]
        label = fitted(figure, name, width - KEY - text_width(figure, told, SMALL) - 0.08, SMALL)
        key_at(figure, left, top, label, color=colour, linestyle=style, linewidth=1.6)
        write_at(figure, left + width, top, told, ha="right", fontsize=SMALL, color=INK)
        top += LINE[SMALL]
        if name in printed:
            write_at(figure, left + width, top, f"published {printed[name]}", ha="right", fontsize=SMALL, color=QUIET)
            top += LINE[SMALL]
