"""How fast does the prediction go with what a map points at? Mean deletion and insertion curves beside the controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from xaimed.config.many import many
from xaimed.evaluation.contract import CONTROL
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
PLOT_WIDTH, PLOT_HEIGHT, LEFT, BETWEEN = 3.2, 2.4, 0.62, 0.7
SIDES = {"deletion": "Deletion (lower is better)", "insertion": "Insertion (higher is better)"}
AXIS = {"deletion": "share of pixels deleted", "insertion": "share of pixels inserted"}
DRAWS, PERCENTILES = 1000, (2.5, 97.5)
NOTE = "Band: 95 % bootstrap interval of the mean, "
MARKERS, MARKED_EVERY = "osD^vPX", 0.2  # of the explainers, whose lines may lie on each other; a share of the axis
STYLES = ("--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)))  # of the controls

Arrays = Mapping[str, npt.NDArray[Any]]


@in_house_style
def faithfulness_figure(
    arrays: Sequence[Arrays],
    *,
    title: str,
    names: Mapping[str, str] | None = None,
    groups: Mapping[str, str] | None = None,
    stamp: str | None = None,
) -> Figure:
    """Mean curves over all samples of all folds, deletion beside insertion; controls in grey and dashed.

    Args:
        arrays: of each fold, as the evaluation ``faithfulness`` stores them; at least one.
        title: which run this is.
        names: how an explainer is called in the key; its own name unless said.
        groups: the patient of each sample, resampled as a whole for the band; each sample by itself unless said.
        stamp: what must never be missing from it.
    """
    every = _joined(arrays)
    clusters = [(groups or {}).get(str(name), str(name)) for name in every["sample_id"]]
    keys = [name.partition("|")[2] for name in every if name.startswith("deletion|")]
    keys.sort(key=lambda name: name.startswith(CONTROL))
    probe = new_figure(WIDTH, 1)
    taken = 0.0 if stamp is None else text_width(probe, stamp, SMALL, "bold") + 0.35
    heading = fitted(probe, title, WIDTH - 2 * EDGE - taken, LARGE, lines=2, weight="bold")
    top = EDGE + LINE[LARGE] * (heading.count("\n") + 1) + 0.16
    below = top + LINE[NORMAL] + PLOT_HEIGHT + 0.5
    figure = new_figure(WIDTH, below + 0.2 * ((len(keys) + 1) // 2 + 1) + EDGE)
    write_at(figure, EDGE, EDGE, heading, fontsize=LARGE, fontweight="bold")
    if stamp is not None:
        stamp_at(figure, WIDTH - EDGE, EDGE, stamp)
    for place, (measure, side) in enumerate(SIDES.items()):
        left = LEFT + place * (PLOT_WIDTH + BETWEEN)
        write_at(figure, left, top, side, fontsize=NORMAL, fontweight="bold")
        axes = axes_at(figure, left, top + LINE[NORMAL] + 0.04, PLOT_WIDTH, PLOT_HEIGHT)
        _furnish(axes, AXIS[measure], "" if place else "probability of the class")
        for name, style in _styles(keys).items():
            _draw(axes, every["positions"], every[f"{measure}|{name}"], clusters, style)
    _draw_keys(figure, below, _styles(keys), names or {})
    counted = many(len(clusters), "sample") + ("" if groups is None else f" of {many(len(set(clusters)), 'patient')}")
    last = below + 0.2 * ((len(keys) + 1) // 2)
    write_at(figure, LEFT, last, f"{NOTE}{counted}.", fontsize=SMALL, color=QUIET)
    return figure


def mean_and_band(
    curves: npt.NDArray[Any], clusters: Sequence[str]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The mean ``[positions]`` of curves ``[n, positions]`` and its interval ``[2, positions]``.

    Groups are resampled whole. The band of fewer than two groups is NaN.
    """
    values = np.asarray(curves, dtype=np.float64)
    group = np.unique(list(clusters), return_inverse=True)[1]
    count = int(group.max()) + 1
    if count < 2:
        return values.mean(0), np.full((2, values.shape[1]), np.nan)
    sums = np.zeros((count, values.shape[1]))
    np.add.at(sums, group, values)
    sizes = np.bincount(group, minlength=count)
    times = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), DRAWS)
    means = (times @ sums) / (times @ sizes)[:, None]
    return values.mean(0), np.percentile(means, PERCENTILES, axis=0)


def _joined(arrays: Sequence[Arrays]) -> dict[str, npt.NDArray[Any]]:
    """All folds' samples one after another; what not every fold has is left out."""
    shared = [name for name in arrays[0] if all(name in each for each in arrays)]
    joined = {name: np.concatenate([each[name] for each in arrays]) for name in shared if name != "positions"}
    return {"positions": arrays[0]["positions"], **joined}


def _styles(keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    explainers = [name for name in keys if not name.startswith(CONTROL)]
    found: dict[str, dict[str, Any]] = {
        name: {
            "color": SERIES[i % len(SERIES)],
            "linewidth": 1.6,
            "linestyle": "-",
            "marker": MARKERS[i % len(MARKERS)],
            "markersize": 4.5,
            "markevery": ((i + 1) / (len(explainers) + 1) * MARKED_EVERY, MARKED_EVERY),
        }
        for i, name in enumerate(explainers)
    }
    controls = [name for name in keys if name.startswith(CONTROL)]
    return found | {
        name: {"color": QUIET, "linewidth": 1.2, "linestyle": STYLES[i % len(STYLES)]}
        for i, name in enumerate(controls)
    }


def _furnish(axes: Axes, across: str, upwards: str) -> None:
    axes.set_xlabel(across, fontsize=SMALL, color=QUIET)
    axes.set_ylabel(upwards, fontsize=SMALL, color=QUIET)
    axes.tick_params(labelsize=SMALL, colors=QUIET, length=3)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)


def _draw(
    axes: Axes,
    positions: npt.NDArray[Any],
    curves: npt.NDArray[Any],
    clusters: Sequence[str],
    style: Mapping[str, Any],
) -> None:
    mean, (low, high) = mean_and_band(curves, clusters)
    axes.fill_between(positions, low, high, color=style["color"], alpha=0.15, linewidth=0)
    axes.plot(positions, mean, **style)


def _draw_keys(figure: Figure, top: float, styles: Mapping[str, dict[str, Any]], names: Mapping[str, str]) -> None:
    """Two columns of keys, each cut to its half of the page."""
    across, down = figure.get_size_inches()
    room = (WIDTH - LEFT - EDGE) / 2
    for i, (name, style) in enumerate(styles.items()):
        left, y = LEFT + (i % 2) * room, top + 0.2 * (i // 2)
        ends = [(left + part) / across for part in (0, 0.175, 0.35)]
        marked = {**style, "markevery": [1]} if "marker" in style else style
        figure.add_artist(Line2D(ends, [1 - (y + 0.07) / down] * 3, **marked))
        told = names.get(name, name.replace(CONTROL, "control: "))
        write_at(figure, left + 0.42, y, fitted(figure, told, room - 0.5, SMALL), fontsize=SMALL, color=INK)
