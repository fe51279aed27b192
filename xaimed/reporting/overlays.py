"""How is a map laid over its picture, and evidence outlined, so that the anatomy stays visible?"""

from __future__ import annotations

import math

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from xaimed.reporting.canvas import QUIET, SMALL, write_at
from xaimed.reporting.cases import Case, PanelMap
from xaimed.reporting.colours import OUTLINE, MapKind, overlay


def draw_picture(axes: Axes, case: Case, line: float = 1.1) -> None:
    """The plain picture, with its evidence mask as a thin outline, so many points wide."""
    image = case.image
    axes.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="bilinear", aspect="equal")
    axes.set_axis_off()
    if case.mask is None or not np.any(case.mask):
        return
    # Framed by zeros: evidence that touches the edge is outlined there too.
    framed = np.pad(np.asarray(case.mask, dtype=np.float64), 1)
    y, x = np.arange(-1, framed.shape[0] - 1), np.arange(-1, framed.shape[1] - 1)
    drawn = axes.contour(x, y, framed, levels=[0.5], colors=[OUTLINE], linewidths=line)
    drawn.set_path_effects([patheffects.withStroke(linewidth=2 * line, foreground="black")])
    axes.set_xlim(-0.5, image.shape[1] - 0.5)
    axes.set_ylim(image.shape[0] - 0.5, -0.5)


def draw_map(axes: Axes, case: Case, panel_map: PanelMap) -> None:
    """The map over the picture; the picture alone where the map cannot be drawn."""
    image = case.image
    laid_over = overlay(image, panel_map.strength(image.shape[0], image.shape[1]), panel_map.kind)
    axes.imshow(laid_over, interpolation="bilinear", aspect="equal")
    axes.set_axis_off()


def trouble_of(panel_map: PanelMap) -> str:
    """Why a map cannot be drawn; empty when it can."""
    if math.isnan(panel_map.maximum):
        return "map is not finite"
    return "" if panel_map.maximum > 0 else "map is zero everywhere"


def draw_colours(axes: Axes, kind: MapKind) -> None:
    """A bar of colours as they look over mid-grey."""
    ramp = np.linspace(0, 1, 256)[None]
    axes.imshow(overlay(np.full_like(ramp, 0.5), ramp, kind), aspect="auto")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_linewidth(0.5)


def outline_key(figure: Figure, left: float, top: float, *, drawn: bool) -> None:
    """What the outline means, or that there is nothing to outline."""
    if not drawn:
        write_at(figure, left, top, "evidence mask is empty", fontsize=SMALL, color=QUIET)
        return
    across, down = figure.get_size_inches()
    y = 1 - (top + 0.07) / down
    halo = [patheffects.withStroke(linewidth=2.8, foreground="black")]
    ends = [(left + 0.01) / across, (left + 0.24) / across]
    line = Line2D(ends, [y, y], color=OUTLINE, linewidth=1.6, solid_capstyle="butt", path_effects=halo)
    figure.add_artist(line)
    write_at(figure, left + 0.31, top, "evidence", fontsize=SMALL, color=QUIET)
