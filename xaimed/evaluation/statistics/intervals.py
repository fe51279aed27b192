"""How sure is a plain proportion? Its interval from the two counts alone, for samples that are independent."""

from __future__ import annotations

from typing import Literal

from scipy import stats

from xaimed.evaluation.statistics.bootstrap import LEVEL, Interval


def wilson(successes: int, n: int, level: float = LEVEL) -> Interval:
    """Wilson's score interval: honest for small n and for 0 % and 100 %, where a bootstrap has no width."""
    return _interval(successes, n, level, "wilson")


def clopper_pearson(successes: int, n: int, level: float = LEVEL) -> Interval:
    """The exact interval of Clopper and Pearson: never too narrow, mostly too wide."""
    return _interval(successes, n, level, "exact")


def _interval(successes: int, n: int, level: float, method: Literal["wilson", "exact"]) -> Interval:
    if n == 0:
        return Interval(float("nan"), float("nan"), float("nan"), 0, 0, level, resamples=0)
    low, high = stats.binomtest(int(successes), int(n)).proportion_ci(level, method=method)
    return Interval(successes / n, float(low), float(high), int(n), int(n), level, resamples=0)
