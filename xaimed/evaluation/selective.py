"""If only what is least in doubt were decided, how often would it err? The risk-coverage curve in many resamples.

At coverage k of n the k least doubtful rows are kept; the risk is the share of errors among them. Rows of equal doubt
come in no order: their errors are spread evenly over their places, which is the mean over all orders.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from xaimed.evaluation.statistics.bootstrap import Counts

Values = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


CELLS = 100_000  # numbers that are held at once, few enough to stay in a processor's cache


class RiskCoverage:
    """Rows in the order of their doubt.

    Args:
        wrong: which rows are errors.
        doubt: the higher, the less sure.
        codes: the group of every row, by its number.
    """

    def __init__(self, wrong: npt.NDArray[np.bool_], doubt: npt.ArrayLike, codes: Rows) -> None:
        marks = np.asarray(doubt, dtype=np.float64)
        order = np.argsort(marks, kind="stable")
        self._wrong, self._codes = wrong[order].astype(np.int32), codes[order]
        self._starts = np.unique(marks[order], return_index=True)[1]

    def curve(self) -> tuple[Values, Values]:
        """Coverage and risk of the rows themselves, at every threshold of doubt."""
        once = np.ones((1, self._codes.max() + 1), dtype=np.int32)
        kept, errors = (part.cumsum(axis=1)[0] for part in self._ties(once))
        return kept / kept[-1], errors / kept

    def measured(self, counts: Counts, coverages: Sequence[float] = ()) -> list[Values]:
        """For every resample ``[resamples, groups]``: the area, its excess, and the accuracy at each coverage.

        The area is the mean risk over the coverages 1/n to 1; its excess is over that of the best possible order, which
        has every error last. The accuracy is that of the least doubtful rows.
        """
        wide = max(1, CELLS // len(self._codes))
        parts = [self._block(counts[start : start + wide], coverages) for start in range(0, len(counts), wide)]
        return [np.concatenate(each) for each in zip(*parts, strict=True)]

    def _block(self, counts: Counts, coverages: Sequence[float]) -> list[Values]:
        weight, error = self._ties(counts)
        upto, met = weight.cumsum(axis=1), error.cumsum(axis=1)
        n, errors = upto[:, -1], met[:, -1]
        harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, n.max(initial=0) + 1))])
        # Within a tie the errors grow evenly: the sum over its places j of (met before + rate j) / (rows before + j).
        tied = len(self._starts) < len(self._codes)
        rate = np.divide(error, weight, out=np.zeros(error.shape), where=weight > 0) if tied else self._wrong
        steps = np.diff(harmonic.take(upto), axis=1, prepend=0.0)
        inside = np.einsum("rt,rt->r", (met - error) - rate * (upto - weight), steps)
        area = (errors + inside) / n
        best = (errors - (n - errors) * (harmonic[n] - harmonic[n - errors])) / n
        return [area, area - best, *(_accuracy(upto, met, coverage) for coverage in coverages)]

    def _ties(self, counts: Counts) -> tuple[Rows, Rows]:
        """Rows and errors of each value of doubt, ``[resamples, values]``."""
        drawn = counts.take(self._codes, axis=1).astype(np.int64)
        wrong = drawn * self._wrong
        if len(self._starts) == len(self._codes):
            return drawn, wrong
        return np.add.reduceat(drawn, self._starts, axis=1), np.add.reduceat(wrong, self._starts, axis=1)


def _accuracy(upto: Rows, met: Rows, coverage: float) -> Values:
    """The share that is right among the least doubtful, where rows ``upto`` each value of doubt hold errors ``met``."""
    kept = coverage * upto[:, -1]
    tie = np.array([np.searchsorted(rows, most) for rows, most in zip(upto, kept, strict=True)], dtype=np.int64)
    at, first = np.arange(len(upto)), tie == 0
    rows_before, met_before = (np.where(first, 0, each[at, tie - 1]) for each in (upto, met))
    share = (kept - rows_before) / (upto[at, tie] - rows_before)
    right: Values = 1 - (met_before + share * (met[at, tie] - met_before)) / kept
    return right


def best_curve(errors: int, n: int) -> tuple[Values, Values]:
    """Coverage and risk of the best possible order: no error before everything that is right is kept."""
    kept = np.arange(1, n + 1)
    return kept / n, np.maximum(kept - (n - errors), 0) / kept
