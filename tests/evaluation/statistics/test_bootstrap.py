"""The clustered bootstrap against scipy, against a closed form, and where there is little or nothing to draw."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from xaimed.evaluation.statistics.bootstrap import Clusters, interval, mean_interval


def test_one_picture_a_patient_gives_the_interval_of_scipys_bootstrap() -> None:
    values = np.random.default_rng(3).normal(size=60)
    found = mean_interval(values, np.arange(60), resamples=5000)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=5000, method="percentile", rng=1).confidence_interval
    spread = values.std() / np.sqrt(60)
    assert found.low == pytest.approx(theirs.low, abs=0.08 * spread)
    assert found.high == pytest.approx(theirs.high, abs=0.08 * spread)
    assert (found.value, found.n, found.groups, found.undefined) == (pytest.approx(values.mean()), 60, 60, 0)


def test_pictures_that_repeat_their_patient_say_nothing_new() -> None:
    values = np.random.default_rng(0).normal(size=40)
    once = mean_interval(values, np.arange(40))
    tenfold = mean_interval(np.repeat(values, 10), np.repeat(np.arange(40), 10))
    assert (tenfold.low, tenfold.high) == pytest.approx((once.low, once.high))
    as_if_new = mean_interval(np.repeat(values, 10), np.arange(400))
    assert as_if_new.high - as_if_new.low < 0.5 * (once.high - once.low)


def test_the_general_and_the_fast_way_draw_the_same_patients() -> None:
    chance = np.random.default_rng(5)
    values, groups = chance.normal(size=50), chance.integers(12, size=50).astype(str)
    fast = mean_interval(values, groups, seed=9, resamples=300)
    general = interval(lambda rows: float(values[rows].mean()), groups, resamples=300, seed=9)
    assert (fast.low, fast.high) == pytest.approx((general.low, general.high))
    assert fast.groups == general.groups == 12


def test_the_order_of_the_rows_changes_nothing_and_the_seed_something() -> None:
    chance = np.random.default_rng(5)
    values, groups = chance.normal(size=50), chance.integers(12, size=50)
    shuffled = chance.permutation(50)
    found, again = mean_interval(values, groups), mean_interval(values[shuffled], groups[shuffled])
    assert (again.low, again.high) == pytest.approx((found.low, found.high), rel=1e-12)
    assert mean_interval(values, groups, seed=1).low != found.low


def test_every_resample_draws_as_many_patients_as_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xaimed.evaluation.statistics.bootstrap.CELLS", 50)
    blocks = list(Clusters(np.arange(7)).draws(resamples=20))
    assert [len(block) for block in blocks] == [7, 7, 6]
    assert all((block.sum(axis=1) == 7).all() for block in blocks)
    assert len(np.unique(np.concatenate(blocks), axis=0)) > 15


def test_resamples_without_a_value_are_counted_and_left_out() -> None:
    truth = np.array([1, 0, 0, 0, 0])
    found = interval(lambda rows: 0.5 if truth[rows].any() else float("nan"), np.arange(5), resamples=400)
    assert found.undefined == pytest.approx(400 * 0.8**5, abs=40)
    assert (found.low, found.high, found.resamples) == (0.5, 0.5, 400)


def test_where_most_resamples_have_no_value_there_are_no_bounds() -> None:
    found = interval(lambda rows: 1.0 if len(set(rows)) == 5 else float("nan"), np.arange(5), resamples=200)
    assert found.value == 1.0
    assert found.undefined > 150
    assert np.isnan([found.low, found.high]).all()


def test_one_patient_has_a_mean_and_no_interval() -> None:
    for found in (
        mean_interval([1.0, 3.0], ["a", "a"]),
        interval(lambda rows: float(np.mean(rows)) + 1.5, ["a", "a"]),
    ):
        assert (found.value, found.n, found.groups, found.resamples) == (2.0, 2, 1, 0)
        assert np.isnan([found.low, found.high]).all()


def test_nothing_has_no_mean() -> None:
    for found in (mean_interval([], []), mean_interval([np.nan], ["a"]), interval(lambda rows: 1.0, [])):
        assert np.isnan([found.value, found.low, found.high]).all()
        assert (found.n, found.groups) == (0, 0)


def test_unknown_rows_do_not_count() -> None:
    found = mean_interval([1.0, np.nan, 2.0, 3.0], ["a", "b", "c", "d"])
    alone = mean_interval([1.0, 2.0, 3.0], ["a", "c", "d"])
    assert (found.value, found.low, found.high, found.n) == (alone.value, alone.low, alone.high, 3)
