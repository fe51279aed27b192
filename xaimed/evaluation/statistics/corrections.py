"""Which differences remain when many are tested? p-values adjusted for how many there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Adjusted:
    """Adjusted p-values, in the order given, and over how many comparisons; NaN stays NaN and is no comparison."""

    p: Values
    comparisons: int


def adjusted(p: npt.ArrayLike, method: Literal["holm", "benjamini-hochberg"] = "holm") -> Adjusted:
    """Adjust p-values.

    Args:
        p: one for each comparison; NaN where a comparison could not be made.
        method: ``holm`` bounds the chance of a single false finding among all, ``benjamini-hochberg`` the share of
            false ones among the findings.
    """
    given = np.asarray(p, dtype=np.float64)
    known = ~np.isnan(given)
    result = np.full(len(given), np.nan)
    if known.any():
        change = _holm if method == "holm" else stats.false_discovery_control
        result[known] = change(given[known])
    return Adjusted(result, int(known.sum()))


def _holm(p: Values) -> Values:
    """The smallest times k, the next times k - 1 and so on, never below the one before nor above 1."""
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    result = np.empty(len(p))
    result[order] = np.minimum(steps, 1.0)
    return result
