"""How does a figure get into a page? Drawn as vectors where that is small, as pixels where it is not."""

from __future__ import annotations

import io

import matplotlib
from matplotlib.figure import Figure

from xaimed.reporting.canvas import DPI, house_style
from xaimed.reporting.html.document import data_uri, text

PER_INCH = 88
"""Points of a screen for an inch of paper: two plots side by side on a laptop, and small letters can still be read."""
LARGEST = 150_000
"""Bytes of a vector drawing; what is larger is drawn in pixels."""


def to_html(figure: Figure, said: str) -> str:
    """The figure with what it shows in words, for those who do not see it.

    Args:
        figure: what is shown.
        said: its caption.
    """
    content, kind = _vectors(figure), "image/svg+xml"
    if len(content) > LARGEST:
        content, kind = _pixels(figure), "image/png"
    width = round(figure.get_size_inches()[0] * PER_INCH)
    return (
        f'<figure><img src="{data_uri(content, kind)}" alt="{text(said)}" width="{width}" loading="lazy">'
        f"<figcaption>{text(said)}</figcaption></figure>"
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
