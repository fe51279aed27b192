"""The overview page: every case in its row, gaps said in words, nothing overlapping."""

import numpy as np

from tests.reporting.fakes import LONG, assert_tidy, case, disc, words_of
from xaimed.reporting.overview import draw_overview


def test_rows_of_cases_and_gaps():
    rows = [case(3, mask=disc()), case(3, LONG, False, sample_id="p/" * 40), "Scoliosis, wrong: no such case"]
    page = draw_overview(rows, title="run " * 30, stamp="stand-in weights")
    assert_tidy(page)
    words = words_of(page)
    for said in ("✓ correct", "✗ wrong", "Scoliosis, wrong: no such case", "max 0.03", "evidence", "stand-in weights"):
        assert said in words


def test_the_page_grows_with_its_rows_and_pictures_keep_their_place():
    one, two = (draw_overview([case(2)] * n, title="t") for n in (1, 2))
    assert two.get_figheight() > one.get_figheight() + 1.4
    boxes = [figure.axes[0].get_window_extent() for figure in (one, two)]
    heights = [figure.canvas.get_width_height()[1] for figure in (one, two)]
    np.testing.assert_allclose(heights[0] - boxes[0].y1, heights[1] - boxes[1].y1, atol=1)


def test_tall_pictures_and_long_words():
    assert_tidy(draw_overview([case(4, "W" * 40, height=200, width=60)] * 2, title="t"))
