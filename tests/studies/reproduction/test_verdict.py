"""Differences and verdicts: against the example of the paper that the method is from, and case by case."""

import math

import pytest

from xaimed.evaluation.statistics.known_n import share_ends
from xaimed.studies.reproduction.verdict import Bounds, difference, verdict


def share(right, n):
    return Bounds(right / n, *share_ends(right / n, n), "Wilson")


def test_newcombes_example():
    # Newcombe 1998, method 10: 56/70 against 48/80 is 0.20, from 0.0524 to 0.3339
    found = difference(share(48, 80), share(56, 70))
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


@pytest.mark.parametrize(
    ("published", "ours", "said"),
    [
        (share(90, 100), share(180, 200), "inside"),
        (share(99, 100), share(120, 200), "outside"),
        (Bounds(0.9), share(85, 100), "inside"),
        (Bounds(0.99), share(85, 100), "not comparable: published without n"),
        (share(90, 100), Bounds(0.9), "not comparable: ours has no interval"),
        (share(90, 100), Bounds(math.nan), "not comparable: ours is undefined"),
        (Bounds(0.91, rounding=0.011), Bounds(0.9, 0.9, 0.9), "inside"),
        (Bounds(0.91, rounding=0.009), Bounds(0.9, 0.9, 0.9), "not comparable: published without n"),
    ],
)
def test_the_word(published, ours, said):
    assert str(verdict(published, ours)) == said


def test_what_is_of_other_things_is_not_judged():
    assert str(verdict(share(90, 100), share(90, 100), "rehearsal")) == "not comparable: rehearsal"


def test_an_interval_moves_as_far_as_there_are_values():
    moved = Bounds(0.96, 0.9, 0.99, "x").moved_to(0.98, 0.0, 1.0)
    assert (moved.value, moved.low, moved.high, moved.how) == (0.98, pytest.approx(0.92), 1.0, "x")
    assert not Bounds(0.96).moved_to(0.98, 0.0, 1.0).known
