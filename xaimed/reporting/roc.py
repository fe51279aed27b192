"""How well is each class told from the rest? ROC or precision-recall curves, one plot for each network."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

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
    new_figure,
    text_width,
    write_at,
)
from xaimed.reporting.colours import SERIES
from xaimed.reporting.headed import EDGE, KEY, WIDTH, furnish, headed, key_at
from xaimed.reporting.text import visible

LEFT, BETWEEN, UNDER = 0.62, 0.4, 0.52
ACROSS, FEWER, MANY = 3, 2, 7
"""Plots side by side; fewer where one has more than so many classes, whose names need room."""
LARGEST = 3.3
STYLES = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (4, 1, 1, 1)))
"""Lines differ in their dashes too: on grey paper, and where there are more classes than colours."""
AXES = {"roc": ("false positive rate", "true positive rate"), "precision_recall": ("recall", "precision")}
STEPS = {"roc": "default", "precision_recall": "steps-pre"}
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
    """A plot for each network, two or three side by side, with the areas and the n of every class below it.

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
    across = min(len(plots), ACROSS if max(map(len, plots.values())) <= MANY else FEWER)
    room = (WIDTH - EDGE - LEFT - (across - 1) * BETWEEN) / across
    side = min(room, LARGEST)
    width = max(EDGE + LEFT + across * side + (across - 1) * BETWEEN, 5.0)
    names = list(plots)
    lines = [names[start : start + across] for start in range(0, len(names), across)]
    head = {name: fitted(new_figure(width, 1), name, side, NORMAL, lines=2, weight="bold") for name in names}
    legend = _Legend(plots, kind, side, printed)
    heads = [LINE[NORMAL] * max(head[name].count("\n") + 1 for name in line) + 0.08 for line in lines]
    below = [UNDER + max(legend.height(name) for name in line) + 0.14 for line in lines]
    heights = [over + side + under for over, under in zip(heads, below, strict=True)]
    remarks = [KEYS[kind], *notes]
    figure, top = headed(sum(heights), title=title, subline=subline, notes=remarks, stamp=stamp, width=width)
    for line, over, height in zip(lines, heads, heights, strict=True):
        for i, name in enumerate(line):
            left = LEFT + i * (side + BETWEEN)
            write_at(figure, left, top + over - 0.06, head[name], va="bottom", fontsize=NORMAL, fontweight="bold")
            axes = axes_at(figure, left, top + over, side, side)
            _draw(axes, plots[name], kind, legend.colours, first=i == 0)
            legend.draw(figure, left, top + over + side + UNDER, name)
        top += height
    return figure


def _colours(plots: Mapping[str, Classes]) -> dict[str, tuple[str, Any]]:
    """Every class has one colour and one kind of dash in all plots."""
    names = list(dict.fromkeys(name for classes in plots.values() for name in classes))
    return {
        name: (SERIES[i % len(SERIES)], STYLES[(i + i // len(SERIES)) % len(STYLES)]) for i, name in enumerate(names)
    }


def _draw(axes: Axes, classes: Classes, kind: Kind, colours: Mapping[str, tuple[str, Any]], *, first: bool) -> None:
    across, down = AXES[kind]
    if kind == "roc":
        axes.plot([0, 1], [0, 1], linestyle=(0, (1, 2)), color=QUIET, linewidth=1)
    for name, rounds in classes.items():
        colour, style = colours[name]
        axes.plot(
            *mean_curve(rounds, kind),
            drawstyle=STEPS[kind],
            color=colour,
            linestyle=style,
            linewidth=1.4,
            clip_on=False,
        )
    axes.set_xlim(-0.01, 1)
    axes.set_ylim(0, 1.01)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
    furnish(axes, across, down if first else "")


class _Legend:
    """What stands below a plot: of every class its name, n and area, each on a line where all fit, or on two."""

    def __init__(
        self, plots: Mapping[str, Classes], kind: Kind, width: float, printed: Mapping[str, Mapping[str, str]]
    ) -> None:
        self.width, self.colours = width, _colours(plots)
        self.entries = {name: _entries(classes, kind, printed.get(name, {})) for name, classes in plots.items()}
        probe = new_figure(WIDTH, 1)
        every = [entry for entries in self.entries.values() for entry in entries]
        self.room = width - KEY - 0.16
        taken = (text_width(probe, f"{visible(each)}{n}   {area}", SMALL) for each, n, area in every)
        self.two = max(taken, default=0) > self.room

    def height(self, name: str) -> float:
        """What it takes, in inches."""
        return len(self.entries[name]) * self._line

    @property
    def _line(self) -> float:
        return 2 * LINE[SMALL] + 0.05 if self.two else LINE[SMALL] + 0.03

    def draw(self, figure: Figure, left: float, top: float, name: str) -> None:
        """The legend of one plot."""
        for each, n, area in self.entries[name]:
            beside = n if self.two else f"{n}   {area}"
            label = fitted(figure, each, self.room - text_width(figure, beside, SMALL), SMALL)
            colour, style = self.colours[each]
            key_at(figure, left, top, label, color=colour, linestyle=style, linewidth=1.6)
            write_at(figure, left + self.width, top, beside, ha="right", fontsize=SMALL, color=INK)
            if self.two:
                write_at(figure, left + KEY, top + LINE[SMALL], area, fontsize=SMALL, color=QUIET)
            top += self._line


def _entries(classes: Classes, kind: Kind, printed: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Of every class its name, its n, and its area with what is printed elsewhere."""
    entries = []
    for each, rounds in classes.items():
        area = mean_area(rounds, kind)
        told = f"{AREA[kind]} {'not defined' if math.isnan(area) else f'{area:.3f}'}"
        n = rounds[0].positives if rounds else 0
        entries.append((each, f"n = {n}", f"{told} (published {printed[each]})" if each in printed else told))
    return entries
