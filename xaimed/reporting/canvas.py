"""How is a figure made so that it looks the same everywhere and nothing leaks? Without pyplot, in one fixed style."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import matplotlib.style
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from xaimed.reporting.text import visible
from xaimed.store.writing import write_bytes

DPI = 150
SMALL, NORMAL, LARGE = 8.0, 9.0, 11.0
LINE = {SMALL: 0.16, NORMAL: 0.19, LARGE: 0.24}  # the height of a line of text, in inches
INK, QUIET = "#1a1a1a", "#555555"
STYLE: list[Any] = ["default", {"font.family": "DejaVu Sans", "font.size": NORMAL, "text.parse_math": False}]

Parameters = ParamSpec("Parameters")


@contextmanager
def house_style() -> Iterator[None]:
    """Matplotlib as it ships with our sizes, whatever the user's own settings are; names with ``$`` stay text."""
    with matplotlib.style.context(STYLE):
        yield


def in_house_style(draw: Callable[Parameters, Figure]) -> Callable[Parameters, Figure]:
    """Make a drawing function work in the house style."""

    @wraps(draw)
    def drawn(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Figure:
        with house_style():
            return draw(*args, **kwargs)

    return drawn


def new_figure(width: float, height: float) -> Figure:
    """A white figure of that size in inches, with a canvas of its own and unknown to pyplot."""
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def axes_at(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes placed in inches from the upper left corner, so that nothing moves with its content."""
    across, down = figure.get_size_inches()
    return figure.add_axes((left / across, 1 - (top + height) / down, width / across, height / down))


def write_at(figure: Figure, left: float, top: float, text: str, **style: Any) -> Text:
    """Text with its upper left corner (or as ``ha`` and ``va`` say) in inches from the upper left corner."""
    across, down = figure.get_size_inches()
    return figure.text(left / across, 1 - top / down, text, **{"va": "top", "ha": "left", "color": INK, **style})


def text_width(figure: Figure, text: str, size: float, weight: str = "normal") -> float:
    """How wide a line of text will be, in inches."""
    probe = figure.text(0, 0, text, fontsize=size, fontweight=weight)
    extent = probe.get_window_extent(figure.canvas.get_renderer())  # type: ignore[attr-defined]
    probe.remove()
    return float(extent.width / figure.dpi)


def fitted(figure: Figure, text: object, width: float, size: float, *, lines: int = 1, weight: str = "normal") -> str:
    """The text broken into at most so many lines of that width, the rest cut.

    It is broken between words, or else behind a hyphen, a slash or an underscore, or else anywhere.
    """
    left, broken = visible(text).strip(), list[str]()
    while left and len(broken) < lines:
        fits = _longest(figure, left, width, size, weight)
        if fits < len(left) and len(broken) == lines - 1:
            broken.append(left[: max(fits - 1, 1)].rstrip() + "…")
            break
        space = left.rfind(" ", 1, fits + 1) if fits < len(left) else -1
        joint = max(left.rfind(sign, 1, fits) for sign in "-/_") + 1 if fits < len(left) else 0
        cut = space if space > 0 else joint or fits
        broken.append(left[:cut].rstrip())
        left = left[cut:].lstrip()
    return "\n".join(broken)


def _longest(figure: Figure, text: str, width: float, size: float, weight: str) -> int:
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(figure, text[:middle], size, weight) <= width:
            low = middle
        else:
            high = middle - 1
    return low


def stamp_at(figure: Figure, right: float, top: float, stamp: str) -> float:
    """What a result must never be shown without, boxed, its right edge at ``right``; returns the width it took."""
    text = visible(stamp)
    box = {"boxstyle": "square,pad=0.35", "facecolor": "#ffe08a", "edgecolor": INK, "linewidth": 0.8}
    pad = 0.05
    write_at(figure, right - pad, top + pad, text, ha="right", fontsize=SMALL, fontweight="bold", bbox=box)
    return text_width(figure, text, SMALL, "bold") + 4 * pad


def caption(figure: Figure) -> str:
    """What stands above a figure, in one line; empty where nothing does."""
    headings = (text.get_text() for text in figure.texts if text.get_fontsize() == LARGE)
    return next((" ".join(heading.split()) for heading in headings), "")


def pixels(figure: Figure) -> npt.NDArray[np.uint8]:
    """The figure as ``[height, width, 3]``."""
    with house_style():
        figure.canvas.draw()
        return np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()  # type: ignore[attr-defined]


def save_figure(figure: Figure, path: Path) -> None:
    """Write a PNG, wholly or not at all; the same figure gives the same bytes, for nothing says when or by what."""
    content = io.BytesIO()
    with house_style():
        figure.savefig(content, format="png", dpi=DPI, metadata={"Software": None})
    write_bytes(path, content.getvalue())
