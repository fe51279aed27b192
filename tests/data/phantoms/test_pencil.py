"""Lines come out as wide, as long and as strong as they were asked for."""

import numpy as np
import pytest

from xaimed.data.phantoms.canvas import Canvas
from xaimed.data.phantoms.pencil import Line, drawn, wander

CANVAS = Canvas(100, 50.0)


def straight(width, strength=1.0, end=None):
    points = np.array([[-20.0, 0.0], [0.0, 0.0], [20.0, 0.0]])
    return drawn(CANVAS, [Line(points, width, width if end is None else end, strength)])


@pytest.mark.parametrize("width", [1.0, 2.0, 4.0])
def test_the_covered_area_is_length_times_width(width):
    area = straight(width).sum() * CANVAS.pixel**2
    assert area == pytest.approx(40 * width, rel=0.12)


def test_a_line_thinner_than_the_grid_is_fainter_instead():
    area = straight(0.1).sum() * CANVAS.pixel**2
    assert area == pytest.approx(40 * 0.1, rel=0.2)


def test_strength_scales_it_and_nothing_is_drawn_elsewhere():
    full, half = straight(2.0), straight(2.0, strength=0.5)
    assert full.max() == 1
    np.testing.assert_allclose(half, full / 2, atol=0.01)
    assert (full[:40] == 0).all()
    assert (full[60:] == 0).all()


def test_a_line_tapers():
    picture = straight(6.0, end=1.0)
    assert picture[:, 15].sum() > 2 * picture[:, 85].sum()


def test_a_way_starts_where_told_heads_where_told_and_has_its_length():
    way = wander(np.random.default_rng(0), (1.0, 2.0), np.pi / 2, 12.0, 0.0)
    np.testing.assert_allclose(way[0], (1, 2))
    np.testing.assert_allclose(way[-1], (1, 14), atol=1e-9)
    bent = wander(np.random.default_rng(0), (1.0, 2.0), np.pi / 2, 12.0, 2.0)
    assert np.linalg.norm(np.diff(bent, axis=0), axis=1).sum() == pytest.approx(12)
    assert np.linalg.norm(bent[-1] - bent[0]) < 12
