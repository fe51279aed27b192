"""How large is a difference, apart from how sure? Effect sizes, and the test of two groups that goes with one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats


@dataclass(frozen=True)
class GroupTest:
    """Two groups of numbers compared.

    Attributes:
        statistic: U.
        p: two-sided; NaN where there is nothing to judge by.
        effect: how large the difference is, positive where the first group is larger.
        method: which test, and which effect size.
    """

    statistic: float
    p: float
    effect: float
    method: str


def cohens_g(only_first: int, only_second: int) -> float:
    """Of McNemar's test: the share of discordant samples that speak for the first, less one half."""
    both = only_first + only_second
    return only_first / both - 0.5 if both else 0.0


def odds_ratio(only_first: int, only_second: int) -> float:
    """Of McNemar's test: how often the first alone is right for each time the second alone is."""
    if only_second:
        return only_first / only_second
    return float("inf") if only_first else float("nan")


def cohens_dz(differences: npt.ArrayLike) -> float:
    """Of paired numbers: the mean difference in units of the SD of the differences; NaN where they have no spread."""
    values = _known(differences)
    spread = values.std(ddof=1) if len(values) > 1 else 0.0
    return float(values.mean() / spread) if spread > 0 else float("nan")


def cliffs_delta(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Of two groups: how often a number of the first is larger, less how often smaller; the rank-biserial correlation.

    1 is always larger, 0 is as often, -1 is never.
    """
    a, b = _known(first), _known(second)
    if not len(a) or not len(b):
        return float("nan")
    ranks = stats.rankdata(np.concatenate([a, b]))[: len(a)]
    larger = ranks.sum() - len(a) * (len(a) + 1) / 2  # Mann and Whitney's U of the first
    return float(2 * larger / (len(a) * len(b)) - 1)


def mann_whitney(first: npt.ArrayLike, second: npt.ArrayLike) -> GroupTest:
    """Does one group tend to be larger? The rank test, with Cliff's delta; unknown numbers (NaN) do not count."""
    a, b = _known(first), _known(second)
    if not len(a) or not len(b):
        return GroupTest(float("nan"), float("nan"), float("nan"), "Mann-Whitney, Cliff's δ")
    found = stats.mannwhitneyu(a, b, alternative="two-sided")
    return GroupTest(float(found.statistic), float(found.pvalue), cliffs_delta(a, b), "Mann-Whitney, Cliff's δ")


def _known(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    numbers = np.asarray(values, dtype=np.float64)
    known: npt.NDArray[np.float64] = numbers[~np.isnan(numbers)]
    return known
