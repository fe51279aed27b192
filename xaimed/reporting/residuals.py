"""How are residuals shown? Histograms beside residual against probability, and a list of the confident mistakes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullLocator

from xaimed.evaluation.predictions import Predictions
from xaimed.evaluation.residuals import CONFIDENT, TRAITS, Mistakes, residuals, true_class_residuals
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
from xaimed.reporting.results import counted
from xaimed.reporting.tables import Cell, Table

WIDTH, EDGE, LEFT, BETWEEN, WIDE, TALL = 7.6, 0.15, 0.65, 0.75, 2.9, 1.75
ROW = LINE[NORMAL] + TALL + 0.62
MOST_ROWS = 6
BINS = 10  # of probability, over which the mean residual is drawn
ABSENT, PRESENT = SERIES[0], SERIES[1]
SHOWN = 4000  # points; more are one blot


@in_house_style
def residuals_figure(predictions: Predictions, *, title: str, stamp: str | None = None) -> Figure:
    """A row for each class (of a binary task the positive one), first one for the true class where there are several.

    Args:
        predictions: of the run.
        title: which run this is.
        stamp: what must never be missing from it.
    """
    by_class = {str(name): part for name, part in residuals(predictions).groupby("class", sort=False)}
    names = sorted(by_class, key=lambda name: -by_class[name]["residual"].abs().mean())[:MOST_ROWS]
    kept = [name for name in by_class if name in names]
    own = predictions.kind == "multiclass"
    probe = new_figure(WIDTH, 1)
    taken = 0.0 if stamp is None else text_width(probe, stamp, SMALL, "bold") + 0.35
    heading = fitted(probe, title, WIDTH - 2 * EDGE - taken, LARGE, lines=2, weight="bold")
    top = EDGE + LINE[LARGE] * (heading.count("\n") + 1) + 0.02
    said = f"{counted(predictions.samples, len(predictions.repeats))} · residual = truth (0 or 1) − probability"
    said += " · dashed: beyond it a mistake is confident"
    if len(kept) < len(by_class):
        said += f" · the {len(kept)} of {len(by_class)} classes with the largest residuals"
    figure = new_figure(WIDTH, top + 3 * LINE[SMALL] + 0.2 + (len(kept) + own) * ROW)
    write_at(figure, EDGE, EDGE, heading, fontsize=LARGE, fontweight="bold")
    write_at(figure, EDGE, top, fitted(figure, said, WIDTH - 2 * EDGE, SMALL, lines=2), fontsize=SMALL, color=QUIET)
    if stamp is not None:
        stamp_at(figure, WIDTH - EDGE, EDGE, stamp)
    top += LINE[SMALL] * (2 if len(kept) < len(by_class) else 1) + 0.05
    _keys(figure, top, own)
    top += LINE[SMALL] + 0.15
    if own:
        rows = true_class_residuals(predictions)
        sides = {"right": rows["correct"].to_numpy(), "wrong": ~rows["correct"].to_numpy()}
        _draw_row(figure, top, "True class, whichever it is", rows, sides, "probability of the predicted class")
        top += ROW
    for name in kept:
        part = by_class[name]
        sides = {"absent": (part["truth"] == 0).to_numpy(), "present": (part["truth"] == 1).to_numpy()}
        _draw_row(figure, top, name, part, sides, f"probability of {name}")
        top += ROW
    return figure


def mistakes_table(found: Mistakes, tests: Mapping[str, tuple[float, float]] | None = None) -> Table:
    """The confident mistakes, the most confident first.

    Args:
        found: what ``xaimed.evaluation.residuals.confident_mistakes`` gives.
        tests: what ``xaimed.evaluation.residuals.traits_of_mistakes`` gives, where pictures were measured.
    """
    known = [name for name in TRAITS if any(name in mistake.traits for mistake in found.shown)]
    panels = any(mistake.panel for mistake in found.shown)
    rows: list[tuple[Cell, ...]] = [
        (
            mistake.sample_id,
            mistake.patient,
            mistake.fold,
            mistake.truth,
            mistake.predicted,
            _probability(mistake.probability),
            *(_trait(mistake.traits.get(name)) for name in known),
            *([mistake.panel or "–"] if panels else []),
        )
        for mistake in found.shown
    ]
    columns = (
        *("Sample", "Patient", "Fold", "Truth", "Predicted", "p"),
        *(f"{name.capitalize()} (percentile)" for name in known),
        *(["Panel"] if panels else []),
    )
    notes = [_counted(found)]
    if known:
        notes.append("Percentile: among all pictures of the run; 0 is the least.")
    for name, (effect, p) in (tests or {}).items():
        if not np.isnan(p):
            told = f"all mistakes against what is right: Cliff's δ {effect:+.2f} (below 0: mistakes have less)"
            notes.append(f"{name.capitalize()}, {told}, p {_p(p)} (Mann-Whitney over pictures, Holm).")
    return Table("Confident mistakes", columns, tuple(rows), tuple(notes))


def _counted(found: Mistakes) -> str:
    share = f"{found.every} of {found.decisions} decisions are wrong"
    if not found.every:
        return f"No mistake: {share}."
    if not found.confident:
        return f"{share}, none with p ≥ {found.threshold:g}; the surest has p {_probability(found.surest)}."
    listed = "" if found.confident == len(found.shown) else f", the first {len(found.shown)} of them here"
    return f"{share}, {found.confident} with p ≥ {found.threshold:g}{listed}; p: of what was wrongly said."


def _probability(value: float) -> str:
    return "> 0.999" if 0.9995 <= value < 1 else f"{value:.3f}"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def _trait(found: tuple[float, float] | None) -> str:
    return "–" if found is None or np.isnan(found[0]) else f"{found[0]:.3f} ({found[1]:.0f})"


def _draw_row(
    figure: Figure, top: float, name: str, rows: pd.DataFrame, sides: Mapping[str, npt.NDArray[np.bool_]], about: str
) -> None:
    values = rows["residual"].to_numpy()
    spread = f" ± {values.std(ddof=1):.3f}" if len(values) > 1 else ""
    counts = ", ".join(f"{int(mask.sum())} {side}" for side, mask in sides.items())
    told = f"mean {values.mean():+.3f}{spread} (SD) · n = {len(values)}: {counts}".replace("-", "−")
    head = fitted(figure, name, 2.6, NORMAL, weight="bold")
    write_at(figure, LEFT, top, head, fontsize=NORMAL, fontweight="bold")
    shift = text_width(figure, head, NORMAL, "bold") + 0.15
    write_at(figure, LEFT + shift, top + 0.01, told, fontsize=SMALL, color=QUIET)
    low = -1.0 if "absent" in sides else 0.0
    histogram = axes_at(figure, LEFT, top + LINE[NORMAL] + 0.08, WIDE, TALL)
    edges = np.linspace(low, 1, 41 if low else 21)
    for mask, colour in zip(sides.values(), (ABSENT, PRESENT), strict=True):
        histogram.hist(values[mask], edges.tolist(), histtype="stepfilled", color=colour, alpha=0.75, log=True)
    histogram.set_ylim(0.7, max(2.0, 2 * max(np.histogram(values, edges)[0])))
    histogram.set_xlim(low, 1)
    histogram.set_xticks(np.linspace(low, 1, 5))
    histogram.yaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{count:g}"))
    histogram.yaxis.set_minor_locator(NullLocator())
    _furnish(histogram, "residual", "pictures (log scale)")
    scatter = axes_at(figure, LEFT + WIDE + BETWEEN, top + LINE[NORMAL] + 0.08, WIDE, TALL)
    _scatter(scatter, rows["probability"].to_numpy(), values, list(sides.values()))
    scatter.set_xlim(-0.02, 1.02)
    scatter.set_ylim(low - 0.06, 1.06)
    _furnish(scatter, fitted(figure, about, WIDE, SMALL), "residual")


def _scatter(
    axes: Axes, chance: npt.NDArray[np.float64], values: npt.NDArray[np.float64], sides: list[npt.NDArray[np.bool_]]
) -> None:
    step = max(1, len(values) // SHOWN)
    for mask, colour in zip(sides, (ABSENT, PRESENT), strict=True):
        axes.scatter(chance[mask][::step], values[mask][::step], s=9, color=colour, alpha=0.35, linewidths=0, zorder=3)
    which = np.minimum((chance * BINS).astype(int), BINS - 1)
    means = [(chance[which == i].mean(), values[which == i].mean()) for i in range(BINS) if (which == i).any()]
    axes.plot(*zip(*means, strict=True), color=INK, marker="D", markersize=3.5, linewidth=1, zorder=4)
    axes.axhline(0, color=QUIET, linewidth=0.7)
    axes.axvline(CONFIDENT, color=QUIET, linewidth=0.7, linestyle=(0, (2, 2)))
    if sides and values.min() < 0:
        axes.axvline(1 - CONFIDENT, color=QUIET, linewidth=0.7, linestyle=(0, (2, 2)))


def _furnish(axes: Axes, across: str, down: str) -> None:
    axes.set_xlabel(across, fontsize=SMALL, color=QUIET)
    axes.set_ylabel(down, fontsize=SMALL, color=QUIET)
    axes.tick_params(labelsize=SMALL, colors=QUIET, length=3)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _keys(figure: Figure, top: float, own: bool) -> None:
    across, down = figure.get_size_inches()
    words = ("absent (first row: right)", "present (first row: wrong)") if own else ("absent", "present")
    keys = [(f"class {words[0]}", ABSENT, "s"), (f"class {words[1]}", PRESENT, "s")]
    keys += [("mean residual by tenth of probability", INK, "D")]
    left = EDGE
    for text, colour, marker in keys:
        at = [(left + 0.05) / across], [1 - (top + 0.07) / down]
        figure.add_artist(Line2D(*at, color=colour, marker=marker, markersize=5, linestyle="none"))
        write_at(figure, left + 0.15, top, text, fontsize=SMALL, color=QUIET)
        left += text_width(figure, text, SMALL) + 0.4
