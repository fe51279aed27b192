"""How is doubt shown? What each uncertainty is worth, and the risk that is left when the unsure are set aside."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from xaimed.config.many import many
from xaimed.evaluation.doubt import COVERAGES, NO_BETTER, OUTCOMES, PERCENTILE, RIGHT, WRONG, Doubt
from xaimed.evaluation.gathered import short_names
from xaimed.evaluation.selective import best_curve
from xaimed.evaluation.statistics.bootstrap import RESAMPLES, Interval
from xaimed.reporting.canvas import (
    INK,
    LARGE,
    LINE,
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
from xaimed.reporting.tables import Cell, Estimate, Table

WIDTH, EDGE, LEFT, PLOT, TALL = 7.2, 0.15, 0.7, 3.6, 3.0


def doubt_table(
    found: Sequence[Doubt], threshold: str = f"the {PERCENTILE:g}th percentile of the correct ones"
) -> Table:
    """A row for each uncertainty.

    Args:
        found: what ``xaimed.evaluation.doubt.doubts`` gives; at least one.
        threshold: in words, from where on a doubt is high.
    """
    kinds = [kind for kind in (WRONG, RIGHT, *OUTCOMES.values()) if any(kind in each.above for each in found)]
    names = short_names(list(dict.fromkeys(each.explainer for each in found)))
    rows: list[tuple[Cell, ...]] = []
    for each in found:
        shares = [_ranged(each.above[kind], 100, 1) if kind in each.above else "–" for kind in kinds]
        kept = [_ranged(each.accuracy[coverage], 100, 1) for coverage in COVERAGES]
        level = "–" if each.threshold != each.threshold else f"{each.threshold:.3g}"
        scores = (_ranged(each.auroc), _ranged(each.area), _ranged(each.excess))
        rows.append((f"{each.title}, {names[each.explainer]}", *scores, *kept, level, *shares))
    columns = (
        *("Uncertainty, of", "AUROC for errors ↑", "AURC ↓", "Excess AURC ↓"),
        *(f"Accuracy at {coverage:.0%} (%) ↑" for coverage in COVERAGES),
        "High above",
        *(f"High: {kind} (%)" for kind in kinds),
    )
    return Table("Does doubt find the errors?", columns, tuple(rows), _notes(found, threshold))


def _notes(found: Sequence[Doubt], threshold: str) -> tuple[str, ...]:
    n = sorted({each.auroc.n for each in found})
    errors = sorted({each.errors for each in found})
    said = [f"{_span(errors)} of n = {_span(n)} pictures are misclassified."]
    if any(each.errors in (0, each.auroc.n) for each in found):
        said.append("Where no picture, or every picture, is misclassified, no doubt can find the errors: undefined.")
    return (
        *said,
        f"AUROC: how often an error is more in doubt than a correct picture; {NO_BETTER:g} is chance. AURC: mean risk "
        "(share of errors) over all coverages, the least doubtful kept first; excess: over an order with every error "
        "last. Accuracy at 80 %: of the least doubtful 80 %.",
        f"High: share of these above {threshold}, given in the column before.",
        f"[95 % interval: patients drawn again {RESAMPLES} times, percentiles; shares of few patients and of 0 or "
        "100 %: Wilson].",
    )


def _span(numbers: Sequence[int]) -> str:
    return f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"


def _ranged(interval: Interval, scale: float = 1, decimals: int = 3) -> Estimate:
    return Estimate(scale * interval.value, None, decimals, scale * interval.low, scale * interval.high)


@in_house_style
def risk_coverage_figure(found: Sequence[Doubt], *, title: str, stamp: str | None = None) -> Figure:
    """The error rate among the least doubtful, by how many of them are decided.

    Args:
        found: what ``xaimed.evaluation.doubt.doubts`` gives; at least one.
        title: which run this is.
        stamp: what must never be missing from it.
    """
    names = short_names(list(dict.fromkeys(each.explainer for each in found)))
    most = max(found, key=lambda each: each.auroc.n)
    probe = new_figure(WIDTH, 1)
    taken = 0.0 if stamp is None else text_width(probe, stamp, SMALL, "bold") + 0.35
    heading = fitted(probe, title, WIDTH - 2 * EDGE - taken, LARGE, lines=2, weight="bold")
    top = EDGE + LINE[LARGE] * (heading.count("\n") + 1) + 0.02
    keys = [*((f"{each.title}, {names[each.explainer]}", _style(i)) for i, each in enumerate(found)), *_references()]
    room = WIDTH - LEFT - PLOT - 0.75 - EDGE
    told = [fitted(probe, text, room, SMALL, lines=2) for text, _ in keys]
    tall = max(TALL, sum(LINE[SMALL] * (text.count("\n") + 1) + 0.1 for text in told))
    figure = new_figure(WIDTH, top + 0.3 + tall + 0.6)
    write_at(figure, EDGE, EDGE, heading, fontsize=LARGE, fontweight="bold")
    subline = (
        f"n = {many(most.auroc.n, 'picture')} of {many(most.auroc.groups, 'patient')}, {most.errors} misclassified"
    )
    write_at(figure, EDGE, top, subline, fontsize=SMALL, color=QUIET)
    if stamp is not None:
        stamp_at(figure, WIDTH - EDGE, EDGE, stamp)
    axes = axes_at(figure, LEFT, top + 0.3, PLOT, tall)
    _draw(axes, found, most)
    y = top + 0.3
    for text, (_, style) in zip(told, keys, strict=True):
        _key(figure, LEFT + PLOT + 0.25, y, text, style)
        y += LINE[SMALL] * (text.count("\n") + 1) + 0.1
    return figure


def _draw(axes: Axes, found: Sequence[Doubt], most: Doubt) -> None:
    n, errors = most.auroc.n, most.errors
    for i, each in enumerate(found):
        axes.plot(*each.curve, **_style(i))  # type: ignore[arg-type]
    (_, flat), (_, best) = _references()
    axes.plot([0, 1], [errors / n] * 2, **flat)  # type: ignore[arg-type]
    axes.plot(*best_curve(errors, n), **best)  # type: ignore[arg-type]
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0)
    if not errors:
        axes.set_ylim(0, 1)
        axes.text(0.5, 0.5, "no picture is misclassified", ha="center", fontsize=SMALL, color=QUIET)
    axes.set_xlabel("coverage: least doubtful pictures kept (%)", fontsize=SMALL, color=QUIET)
    axes.set_ylabel("risk: errors among them (%)", fontsize=SMALL, color=QUIET)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.tick_params(labelsize=SMALL, colors=QUIET, length=3)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _style(i: int) -> dict[str, object]:
    """Every other line is broken, for two that are equal would hide each other."""
    return {"color": SERIES[i % len(SERIES)], "linestyle": "-" if i % 2 == 0 else (0, (4, 2)), "linewidth": 1.4}


def _references() -> list[tuple[str, dict[str, object]]]:
    return [
        ("kept at random", {"color": QUIET, "linestyle": (0, (1, 2)), "linewidth": 1.2}),
        ("best possible", {"color": INK, "linewidth": 0.8}),
    ]


def _key(figure: Figure, left: float, top: float, text: str, style: dict[str, object]) -> None:
    across, down = figure.get_size_inches()
    ends, height = [left / across, (left + 0.35) / across], 1 - (top + 0.07) / down
    figure.add_artist(Line2D(ends, [height, height], **style))  # type: ignore[arg-type]
    write_at(figure, left + 0.42, top, text, fontsize=SMALL, color=QUIET, linespacing=1.1)
