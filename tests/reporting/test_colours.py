"""Anatomy stays visible under every map, and opacity grows with the value."""

import numpy as np
import pytest

from xaimed.reporting.colours import MAPS, SERIES, overlay


@pytest.mark.parametrize("kind", list(MAPS))
def test_nothing_is_laid_over_where_the_map_is_zero(kind):
    grey = np.linspace(0, 1, 16).reshape(4, 4)
    np.testing.assert_array_equal(overlay(grey, np.zeros((4, 4)), kind), np.repeat(grey[..., None], 3, -1))


@pytest.mark.parametrize("kind", list(MAPS))
def test_a_third_of_the_contrast_is_left_at_the_maximum(kind):
    ones = np.ones((1, 1))
    contrast = overlay(ones, ones, kind) - overlay(0 * ones, ones, kind)
    assert contrast.min() > 0.33


@pytest.mark.parametrize("kind", list(MAPS))
def test_the_bar_of_colours_gets_lighter_throughout(kind):
    ramp = np.linspace(0, 1, 64)[None]
    light = overlay(np.full((1, 64), 0.3), ramp, kind)[0] @ np.array([0.2126, 0.7152, 0.0722])
    assert np.all(np.diff(light[16:]) > 0)
    assert light[-1] - light[0] > 0.2


def test_maps_of_different_kinds_look_different():
    grey, full = np.full((1, 1), 0.5), np.ones((1, 1))
    middle = [overlay(grey, 0.6 * full, kind)[0, 0] for kind in MAPS]
    assert np.abs(middle[0] - middle[1]).max() > 0.2
    assert len(set(SERIES)) == len(SERIES)
