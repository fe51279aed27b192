"""How sure is a number that was measured on these patients? Patients are drawn again, each with all its pictures.

Pictures of one patient resemble each other, so not pictures but groups are drawn, with replacement. Intervals are
percentile intervals: the bounds between which the middle of the resampled values lies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RESAMPLES, SEED, LEVEL = 2000, 0, 0.95
MOST_UNDEFINED = 0.5
"""Where the statistic is undefined in more of the resamples than this share, no bounds are given."""
CELLS = 2_000_000  # resamples times groups that are held at once; part of what a seed means

Values = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Interval:
    """A value and the bounds between which it lies, at a stated level.

    Attributes:
        value: of the sample itself.
        low: the lower bound; NaN where there is none, as with a single patient.
        high: the upper bound.
        n: how many rows it rests on.
        groups: of how many patients.
        level: how often such bounds are meant to hold the true value.
        resamples: how many were drawn; 0 where the bounds come from a formula.
        undefined: in how many of them the value does not exist, for instance because a class was not drawn; they
            are left out.
    """

    value: float
    low: float
    high: float
    n: int
    groups: int
    level: float = LEVEL
    resamples: int = RESAMPLES
    undefined: int = 0


class Clusters:
    """Which rows belong to the same patient, and how often each patient is drawn in a resample.

    Args:
        groups: the patient of every row.
    """

    def __init__(self, groups: npt.ArrayLike) -> None:
        names, codes = np.unique(np.asarray(groups), return_inverse=True)
        self.codes: Rows = codes.reshape(-1).astype(np.int64)
        self.number = len(names)

    def __len__(self) -> int:
        """How many rows."""
        return len(self.codes)

    def draws(self, resamples: int = RESAMPLES, seed: int = SEED) -> Iterator[Counts]:
        """How often each group is drawn, ``[some resamples, groups]`` at a time.

        The same groups, seed and number give the same draws, whatever the order of the rows.
        """
        chance = np.random.default_rng(seed)
        block = max(1, min(resamples, CELLS // max(self.number, 1)))
        for start in range(0, resamples, block):
            rows = min(block, resamples - start)
            drawn = chance.integers(self.number, size=(rows, self.number))
            drawn += np.arange(rows)[:, None] * self.number
            counts = np.bincount(drawn.ravel(), minlength=rows * self.number)
            yield counts.reshape(rows, self.number).astype(np.int32)

    def sums(self, values: npt.ArrayLike) -> Values:
        """Sums of rows ``[n]`` or ``[n, columns]`` within each group: ``[groups]`` or ``[groups, columns]``."""
        rows = np.asarray(values, dtype=np.float64)
        total = np.zeros((self.number, *rows.shape[1:]))
        np.add.at(total, self.codes, rows)
        return total


def interval(
    statistic: Callable[[Rows], float],
    groups: npt.ArrayLike,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    level: float = LEVEL,
) -> Interval:
    """The interval of any statistic: it is called with the row numbers of each resample.

    Args:
        statistic: from row numbers, some of them several times, to a number; NaN where it is undefined.
        groups: the patient of every row.
        resamples: how often the patients are drawn.
        seed: decides all draws.
        level: of the interval.
    """
    clusters = Clusters(groups)
    order = np.argsort(clusters.codes, kind="stable")
    sizes = np.bincount(clusters.codes, minlength=clusters.number)
    rows_of = np.split(order, np.cumsum(sizes)[:-1]) if clusters.number else []
    drawn = [
        statistic(np.concatenate([rows_of[group] for group in np.repeat(np.arange(clusters.number), counts)]))
        for block in (clusters.draws(resamples, seed) if clusters.number > 1 else ())
        for counts in block
    ]
    value = statistic(np.arange(len(clusters))) if len(clusters) else float("nan")
    return bounded(value, np.array(drawn), clusters, level)


def mean_interval(
    values: npt.ArrayLike,
    groups: npt.ArrayLike,
    seed: int = SEED,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
) -> Interval:
    """The interval of a mean over rows, such as a mean IoU over pictures; rows that are NaN do not count.

    Args:
        values: one number a row.
        groups: the patient of every row.
        seed: decides all draws.
        resamples: how often the patients are drawn.
        level: of the interval.
    """
    numbers = np.asarray(values, dtype=np.float64)
    known = ~np.isnan(numbers)
    clusters = Clusters(np.asarray(groups)[known])
    value = float(numbers[known].mean()) if known.any() else float("nan")
    if clusters.number < 2:
        return bounded(value, np.array([]), clusters, level)
    table = clusters.sums(np.stack([numbers[known], np.ones(len(clusters))], axis=1))
    drawn = np.concatenate([counts @ table for counts in clusters.draws(resamples, seed)])
    return bounded(value, drawn[:, 0] / drawn[:, 1], clusters, level)


def bounded(value: float, drawn: Values, clusters: Clusters, level: float = LEVEL) -> Interval:
    """The percentile interval from resampled values; without bounds for a single patient."""
    known = drawn[~np.isnan(drawn)]
    low = high = float("nan")
    if len(known) and len(known) >= (1 - MOST_UNDEFINED) * len(drawn) and not np.isnan(value):
        low, high = (float(bound) for bound in np.quantile(known, [(1 - level) / 2, (1 + level) / 2]))
    return Interval(float(value), low, high, len(clusters), clusters.number, level, len(drawn), len(drawn) - len(known))
