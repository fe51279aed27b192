"""How sure is a number of which only the value and the counts behind it are known, as of one that is printed?

None of the samples is at hand, so they are taken as independent.
"""

from __future__ import annotations

from math import isnan, sqrt

from scipy import stats
from scipy.optimize import brentq

from xaimed.evaluation.statistics.bootstrap import LEVEL

Ends = tuple[float, float]
UNDEFINED: Ends = (float("nan"), float("nan"))
EDGE = 1e-12
"""An area of exactly 0 or 1 has no variance by any formula, so bounds are looked for this far inside."""


def share_ends(share: float, n: float, level: float = LEVEL) -> Ends:
    """Wilson's score interval of a share of ``n``.

    scipy's takes whole numbers of successes; a rounded share, or a mean over folds, need not come from one.
    """
    if n <= 0 or isnan(share):
        return UNDEFINED
    z = _z(level)
    middle, reach = share + z * z / (2 * n), z * sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    low, high = (middle - reach) / (1 + z * z / n), (middle + reach) / (1 + z * z / n)
    return max(low, 0.0), min(high, 1.0)


def area_ends(area: float, positives: int, negatives: int, level: float = LEVEL) -> Ends:
    """The areas under a ROC curve from which this one is not further away than chance by Hanley and McNeil explains.

    As Wilson's of a share, and so within 0 and 1 and of some width even at 1: the spread is that at the bound itself,
    not that at the value.
    """
    if positives < 1 or negatives < 1 or isnan(area):
        return UNDEFINED
    z = _z(level)

    def beyond(bound: float) -> float:
        return (area - bound) ** 2 - z * z * area_variance(bound, positives, negatives)

    low = 0.0 if area <= EDGE else float(brentq(beyond, 0.0, min(area, 1 - EDGE)))
    high = 1.0 if area >= 1 - EDGE else float(brentq(beyond, max(area, EDGE), 1.0))
    return low, high


def area_variance(area: float, positives: int, negatives: int) -> float:
    """How much an area varies with the samples, after Hanley and McNeil (1982)."""
    two_positives, two_negatives = area / (2 - area), 2 * area**2 / (1 + area)
    terms = (
        area * (1 - area),
        (positives - 1) * (two_positives - area**2),
        (negatives - 1) * (two_negatives - area**2),
    )
    return max(sum(terms), 0.0) / (positives * negatives)


def mean_ends(mean: float, sd: float, count: int, level: float = LEVEL) -> Ends:
    """Student's interval of a mean of ``count`` values; too narrow where they were learned from shared samples."""
    if count < 2:
        return UNDEFINED
    reach = float(stats.t.ppf((1 + level) / 2, count - 1)) * sd / sqrt(count)
    return mean - reach, mean + reach


def _z(level: float) -> float:
    return float(stats.norm.ppf((1 + level) / 2))
