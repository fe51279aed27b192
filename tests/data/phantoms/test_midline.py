from __future__ import annotations

import numpy as np
import pytest

from xaimed.data.phantoms.midline import DISC, HEIGHT, LEVELS, Midline, Stack


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_every_place_has_the_body_that_a_search_finds(kind):
    bones = Stack.built(LEVELS, HEIGHT, DISC, len(LEVELS))
    borders = (bones.bottom[:-1] + bones.top[1:]) / 2 + 1e-9  # none of them a number in single precision
    bones = Stack(bones.names, bones.top, np.append(2 * borders - bones.top[1:], 0))
    borders = (bones.bottom[:-1] + bones.top[1:]) / 2
    single = borders.astype(np.float32)
    near = np.concatenate([single, np.nextafter(single, np.float32(-1e9)), np.nextafter(single, np.float32(1e9))])
    places = np.concatenate([near, np.linspace(-400, 50, 1000)]).astype(kind)
    assert np.array_equal(bones.body_at(places), np.searchsorted(borders, places))


def test_points_lie_beside_a_straight_line():
    line = Midline(lambda along: np.zeros_like(along), -100, 50, (3.0, 20.0))
    assert line.at(-10, 4) == pytest.approx((7, 10))
    assert line.points(np.array([0.0, 5.0]), np.array([0.0, -1.0])) == pytest.approx(np.array([[3, 20], [2, 25]]))
