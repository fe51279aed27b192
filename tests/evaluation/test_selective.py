"""Risk and coverage: against the definition, for every order of what is tied, and in resamples written out."""

from itertools import permutations

import numpy as np
import pytest

from xaimed.evaluation.selective import RiskCoverage, best_curve


def by_definition(wrong):
    """The mean over k of the errors among the first k, over k."""
    kept = np.arange(1, len(wrong) + 1)
    return np.mean(np.cumsum(wrong) / kept)


def measured(wrong, doubt, coverages=(), counts=None):
    wrong, doubt = np.array(wrong, dtype=bool), np.array(doubt, dtype=float)
    order = RiskCoverage(wrong, doubt, np.arange(len(wrong)))
    once = np.ones((1, len(wrong)), dtype=np.int32) if counts is None else np.array(counts, dtype=np.int32)
    return [each if counts is not None else each[0] for each in order.measured(once, coverages)]


def test_four_by_hand():
    area, excess, half, most = measured([0, 1, 0, 1], [1, 2, 3, 4], (0.5, 0.75))
    assert area == pytest.approx((0 + 1 / 2 + 1 / 3 + 2 / 4) / 4)
    assert excess == pytest.approx(area - (0 + 0 + 1 / 3 + 2 / 4) / 4)
    assert (half, most) == (pytest.approx(1 / 2), pytest.approx(2 / 3))


def test_the_best_order_has_no_excess_and_no_doubt_has_the_error_rate():
    wrong = np.random.default_rng(0).random(50) < 0.3
    assert measured(wrong, wrong)[1] == pytest.approx(0)  # tied, and yet nothing is lost
    area, _, accuracy = measured(wrong, np.zeros(50), (0.8,))
    assert area == pytest.approx(wrong.mean())
    assert accuracy == pytest.approx(1 - wrong.mean())


def test_ties_are_the_mean_over_all_orders():
    wrong, doubt = np.array([0, 1, 0, 1, 1, 0]), np.array([1, 2, 2, 2, 3, 3])
    orders = [
        [0, *middle, *last] for middle in permutations((1, 2, 3)) for last in permutations((4, 5))
    ]  # fmt: skip
    assert measured(wrong, doubt)[0] == pytest.approx(np.mean([by_definition(wrong[order]) for order in orders]))


@pytest.mark.parametrize("tied", [False, True])
def test_a_resample_is_what_its_rows_written_out_would_be(tied):
    rng = np.random.default_rng(1)
    wrong, doubt = rng.random(30) < 0.4, rng.random(30)
    doubt = np.round(doubt, 1) if tied else doubt
    counts = rng.integers(0, 3, size=(5, 30))
    drawn = measured(wrong, doubt, (0.8,), counts)
    for i, count in enumerate(counts):
        rows = np.repeat(np.arange(30), count)
        np.testing.assert_allclose([each[i] for each in drawn], measured(wrong[rows], doubt[rows], (0.8,)))


def test_curves_end_at_the_error_rate():
    order = RiskCoverage(np.array([True, False, False, True]), [4.0, 1.0, 1.0, 2.0], np.arange(4))
    np.testing.assert_allclose(order.curve(), [[0.5, 0.75, 1], [0, 1 / 3, 0.5]])
    np.testing.assert_allclose(best_curve(1, 4), [[0.25, 0.5, 0.75, 1], [0, 0, 0, 0.25]])
