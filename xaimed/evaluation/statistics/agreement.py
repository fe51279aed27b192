"""Do two readers, or several, say the same? Weighted kappa for ordered classes, ICC for numbers."""

from __future__ import annotations

from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt

from xaimed.evaluation.statistics.bootstrap import RESAMPLES, SEED, Clusters, Interval, bounded, interval

Values = npt.NDArray[np.float64]
Weighting = Literal["none", "linear", "quadratic"]


def weighted_kappa(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    classes: int,
    weights: Weighting = "quadratic",
    groups: npt.ArrayLike | None = None,
    seed: int = SEED,
    resamples: int = RESAMPLES,
) -> Interval:
    """Cohen's kappa of two readers, disagreement weighted by how many classes it spans, with its interval.

    Undefined (NaN) where both say one and the same class throughout.

    Args:
        first: what the first reader said, as class numbers in their order.
        second: what the second said.
        classes: how many classes there are.
        weights: a disagreement counts 1 (``none``), its distance, or the square of its distance.
        groups: the patient of every row; each row its own when left out.
        seed: of the bootstrap.
        resamples: of the bootstrap.
    """
    a, b = np.asarray(first, dtype=np.int64), np.asarray(second, dtype=np.int64)
    clusters = Clusters(np.arange(len(a)) if groups is None else groups)
    said = np.zeros((len(a), classes, classes))
    said[np.arange(len(a)), a, b] = 1
    tables = clusters.sums(said).reshape(clusters.number, -1)
    value = _kappa(tables.sum(axis=0).reshape(1, classes, classes), weights)[0]
    drawn = [
        _kappa((counts @ tables).reshape(-1, classes, classes), weights)
        for counts in (clusters.draws(resamples, seed) if clusters.number > 1 else ())
    ]
    return bounded(value, np.concatenate(drawn or [np.empty(0)]), clusters)


def lights_kappa(
    ratings: npt.ArrayLike,
    classes: int,
    weights: Weighting = "none",
    groups: npt.ArrayLike | None = None,
    seed: int = SEED,
    resamples: int = RESAMPLES,
) -> Interval:
    """The mean of Cohen's kappa over every two of several readers, after Light, with its interval.

    Two who never rated the same are no pair. Undefined (NaN) where two say one and the same class throughout.

    Args:
        ratings: ``[rated, readers]``, class numbers in their order; NaN where a reader did not rate.
        classes: how many classes there are.
        weights: as for ``weighted_kappa``.
        groups: the patient of every row; each row its own when left out.
        seed: of the bootstrap.
        resamples: of the bootstrap.
    """
    table = np.asarray(ratings, dtype=np.float64)
    clusters = Clusters(np.arange(len(table)) if groups is None else groups)
    sums = []
    for one, other in combinations(range(table.shape[1]), 2):
        rows = np.flatnonzero(~np.isnan(table[:, [one, other]]).any(axis=1))
        if not len(rows):
            continue
        said = np.zeros((len(table), classes, classes))
        said[rows, table[rows, one].astype(np.int64), table[rows, other].astype(np.int64)] = 1
        sums.append(clusters.sums(said).reshape(clusters.number, -1))

    def mean(counts: npt.NDArray[np.int32]) -> Values:
        found = [_kappa((counts @ each).reshape(-1, classes, classes), weights) for each in sums]
        kappas: Values = np.mean(found, axis=0)
        return kappas

    if not sums:
        return bounded(float("nan"), np.empty(0), clusters)
    drawn = [mean(counts) for counts in (clusters.draws(resamples, seed) if clusters.number > 1 else ())]
    value = float(mean(np.ones((1, clusters.number), dtype=np.int32))[0])
    return bounded(value, np.concatenate(drawn or [np.empty(0)]), clusters)


def _kappa(tables: Values, weights: Weighting) -> Values:
    apart = np.abs(np.subtract.outer(np.arange(tables.shape[-1]), np.arange(tables.shape[-1]))).astype(np.float64)
    cost = {"none": (apart > 0).astype(np.float64), "linear": apart, "quadratic": apart**2}[weights]
    total = tables.sum(axis=(1, 2))
    observed = (tables * cost).sum(axis=(1, 2)) * total
    expected = np.einsum("bi,ij,bj->b", tables.sum(axis=2), cost, tables.sum(axis=1))
    missed: Values = np.divide(observed, expected, out=np.full(len(tables), np.nan), where=expected > 0)
    return 1 - missed


def icc(
    ratings: npt.ArrayLike,
    model: Literal["2,1", "3,1"] = "2,1",
    seed: int = SEED,
    resamples: int = RESAMPLES,
    groups: npt.ArrayLike | None = None,
) -> Interval:
    """The intraclass correlation of single ratings after Shrout and Fleiss, its interval by resampling the rated.

    Args:
        ratings: ``[rated, raters]``, all of them known.
        model: ``2,1`` for raters that stand for others: a rater who always gives more disagrees. ``3,1`` for these
            raters alone: only how they rank and space counts.
        seed: of the bootstrap.
        resamples: of the bootstrap.
        groups: the patient of everything rated; each its own when left out.
    """
    table = np.asarray(ratings, dtype=np.float64)
    return interval(
        lambda rows: _icc(table[rows], model), np.arange(len(table)) if groups is None else groups, resamples, seed
    )


def _icc(table: Values, model: str) -> float:
    rated, raters = table.shape
    if rated < 2 or raters < 2:
        return float("nan")
    grand = table.mean()
    of_rated, of_raters = table.mean(axis=1) - grand, table.mean(axis=0) - grand
    rest = table - grand - of_rated[:, None] - of_raters
    between = raters * (of_rated**2).sum() / (rated - 1)
    raters_apart = rated * (of_raters**2).sum() / (raters - 1)
    error = (rest**2).sum() / ((rated - 1) * (raters - 1))
    whole = between + (raters - 1) * error + (raters * (raters_apart - error) / rated if model == "2,1" else 0.0)
    return float((between - error) / whole) if whole > 0 else float("nan")
