"""How often does a sample of the class score above another? The area under the ROC curve, in many resamples at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from xaimed.evaluation.statistics.bootstrap import Counts

Values = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
CELLS = 4_000_000  # weights that are held at once


class RankedPairs:
    """Every pair of a sample of the class and one that is not, ordered once; ties count one half.

    Args:
        truth: which rows are of the class.
        scores: the higher, the more so.
        codes: the group of every row, by its number.
    """

    def __init__(self, truth: npt.NDArray[np.bool_], scores: npt.ArrayLike, codes: Rows) -> None:
        marks = np.asarray(scores)
        negatives = np.flatnonzero(~truth)
        negatives = negatives[np.argsort(marks[negatives], kind="stable")]
        # Neighbours with equal weights in memory: positives in the order of their score read the sums in order too.
        positives = np.flatnonzero(truth)
        positives = positives[np.argsort(marks[positives], kind="stable")]
        self._positive, self._negative = codes[positives], codes[negatives]
        self._below = np.searchsorted(marks[negatives], marks[positives], side="left")
        self._upto = np.searchsorted(marks[negatives], marks[positives], side="right")
        self._tied = bool((self._below != self._upto).any())

    def areas(self, counts: Counts) -> Values:
        """The area for every resample ``[resamples, groups]``; NaN where one side was not drawn."""
        wide = max(1, CELLS // max(len(self._positive) + len(self._negative), 1))
        blocks = [self._block(counts[start : start + wide]) for start in range(0, len(counts), wide)]
        return np.concatenate(blocks) if blocks else np.empty(0)

    def _block(self, counts: Counts) -> Values:
        won = np.zeros((len(counts), len(self._negative) + 1), dtype=np.int32)
        np.cumsum(counts.take(self._negative, axis=1), axis=1, out=won[:, 1:])
        weights = counts.take(self._positive, axis=1)
        pairs = np.einsum("bi,bi->b", weights, won.take(self._below, axis=1), dtype=np.float64)
        if self._tied:
            pairs = (pairs + np.einsum("bi,bi->b", weights, won.take(self._upto, axis=1), dtype=np.float64)) / 2
        possible = weights.sum(axis=1, dtype=np.float64) * won[:, -1]
        area: Values = np.divide(pairs, possible, out=np.full(len(counts), np.nan), where=possible > 0)
        return area
