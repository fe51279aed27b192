import numpy as np
import pytest

from xaimed.evaluation.shortcuts.regions import border, controls, corners, moved
from xaimed.evaluation.shortcuts.rows import BORDER, CORNERS, MARKERS


def regions_of(side):
    mark = np.zeros((side, side), dtype=bool)
    mark[2:6, side - 7 : side - 2] = True
    mark[2, side - 7] = False  # no rectangle
    return {BORDER: [border(side, 0.08)], **{k: [v] for k, v in corners(side, 0.2).items()}, MARKERS: [mark]}


def test_border_and_corners_lie_where_they_are_called():
    frame, squares = border(50, 0.08), corners(50, 0.2)
    assert frame.sum() == 50**2 - 42**2
    assert frame[0, 25]
    assert not frame[4, 25]
    assert all(mask.sum() == 100 for mask in squares.values())
    assert squares["upper_right"][0, 49]
    assert squares["lower_left"][49, 0]


@pytest.mark.parametrize("side", [32, 50, 224])
def test_controls_have_the_same_area_and_lie_elsewhere(side):
    regions = regions_of(side)
    for number in range(5):
        made = dict(zip(regions, controls(regions, 0.08, number, 1, "s"), strict=True))
        for name, mask in made.items():
            assert mask.sum() == regions[name][0].sum()
        assert not any((made[name] & corner[0]).any() for name in CORNERS for corner in map(regions.get, CORNERS))
        assert not (made[MARKERS] & regions[MARKERS][0]).any()
        assert (made[BORDER] & regions[BORDER][0]).mean() < 0.5 * regions[BORDER][0].mean()


def test_the_same_chance_gives_the_same_places_and_another_number_others():
    regions = regions_of(50)
    first, again, other = (controls(regions, 0.08, number, 7, "sample") for number in (0, 0, 1))
    assert all(np.array_equal(*pair) for pair in zip(first, again, strict=True))
    assert not any(np.array_equal(*pair) for pair in zip(first, other, strict=True))


def test_a_shape_that_fits_nowhere_is_placed_all_the_same():
    part = np.zeros((8, 8), dtype=bool)
    part[:5, :5] = True
    placed = moved(part, np.ones_like(part), np.random.default_rng(0))
    assert placed.sum() == 25
