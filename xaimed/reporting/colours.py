"""Which colour means what? Fixed, even in lightness, and told apart by the colour-blind."""

from __future__ import annotations

from typing import Literal

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.colors import Colormap

MapKind = Literal["heatmap", "uncertainty"]

MAPS: dict[MapKind, str] = {"heatmap": "inferno", "uncertainty": "viridis"}
OUTLINE = "#00e5ff"
"""The evidence mask: cyan stands in neither colour map's upper half and on no grey picture."""

SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999933", "#882255", "#888888")
"""Lines of a plot, in the order of the folds (Okabe and Ito's set without its yellow, then darker ones)."""

STRONGEST = 0.62
"""Opacity at a map's maximum: more than a third of the anatomy's contrast is left everywhere."""

Rgb = npt.NDArray[np.float64]


def colour_map(kind: MapKind) -> Colormap:
    """The colour map of a kind of map."""
    return matplotlib.colormaps[MAPS[kind]]


def overlay(grey: npt.NDArray[np.float64], strength: npt.NDArray[np.float64], kind: MapKind) -> Rgb:
    """A map laid over a picture.

    Args:
        grey: ``[H, W]`` in 0..1, or ``[H, W, 3]``.
        strength: ``[H, W]`` in 0..1; opacity grows with it, from none at 0.
        kind: which colour map.
    """
    base = grey if grey.ndim == 3 else np.repeat(grey[..., None], 3, axis=-1)
    # The square root shows where a map begins; linear opacity would hide its lower half.
    opacity = STRONGEST * np.sqrt(np.clip(strength, 0, 1))[..., None]
    # The lowest fifth of both maps is near black and would only darken the anatomy.
    colour = colour_map(kind)(0.2 + 0.8 * np.clip(strength, 0, 1))[..., :3]
    return np.asarray((1 - opacity) * base + opacity * colour, dtype=np.float64)
