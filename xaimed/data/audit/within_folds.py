"""How well do scores order the pictures? By the pairs within one fold, because scores of two models do not compare."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from xaimed.data.randomness import seed_for

RESAMPLES = 300
AT_ONCE = 50
"""Resamples reckoned together."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating]


def auc_within_folds(truth: Ints, score: Floats, fold: Ints) -> float:
    """The share of pairs in the right order; rows of fold -1 do not count."""
    return float(_weighted_aucs(truth, score, fold, np.ones((1, len(truth))))[0])


def _weighted_aucs(
    truth: Ints,
    score: Floats,
    fold: Ints,
    weights: Floats,
) -> Floats:
    """The same with every row of ``weights`` in turn as the weights of the pictures."""
    right, pairs = np.zeros(len(weights)), np.zeros(len(weights))
    for number in np.unique(fold[fold >= 0]):
        here = np.flatnonzero(fold == number)
        here = here[np.argsort(score[here], kind="stable")]
        _, levels = np.unique(score[here], return_index=True)
        weight = weights[:, here]
        positive, negative = (np.add.reduceat(weight * side, levels, axis=1) for side in (truth[here], 1 - truth[here]))
        right += (positive * (np.cumsum(negative, axis=1) - negative / 2)).sum(axis=1)
        pairs += positive.sum(axis=1) * negative.sum(axis=1)
    return np.asarray(np.divide(right, pairs, out=np.full(len(weights), 0.5), where=pairs > 0))


def interval(
    judged: Sequence[tuple[Ints, Floats, Ints]],
    groups: npt.NDArray[np.str_],
    seed: int,
) -> tuple[float, float]:
    """95 % of the mean AUC when patients are drawn anew."""
    rng = np.random.default_rng(seed_for(seed, "audit interval"))
    patients, person = np.unique(groups, return_inverse=True)
    count = len(patients)
    drawn = []
    for start in range(0, RESAMPLES, AT_ONCE):
        times = min(AT_ONCE, RESAMPLES - start)
        weights = np.stack(
            [np.bincount(rng.integers(count, size=count), minlength=count)[person] for _ in range(times)]
        )
        drawn.append(np.mean([_weighted_aucs(*entry, weights.astype(np.float64)) for entry in judged], axis=0))
    low, high = np.percentile(np.concatenate(drawn), (2.5, 97.5))
    return float(low), float(high)
