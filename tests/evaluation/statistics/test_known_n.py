"""Intervals of numbers of which no more is known than value and counts: against scipy, by hand, and by simulation."""

import math

import numpy as np
import pytest
from scipy import stats

from xaimed.evaluation.statistics.known_n import area_ends, area_variance, mean_ends, share_ends

Z = stats.norm.ppf(0.975)


@pytest.mark.parametrize(("right", "n"), [(290, 338), (0, 12), (12, 12), (3, 4), (5, 70000)])
def test_a_share_of_whole_numbers_is_as_scipy_has_it(right, n):
    expected = stats.binomtest(right, n).proportion_ci(method="wilson")
    assert share_ends(right / n, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_a_rounded_share_lies_between_the_whole_numbers_beside_it():
    below, here, above = share_ends(289 / 338, 338), share_ends(0.8565, 338), share_ends(290 / 338, 338)
    assert below[0] < here[0] < above[0]
    assert below[1] < here[1] < above[1]


@pytest.mark.parametrize("ends", [share_ends(0.5, 0), share_ends(math.nan, 5), area_ends(0.9, 0, 5)])
def test_of_nothing_there_is_no_interval(ends):
    assert all(map(math.isnan, ends))


def test_the_variance_of_an_area_by_hand():
    # A = 0.8, 50 and 50: Q1 = 0.8 / 1.2, Q2 = 1.28 / 1.8; (0.16 + 49 · 0.02667 + 49 · 0.07111) / 2500
    assert area_variance(0.8, 50, 50) == pytest.approx(0.00198044, abs=1e-8)


def test_the_variance_of_an_area_is_that_of_exponential_scores():
    chance = np.random.default_rng(3)
    positives, negatives, area = 30, 60, 0.9
    found = chance.exponential(area / (1 - area), size=(3000, positives))  # beats a unit exponential with chance 0.9
    others = chance.exponential(1.0, size=(3000, negatives))
    areas = (found[:, :, None] > others[:, None, :]).mean((1, 2))
    assert areas.mean() == pytest.approx(area, abs=0.002)
    assert areas.std() == pytest.approx(math.sqrt(area_variance(area, positives, negatives)), rel=0.05)


@pytest.mark.parametrize(("area", "positives", "negatives"), [(0.9891, 199, 121), (0.6, 5, 9), (0.9996, 188, 150)])
def test_at_its_ends_an_area_is_just_so_far_away(area, positives, negatives):
    for end in area_ends(area, positives, negatives):
        assert abs(area - end) == pytest.approx(Z * math.sqrt(area_variance(end, positives, negatives)), rel=1e-6)


def test_a_perfect_area_is_not_certain():
    low, high = area_ends(1.0, 20, 30)
    assert high == 1.0
    assert 0.8 < low < 0.95
    low, high = area_ends(0.0, 20, 30)
    assert low == 0.0
    assert 0 < high < 0.3


def test_a_mean_is_as_scipy_has_it():
    expected = stats.t.interval(0.95, 4, loc=85.26, scale=5.66 / math.sqrt(5))
    assert mean_ends(85.26, 5.66, 5) == pytest.approx(expected)
    assert all(map(math.isnan, mean_ends(85.26, 5.66, 1)))
