"""McNemar against scipy and a textbook, DeLong against its definition and the bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from xaimed.evaluation.statistics.bootstrap import Interval, interval, mean_interval
from xaimed.evaluation.statistics.paired import areas, bootstrapped, delong, discordant, mcnemar


def marks(both, only_first, only_second, neither=0):
    first = [True] * (both + only_first) + [False] * (only_second + neither)
    second = [True] * both + [False] * only_first + [True] * only_second + [False] * neither
    return np.array(first), np.array(second)


@pytest.mark.parametrize(("b", "c"), [(0, 0), (1, 0), (3, 3), (9, 2), (0, 12), (14, 10)])
def test_few_discordant_samples_are_the_binomial_test(b, c):
    found = mcnemar(*marks(50, b, c))
    expected = stats.binomtest(b, b + c).pvalue if b + c else 1.0
    assert (found.p, found.method) == (pytest.approx(expected), "McNemar exact")
    assert found.difference == pytest.approx((b - c) / (50 + b + c))
    assert discordant(*marks(50, b, c)) == (b, c)


def test_many_discordant_samples_give_the_chi_square_of_the_textbook():
    # Approval in two surveys (Agresti, Categorical Data Analysis): 794, 150, 86, 570.
    found = mcnemar(*marks(794, 150, 86, 570))
    assert found.statistic == pytest.approx((abs(150 - 86) - 1) ** 2 / 236)
    assert found.p == pytest.approx(stats.chi2.sf(63**2 / 236, 1))
    assert found.method == "McNemar χ²"


def test_pictures_that_repeat_their_patient_do_not_count_as_more():
    first, second = marks(10, 6, 1)
    alone = mcnemar(first, second)
    repeated = mcnemar(np.repeat(first, 8), np.repeat(second, 8), np.repeat(np.arange(17), 8))
    assert repeated.p == pytest.approx(alone.p)
    assert repeated.method == "McNemar exact by patient"
    assert mcnemar(np.repeat(first, 8), np.repeat(second, 8)).p < 1e-4 < alone.p


def test_coins_of_unequal_size_by_hand():
    # One patient with two more right, one with one more: of the four outcomes two are as far out as 3.
    first, second = np.array([True, True, True]), np.array([False, False, False])
    assert mcnemar(first, second, ["a", "a", "b"]).p == 0.5


def test_nothing_and_equals_do_not_differ():
    assert mcnemar(np.ones(5, bool), np.ones(5, bool)).p == 1
    assert mcnemar(np.ones(0, bool), np.ones(0, bool)).p == 1


def by_definition(truth, scores):
    """DeLong's covariance from all pairs, as the paper writes it."""
    v10, v01 = [], []
    for one in scores:
        pairs = (one[truth][:, None] > one[~truth]) + 0.5 * (one[truth][:, None] == one[~truth])
        v10.append(pairs.mean(axis=1))
        v01.append(pairs.mean(axis=0))
    m, n = truth.sum(), (~truth).sum()
    return np.mean(v10, axis=1), np.cov(v10, ddof=1) / m + np.cov(v01, ddof=1) / n


@pytest.fixture
def curves():
    chance = np.random.default_rng(2)
    truth = np.arange(90) % 3 == 0
    good = truth + chance.normal(size=90)
    return truth, np.round(np.stack([good, good + chance.normal(size=90)]), 1)


def test_midranks_give_what_the_definition_gives_with_ties(curves):
    truth, scores = curves
    found = areas(truth, scores)
    values, covariance = by_definition(truth, scores)
    assert found.values == pytest.approx(values)
    assert found.values == pytest.approx([roc_auc_score(truth, one) for one in scores])
    assert found.covariance == pytest.approx(covariance)


def test_the_difference_has_the_spread_of_the_bootstrap(curves):
    truth, scores = curves

    def difference(rows):
        return roc_auc_score(truth[rows], scores[0, rows]) - roc_auc_score(truth[rows], scores[1, rows])

    drawn = interval(difference, np.arange(90), resamples=400)
    found = delong(truth, scores[0], scores[1])
    assert found.difference == pytest.approx(drawn.value)
    spread = found.difference / found.statistic
    assert (drawn.high - drawn.low) / (2 * 1.96) == pytest.approx(spread, rel=0.15)
    assert found.p == pytest.approx(2 * stats.norm.sf(abs(found.difference) / spread))


def test_groups_of_one_are_delong_and_copied_patients_say_nothing_new(curves):
    truth, scores = curves
    alone = delong(truth, *scores)
    assert delong(truth, *scores, groups=np.arange(90)) == alone
    copied = delong(np.repeat(truth, 4), *np.repeat(scores, 4, axis=1), groups=np.repeat(np.arange(90), 4))
    assert copied.p == pytest.approx(alone.p)
    assert copied.method == "DeLong by patient"


def test_patients_with_pictures_of_both_kinds_have_the_spread_of_the_clustered_bootstrap():
    chance = np.random.default_rng(7)
    groups = np.repeat(np.arange(60), 4)
    truth = chance.random(240) < 0.4
    scores = truth * 0.8 + chance.normal(size=240) + np.repeat(chance.normal(size=60), 4)
    found = areas(truth, scores, groups)
    drawn = interval(lambda rows: float(roc_auc_score(truth[rows], scores[rows])), groups, resamples=500)
    assert found.values == pytest.approx([drawn.value])
    assert 2 * 1.96 * found.covariance[0, 0] ** 0.5 == pytest.approx(drawn.high - drawn.low, abs=0.03)


def test_equal_curves_do_not_differ_and_one_class_has_no_area(curves):
    truth, scores = curves
    assert delong(truth, scores[0], scores[0]).p == 1
    perfect = truth.astype(float)
    assert delong(truth, perfect, perfect * 2).p == 1
    assert np.isnan(delong(truth, perfect, -perfect).p)
    assert np.isnan(delong(np.ones(90, bool), *scores).p)


def test_a_bootstrap_p_counts_the_draws_on_the_other_side():
    whole = Interval(1.0, 0.1, 2.0, 9, 9)
    drawn = np.array([-1.0] * 4 + [1.0] * 95)
    assert bootstrapped(whole, drawn).p == pytest.approx(2 * 5 / 100)
    assert bootstrapped(whole, np.ones(1999)).p == pytest.approx(0.001)
    assert bootstrapped(whole, np.zeros(10)).p == 1
    assert np.isnan(bootstrapped(mean_interval([1.0], ["a"]), np.array([])).p)
