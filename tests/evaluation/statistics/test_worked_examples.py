"""The smaller statistics against published tables, scipy, scikit-learn and cases by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import cohen_kappa_score

from xaimed.evaluation.statistics.agreement import icc, lights_kappa, weighted_kappa
from xaimed.evaluation.statistics.bootstrap import Clusters
from xaimed.evaluation.statistics.corrections import adjusted
from xaimed.evaluation.statistics.effect_sizes import (
    cliffs_delta,
    cohens_dz,
    cohens_g,
    mann_whitney,
    odds_ratio,
)
from xaimed.evaluation.statistics.intervals import wilson
from xaimed.evaluation.statistics.resampled_t import corrected_resampled_t

SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_has_the_bounds_of_newcombes_table(k, n, low, high):
    found = wilson(k, n)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
    assert (found.value, found.n, found.resamples) == (k / n, n, 0)


def test_nothing_counted_has_no_proportion():
    assert np.isnan([wilson(0, 0).value, wilson(0, 0).low]).all()
    assert wilson(7, 7).high == 1
    assert wilson(7, 7).low == pytest.approx(7 / (7 + 1.959964**2))


def test_corrected_t_by_hand():
    found = corrected_resampled_t([0.02, 0.04, 0.06, 0.04, 0.04], train=80, test=20)
    error = ((1 / 5 + 20 / 80) * 0.0002) ** 0.5
    assert found.t == pytest.approx(0.04 / error)
    assert found.p == pytest.approx(2 * stats.t.sf(0.04 / error, 4))
    assert (found.difference, found.folds, found.ratio) == (pytest.approx(0.04), 5, 0.25)
    assert found.high - found.low == pytest.approx(2 * 2.776445 * error)
    uncorrected = stats.ttest_1samp([0.02, 0.04, 0.06, 0.04, 0.04], 0).pvalue
    assert corrected_resampled_t([0.02, 0.04, 0.06, 0.04, 0.04], 1, 0).p == pytest.approx(uncorrected)


def test_folds_without_spread_cannot_be_tested():
    assert corrected_resampled_t([0, 0, 0], 2, 1).p == 1
    for differences in ([0.1, 0.1], [0.1], [], [np.nan, 0.2]):
        assert np.isnan(corrected_resampled_t(differences, 2, 1).p)
    assert corrected_resampled_t([np.nan, 0.1, 0.2], 2, 1).folds == 2


def test_holm_and_benjamini_hochberg_by_hand():
    p = [0.01, 0.04, 0.03, 0.005]
    assert adjusted(p).p == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert adjusted(p, "benjamini-hochberg").p == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert adjusted([0.9, 0.8]).p == pytest.approx([1, 1])


def test_what_could_not_be_tested_is_no_comparison():
    found = adjusted([0.02, np.nan, 0.03])
    assert found.p == pytest.approx([0.04, np.nan, 0.04], nan_ok=True)
    assert found.comparisons == 2
    assert adjusted([np.nan]).comparisons == adjusted([]).comparisons == 0


def test_effect_sizes_by_hand():
    assert cohens_g(15, 5) == 0.25
    assert cohens_g(0, 0) == 0
    assert odds_ratio(15, 5) == 3
    assert odds_ratio(3, 0) == float("inf")
    assert np.isnan(odds_ratio(0, 0))
    assert cohens_dz([1, 2, 3]) == 2
    assert np.isnan([cohens_dz([1, 1]), cohens_dz([1])]).all()
    assert cliffs_delta([1, 2, 3], [2, 2]) == 0
    assert cliffs_delta([3, 4], [1, 2, 3]) == pytest.approx(5 / 6)
    assert np.isnan(cliffs_delta([], [1]))


def test_two_groups_are_scipys_test_with_its_effect():
    a, b = [1.0, 4.0, 2.0, 8.0, np.nan], [0.5, 1.5, 0.2, 2.5, 0.1]
    assert mann_whitney(a, b).p == stats.mannwhitneyu(a[:4], b).pvalue
    assert mann_whitney(a, b).effect == cliffs_delta(a, b)
    assert np.isnan(mann_whitney([], b).p)


@pytest.mark.parametrize(("weights", "theirs"), [("none", None), ("linear", "linear"), ("quadratic", "quadratic")])
def test_kappa_is_scikit_learns(weights, theirs):
    chance = np.random.default_rng(0)
    first = chance.integers(5, size=80)
    second = (first + chance.integers(-1, 2, size=80)).clip(0, 4)
    found = weighted_kappa(first, second, 5, weights)
    assert found.value == pytest.approx(cohen_kappa_score(first, second, weights=theirs))
    assert found.low < found.value < found.high
    (counts,) = Clusters(np.arange(80)).draws(3)
    rows = [np.repeat(np.arange(80), drawn) for drawn in counts]
    drawn = [cohen_kappa_score(first[row], second[row], weights=theirs) for row in rows]
    one = weighted_kappa(first, second, 5, weights, resamples=3)
    assert (one.low, one.high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])))


@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
def test_of_several_readers_the_mean_over_pairs_that_rated_the_same(weights):
    chance = np.random.default_rng(4)
    table = chance.integers(5, size=(40, 4)).astype(float)
    table[:20, 2], table[20:, 3] = np.nan, np.nan  # the third and the fourth never meet
    pairs = [
        (0, 1, slice(None)),
        (0, 2, slice(20, None)),
        (1, 2, slice(20, None)),
        (0, 3, slice(20)),
        (1, 3, slice(20)),
    ]
    expected = [cohen_kappa_score(table[rows, i], table[rows, j], labels=range(5),
                                  weights=None if weights == "none" else weights) for i, j, rows in pairs]  # fmt: skip
    found = lights_kappa(table, 5, weights, resamples=200)
    assert found.value == pytest.approx(np.mean(expected))
    assert found.low < found.value < found.high
    two = table[:, :2].astype(int)
    alone = weighted_kappa(two[:, 0], two[:, 1], 5, weights, resamples=200)
    assert lights_kappa(two, 5, weights, resamples=200) == alone


def test_readers_of_one_class_have_no_kappa():
    found = weighted_kappa([1, 1, 1], [1, 1, 1], 3)
    assert np.isnan([found.value, found.low]).all()


def test_icc_is_that_of_shrout_and_fleiss_1979():
    both, fixed = icc(SHROUT_FLEISS), icc(SHROUT_FLEISS, "3,1")
    assert (both.value, fixed.value) == pytest.approx((0.29, 0.71), abs=0.005)
    assert both.low <= both.value <= both.high
    assert (both.n, both.groups) == (6, 6)


def test_icc_knows_raters_who_always_give_more():
    ratings = np.arange(5)[:, None] + np.array([0.0, 2.0])
    assert icc(ratings, "3,1").value == pytest.approx(1)
    assert icc(ratings).value == pytest.approx(2.5 / (2.5 + 2))
    assert np.isnan(icc([[1, 2]]).value)


def test_icc_draws_patients_again_with_all_that_was_rated_of_each():
    doubled = np.repeat(SHROUT_FLEISS, 2, axis=0)
    of_patients = icc(doubled, groups=np.repeat(np.arange(len(SHROUT_FLEISS)), 2))
    alone = icc(doubled)
    assert (of_patients.groups, alone.groups) == (len(SHROUT_FLEISS), len(doubled))
    assert of_patients.high - of_patients.low > alone.high - alone.low
