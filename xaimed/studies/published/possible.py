"""Can a printed share be a number of samples out of a number of samples, and its spread one over whole samples?"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import ceil, floor, prod, sqrt

import numpy as np

from xaimed.studies.published.folds import sizes
from xaimed.studies.published.interval import Interval, between
from xaimed.studies.published.over_folds import accuracy_over_folds

MOST = 3_000_000
"""Ways to share samples out that are still tried."""


def whole_numbers(share: Interval, n: int) -> range:
    """The numbers of samples out of ``n`` that such a share may be."""
    return range(max(ceil(share.low * n), 0), min(floor(share.high * n), n) + 1)


def nearest(share: Interval, n: int) -> tuple[int, int]:
    """The numbers of samples below and above an impossible share."""
    below = floor(share.middle * n)
    return below, below + 1


def some_out_of(share: Interval, most: int) -> bool:
    """Whether it is a share of any number of samples up to ``most``."""
    if share.high - share.low >= Fraction(1, most):
        return True
    return any(whole_numbers(share, n) for n in range(1, most + 1))


def mean_of_shares(share: Interval, classes: tuple[int, ...]) -> bool:
    """Whether it is the mean of one share of each class; True as well where there are too many ways to try."""
    if prod(size + 1 for size in classes) > MOST:
        return True
    reached = np.zeros(1)
    for size in classes:
        reached = (reached[:, None] + np.arange(size + 1) / size).ravel()
    low, high = (float(end) * len(classes) for end in (share.low, share.high))
    return bool(((reached >= low - 1e-9) & (reached <= high + 1e-9)).any())


@lru_cache
def correct_over_folds(share: Interval, classes: tuple[int, ...], folds: int) -> list[int]:
    """How many samples in all may be right when the folds' accuracies have this mean."""
    total = sum(classes)
    middle = round(share.middle * total)
    near = range(max(middle - total // 10 - 2, 0), min(middle + total // 10 + 2, total) + 1)
    return [right for right in near if _overlap(accuracy_over_folds(classes, folds, total - right), share)]


def divisors_of(
    share: Interval, spread: Interval, classes: tuple[int, ...], folds: int, errors: int | None = None
) -> frozenset[str] | None:
    """With which divisors the folds' accuracies can have this mean and spread; None where too many ways would be tried.

    Args:
        share: the mean of the folds' accuracies.
        spread: their standard deviation, as a share.
        classes: size of every class.
        folds: number of folds.
        errors: how many samples in all are wrong, where a matrix says it.
    """
    found: set[str] = set()
    for plan in sizes(classes, folds):
        reach = float(spread.high) * sqrt(folds)
        ranges = [
            np.arange(
                max(floor((1 - float(share.high) - reach) * size), 0),
                min(ceil((1 - float(share.low) + reach) * size), size) + 1,
            )
            for size in plan
        ]
        if prod(map(len, ranges)) > MOST:
            return None
        wrong = np.stack([axis.ravel() for axis in np.meshgrid(*ranges, indexing="ij")])
        if errors is not None:
            wrong = wrong[:, wrong.sum(0) == errors]
        right = 1 - wrong / np.array(plan)[:, None]
        fits = _within(right.mean(0), share)
        for name, divisor in (("n", 0), ("n − 1", 1)):
            if (fits & _within(right.std(0, ddof=divisor), spread)).any():
                found.add(name)
    return frozenset(found)


def widest_spread(share: Interval, count: int) -> Interval:
    """The spread of ``count`` shares with this mean when all of them are nothing or all."""
    mean = min(max(float(share.middle), 0.0), 1.0)
    room = float(share.high - share.low)
    return between(0.0, sqrt((mean * (1 - mean) + room) * count / max(count - 1, 1)))


def example(share: Interval, n: int) -> str:
    """The shares on both sides of an impossible one, as fractions."""
    below, above = nearest(share, n)
    return f"{below}/{n} and {above}/{n}"


def _overlap(one: Interval, other: Interval) -> bool:
    return one.low <= other.high and other.low <= one.high


def _within(values: np.ndarray, interval: Interval) -> np.ndarray:
    inside: np.ndarray = (values >= float(interval.low) - 1e-12) & (values <= float(interval.high) + 1e-12)
    return inside
