"""How does a figure get into a page? Drawn as vectors where that is small, as pixels where it is not."""

from __future__ import annotations

import io

import matplotlib
from matplotlib.figure import Figure
from PIL import Image

from xaimed.reporting.canvas import DPI, house_style
from xaimed.reporting.html.document import data_uri, text

PER_INCH = 88
"""Points of a screen for an inch of paper: two plots side by side on a laptop, and small letters can still be read."""
LARGEST = 150_000
"""Bytes of a vector drawing; what is larger is drawn in pixels."""


def to_html(figure: Figure, caption: str, told: str = "") -> str:
    """The figure with its caption.

    Args:
        figure: what is shown.
        caption: what it shows.
        told: what is to be seen in it, for those who do not see it; the caption again without.
    """
    content, kind = _vectors(figure), "image/svg+xml"
    if len(content) > LARGEST:
        content, kind = _pixels(figure), "image/png"
    width, height = (round(side * PER_INCH) for side in figure.get_size_inches())
    return image_html(data_uri(content, kind), (width, height), caption, told)


def picture_html(content: bytes, caption: str, told: str = "") -> str:
    """A PNG that was drawn before, at the size it has on paper."""
    with Image.open(io.BytesIO(content)) as drawn:
        width, height = (round(side * PER_INCH / DPI) for side in drawn.size)
    return image_html(data_uri(content, "image/png"), (width, height), caption, told)


def image_html(address: str, size: tuple[int, int], caption: str, told: str) -> str:
    """An image whose place is kept before it is drawn, so that nothing moves while the page is read."""
    width, height = size
    return (
        f'<figure><img src="{address}" alt="{text(told or caption)}" width="{width}" height="{height}" '
        f'loading="lazy"><figcaption>{text(caption)}</figcaption></figure>'
    )


def _vectors(figure: Figure) -> bytes:
    content = io.BytesIO()
    with house_style(), matplotlib.rc_context({"svg.hashsalt": "xaimed", "svg.fonttype": "path"}):
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    return content.getvalue()


def _pixels(figure: Figure) -> bytes:
    content = io.BytesIO()
    with house_style():
        figure.savefig(content, format="png", dpi=DPI, metadata={"Software": None})
    return content.getvalue()
