"""Shares and spreads that whole samples can and cannot give; examples of the granularity test's authors among them."""

import numpy as np
import pytest

from xaimed.studies.published.interval import Interval
from xaimed.studies.published.possible import (
    correct_over_folds,
    divisors_of,
    mean_of_shares,
    some_out_of,
    whole_numbers,
    widest_spread,
)
from xaimed.studies.published.printed import printed


def share(text, scale=1):
    rounded = printed(text, "").rounded
    return Interval(rounded.low / scale, rounded.high / scale)


@pytest.mark.parametrize(
    ("text", "n", "possible"),
    [
        ("98.22", 338, [332]),
        ("93.79", 338, [317]),
        ("77.23", 338, []),  # 261 of 338 are 77.22
        ("89", 19, [17]),
        ("90", 19, []),
        ("0.67", 4, []),
        ("0.75", 4, [3]),
    ],
)
def test_shares_of_whole_samples(text, n, possible):
    assert list(whole_numbers(share(text, 1 if text.startswith("0.") else 100), n)) == possible


@pytest.mark.parametrize(("mean", "possible"), [("5.18", True), ("5.19", False), ("5.21", True)])
def test_the_granularity_of_28_answers_from_1_to_7(mean, possible):
    """Brown and Heathers (2017): a mean of 5.19 cannot come from 28 people who answer in whole points."""
    assert bool(whole_numbers(share(mean, 7), 28 * 7)) is possible


def test_a_precision_may_have_any_denominator():
    assert some_out_of(share("0.67"), 3)
    assert not some_out_of(share("0.67"), 2)
    assert some_out_of(share("0.6667"), 320)


def test_a_mean_of_shares():
    assert mean_of_shares(share("0.75"), (2, 4))  # 1/2 and 4/4
    assert not mean_of_shares(share("0.70"), (2, 4))


def test_means_over_folds_allow_neighbouring_counts():
    assert correct_over_folds(share("98.22", 100), (71, 188, 79), 5) == [332]
    assert 261 in correct_over_folds(share("77.23", 100), (71, 188, 79), 5)
    assert 258 not in correct_over_folds(share("77.23", 100), (71, 188, 79), 5)


def test_the_divisor_follows_from_the_spread():
    mean = share("0.950")
    assert divisors_of(mean, share("0.050"), (10, 10), 2, errors=1) == {"n"}
    assert divisors_of(mean, share("0.071"), (10, 10), 2, errors=1) == {"n − 1"}
    assert divisors_of(mean, share("0.030"), (10, 10), 2) == set()
    assert divisors_of(share("0.5"), share("0.4"), (5000, 5000), 5) is None


def test_no_spread_is_wider_than_that_of_nothing_and_all():
    widest = widest_spread(share("0.600"), 5)
    assert float(widest.high) >= np.std([0, 0, 1, 1, 1], ddof=1)
    assert float(widest.high) < np.std([0, 0, 1, 1, 1], ddof=1) + 0.01
