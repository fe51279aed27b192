"""Fake cases for the tests of this room, and a check that no text lies on other text or outside the page."""

import itertools

import numpy as np

from xaimed.reporting.canvas import house_style
from xaimed.reporting.cases import Case, PanelMap, caption

LONG = "Degenerative spondylolisthesis L5/S1, II"


def picture(height=64, width=64):
    y, x = np.mgrid[0:height, 0:width]
    return 0.1 + 0.8 * np.exp(-(((x - width / 2) / 9) ** 2)) * (0.6 + 0.4 * np.sin(y / 4) ** 2)


def peak(row=2, column=4, scale=0.03):
    y, x = np.mgrid[0:7, 0:7]
    return (scale * np.exp(-((y - row) ** 2 + (x - column) ** 2) / 2)).astype(np.float32)


def maps(count):
    every = (
        PanelMap("Grad-CAM", peak()),
        PanelMap("MC-dropout mean", peak(4, 1, 2e-6)),
        PanelMap("Uncertainty (SD, 20 passes)", peak(5, 5, 0.2), "uncertainty"),
        PanelMap("Certainty-weighted mean", peak(1, 1)),
    )
    return every[:count]


def disc(height=64, width=64):
    y, x = np.mgrid[0:height, 0:width]
    return (y - height / 2) ** 2 + (x - width / 2) ** 2 < (min(height, width) / 5) ** 2


def case(count=3, name="Normal", correct=True, mask=None, height=64, width=64, **caption_of):
    told = {"true": name, "predicted": name, "probability": 0.87, "fold": 2, "sample_id": "p_0042", **caption_of}
    header, subline = caption(correct=correct, **told)
    return Case(picture(height, width), maps(count), header, subline, mask)


def drawn_texts(figure):
    """Every visible text with its box in pixels, those inside axes included."""
    with house_style():
        figure.canvas.draw()
    texts = [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]
    for axes in figure.axes:
        if axes.axison:
            texts += [axes.xaxis.label, *_ticks_in_view(axes.get_xticklabels(), 0, axes.get_xlim())]
            texts += _ticks_in_view(axes.get_yticklabels(), 1, axes.get_ylim())
    return [(text, text.get_window_extent()) for text in texts if text.get_text() and text.get_visible()]


def _ticks_in_view(labels, axis, limits):
    return [label for label in labels if min(limits) <= label.get_position()[axis] <= max(limits)]


def assert_tidy(figure):
    """Nothing overlaps, nothing is cut off, nothing is below 8 pt."""
    boxes = drawn_texts(figure)
    across, down = figure.canvas.get_width_height()
    assert boxes
    for text, box in boxes:
        told = text.get_text()
        assert text.get_fontsize() >= 8, told
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= across + 1 and box.y1 <= down + 1, told  # noqa: PT018
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        if one.get_rotation() not in (0, 90) or other.get_rotation() not in (0, 90):
            continue  # the box of slanted text is larger than the text
        apart = a.x1 <= b.x0 + 1 or b.x1 <= a.x0 + 1 or a.y1 <= b.y0 + 1 or b.y1 <= a.y0 + 1
        assert apart, f"{one.get_text()!r} lies on {other.get_text()!r}"
    pictures = [axes.get_window_extent() for axes in figure.axes if axes.images and not axes.texts]
    for text, a in boxes:
        for b in pictures:
            apart = a.x1 <= b.x0 + 1 or b.x1 <= a.x0 + 1 or a.y1 <= b.y0 + 1 or b.y1 <= a.y0 + 1
            assert apart, f"{text.get_text()!r} lies on a picture"


def words_of(figure):
    return " ".join(text.get_text() for text, _ in drawn_texts(figure)).replace("\n", " ")
