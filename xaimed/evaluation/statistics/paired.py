"""Do two runs differ on the same samples? In how often they are right, and in how well they rank.

Both tests know patients: pictures of one patient are summed up first, so that they do not count as independent.
With one picture a patient they are the tests of McNemar and of DeLong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from xaimed.evaluation.statistics.bootstrap import Clusters, Interval

FEW = 25
"""With fewer discordant patients than this McNemar's test is exact, otherwise it is the χ² approximation."""

Values = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Tested:
    """A difference and how surprising it would be between equals.

    Attributes:
        difference: the first less the second.
        statistic: of the test.
        p: two-sided; NaN where there is nothing to judge by.
        method: which test it was.
    """

    difference: float
    statistic: float
    p: float
    method: str


def discordant(first: Marks, second: Marks) -> tuple[int, int]:
    """How many samples only the first got right, and how many only the second."""
    return int((first & ~second).sum()), int((~first & second).sum())


def mcnemar(first: Marks, second: Marks, groups: npt.ArrayLike | None = None) -> Tested:
    """McNemar's test of the difference in accuracy, from which samples each run got right.

    Each patient gives one number, how many more of its pictures the first got right. Were the runs equal, its sign
    would be that of a fair coin. Few patients with such a difference: all outcomes of the coins are counted, which for
    one picture a patient is the exact binomial test. Otherwise ``(|Σ d| - 1)² / Σ d²`` is compared with χ² of one
    degree of freedom, which for one picture a patient is McNemar's χ² with continuity correction.

    Args:
        first: whether the first run got each sample right.
        second: whether the second did.
        groups: the patient of every row; each row its own when left out.
    """
    each = first.astype(np.int64) - second.astype(np.int64)
    clusters = Clusters(np.arange(len(each)) if groups is None else groups)
    sums = clusters.sums(each).astype(np.int64)
    sums = np.abs(sums[sums != 0])
    apart, difference = abs(int(each.sum())), float(each.mean()) if len(each) else float("nan")
    by = "" if clusters.number == len(clusters) else " by patient"
    if len(sums) < FEW:
        return Tested(difference, float(apart), _coins(sums, apart), f"McNemar exact{by}")
    statistic = max(apart - 1, 0) ** 2 / float((sums**2).sum())
    return Tested(difference, statistic, float(stats.chi2.sf(statistic, 1)), f"McNemar χ²{by}")


def _coins(sums: npt.NDArray[np.int64], apart: int) -> float:
    """The chance that numbers of these sizes with signs thrown by fair coins add up to at least so much."""
    chance = np.ones(1)
    for size in sums:
        coin = np.zeros(2 * size + 1)
        coin[[0, -1]] = 0.5
        chance = np.convolve(chance, coin)
    reached = np.abs(np.arange(len(chance)) - int(sums.sum())) >= apart
    return float(min(chance[reached].sum(), 1.0))


@dataclass(frozen=True)
class Areas:
    """Areas under ROC curves on the same samples.

    Attributes:
        values: one area a curve.
        covariance: of these areas, ``[curves, curves]``.
    """

    values: Values
    covariance: Values


def areas(truth: Marks, scores: npt.ArrayLike, groups: npt.ArrayLike | None = None) -> Areas:
    """Areas with their covariance after DeLong, by midranks; clustered after Obuchowski where patients have several.

    Args:
        truth: which samples are of the class; both sides must be there.
        scores: ``[curves, samples]``, the higher the more so.
        groups: the patient of every sample; each its own when left out.
    """
    marks = np.atleast_2d(np.asarray(scores, dtype=np.float64))
    m, n = int(truth.sum()), int((~truth).sum())
    if not m or not n:
        return Areas(np.full(len(marks), np.nan), np.full((len(marks),) * 2, np.nan))
    whole, of_true, of_false = (stats.rankdata(part, axis=1) for part in (marks, marks[:, truth], marks[:, ~truth]))
    true_wins = (whole[:, truth] - of_true) / n
    false_loses = 1 - (whole[:, ~truth] - of_false) / m
    values = true_wins.mean(axis=1)
    clusters = Clusters(np.arange(len(truth)) if groups is None else groups)
    parts = np.zeros((2, len(truth), len(marks)))
    parts[0, truth] = (true_wins - values[:, None]).T / m
    parts[1, ~truth] = (false_loses - values[:, None]).T / n
    positive, negative = clusters.sums(parts[0]), clusters.sums(parts[1])
    crossed = positive.T @ negative
    covariance = (
        _widened(len(np.unique(clusters.codes[truth]))) * positive.T @ positive
        + _widened(len(np.unique(clusters.codes[~truth]))) * negative.T @ negative
        + _widened(clusters.number) * (crossed + crossed.T)
    )
    return Areas(values, covariance)


def _widened(groups: int) -> float:
    return groups / (groups - 1) if groups > 1 else float("nan")


def delong(truth: Marks, first: npt.ArrayLike, second: npt.ArrayLike, groups: npt.ArrayLike | None = None) -> Tested:
    """DeLong's test of the difference between two areas on the same samples.

    Args:
        truth: which samples are of the class.
        first: the scores of the first run.
        second: the scores of the second.
        groups: the patient of every sample; each its own when left out.
    """
    found = areas(truth, np.stack([np.asarray(first), np.asarray(second)]), groups)
    contrast = np.array([1.0, -1.0])
    difference, variance = float(contrast @ found.values), float(contrast @ found.covariance @ contrast)
    clustered = groups is not None and Clusters(groups).number < len(truth)
    z, p = _standardised(difference, variance)
    return Tested(difference, z, p, f"DeLong{' by patient' if clustered else ''}")


def bootstrapped(difference: Interval, drawn: Values) -> Tested:
    """A test from resampled differences: how rarely they fall on the other side of nothing.

    Args:
        difference: as measured.
        drawn: in every resample, for instance of ``Resampled.less``.
    """
    known = drawn[~np.isnan(drawn)]
    rarest = min((known <= 0).sum(), (known >= 0).sum()) + 1
    p = min(2 * float(rarest) / (len(known) + 1), 1.0) if not np.isnan(difference.low) else float("nan")
    return Tested(difference.value, float("nan"), p, "bootstrap by patient")


def _standardised(difference: float, variance: float) -> tuple[float, float]:
    """The statistic and its two-sided p. Without any spread, equals are equal and a difference cannot be judged."""
    if difference == 0 and not variance > 0:
        return 0.0, 1.0
    if not variance > 1e-15:  # rounding leaves no clean nought
        return float("nan"), float("nan")
    z = difference / variance**0.5
    return z, float(2 * stats.norm.sf(abs(z)))
