"""Do two runs differ over the same folds? A t test that knows that folds share their training samples.

The variance over folds of a plain t test is too small, for any two folds were trained on much the same samples.
Nadeau and Bengio replace 1/k by 1/k + n_test/n_train.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from xaimed.evaluation.statistics.bootstrap import LEVEL


@dataclass(frozen=True)
class ResampledT:
    """The outcome of a corrected resampled t test.

    Attributes:
        difference: the mean over folds of the first less the second.
        low: the lower end of its interval.
        high: the upper end.
        t: the statistic, with one degree of freedom less than folds.
        p: two-sided; NaN where there is nothing to judge by.
        folds: how many.
        ratio: n_test / n_train, by which the variance was widened.
    """

    difference: float
    low: float
    high: float
    t: float
    p: float
    folds: int
    ratio: float


def corrected_resampled_t(differences: npt.ArrayLike, train: float, test: float) -> ResampledT:
    """The test from the differences of the folds.

    Args:
        differences: the first run's metric less the second's, fold by fold; NaN folds do not count.
        train: how many samples a fold is trained with, on average.
        test: how many it reports.
    """
    known = np.asarray(differences, dtype=np.float64)
    known = known[~np.isnan(known)]
    folds, ratio, nothing = len(known), test / train, float("nan")
    mean = float(known.mean()) if folds else nothing
    if folds < 2:
        return ResampledT(mean, nothing, nothing, nothing, nothing, folds, ratio)
    if np.ptp(known) == 0:  # equal in every fold, or apart by the same in each, which leaves no spread to judge by
        p, t = (1.0, 0.0) if mean == 0 else (nothing, nothing)
        return ResampledT(mean, nothing, nothing, t, p, folds, ratio)
    error = float(np.sqrt((1 / folds + ratio) * known.var(ddof=1)))
    reach = float(stats.t.ppf((1 + LEVEL) / 2, folds - 1)) * error
    p = float(2 * stats.t.sf(abs(mean / error), folds - 1))
    return ResampledT(mean, mean - reach, mean + reach, mean / error, p, folds, ratio)
