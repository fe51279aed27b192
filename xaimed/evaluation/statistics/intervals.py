"""How sure is a plain proportion? Its interval from the two counts alone, for samples that are independent."""

from __future__ import annotations

from scipy import stats

from xaimed.evaluation.statistics.bootstrap import LEVEL, Interval


def wilson(successes: int, n: int, level: float = LEVEL) -> Interval:
    """Wilson's score interval: honest for small n and for 0 % and 100 %, where a bootstrap has no width."""
    if n == 0:
        return Interval(float("nan"), float("nan"), float("nan"), 0, 0, level, resamples=0)
    low, high = stats.binomtest(int(successes), int(n)).proportion_ci(level, method="wilson")
    return Interval(successes / n, float(low), float(high), int(n), int(n), level, resamples=0)
