"""What do counts of right and wrong decisions say? Every metric but AUC, for many resamples at once.

The same definitions as ``xaimed.evaluation.metrics``, which computes them for one table through scikit-learn.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


def of_classes(counts: Values) -> dict[str, Values]:
    """Macro metrics of ``[…, classes, classes]``, true classes down and predicted across.

    What a class without samples (or without others) leaves undefined is left out of the mean; a class that is neither
    there nor predicted does not count in precision and F1.
    """
    total = counts.sum(axis=(-2, -1))
    right, true, said = np.diagonal(counts, axis1=-2, axis2=-1), counts.sum(axis=-1), counts.sum(axis=-2)
    others = total[..., None] - true
    met = true + said > 0
    return {
        "accuracy": ratio(right.sum(axis=-1), total),
        "sensitivity": mean_of_known(ratio(right, true)),
        "specificity": mean_of_known(ratio(others - said + right, others)),
        "precision": mean_of_known(np.where(met, ratio(right, said, 0.0), np.nan)),
        "f1": mean_of_known(ratio(2 * right, true + said)),
        **_beyond_chance(counts),
    }


def of_two(counts: Values) -> dict[str, Values]:
    """The binary metrics of the second class from ``[…, 2, 2]``, true classes down and predicted across."""
    (tn, fp), (fn, tp) = (np.moveaxis(row, -1, 0) for row in np.moveaxis(counts, -2, 0))
    any_true = tp + fn > 0
    return {
        "accuracy": ratio(tp + tn, tp + tn + fp + fn),
        "sensitivity": ratio(tp, tp + fn),
        "specificity": ratio(tn, tn + fp),
        "precision": np.where(any_true, ratio(tp, tp + fp, 0.0), np.nan),
        "f1": np.where(any_true, ratio(2 * tp, 2 * tp + fp + fn), np.nan),
        **_beyond_chance(counts),
    }


def ratio(part: Values, whole: Values, otherwise: float = float("nan")) -> Values:
    """The quotient, and what stands for it where the whole is nothing."""
    shape = np.broadcast_shapes(np.shape(part), np.shape(whole))
    quotient: Values = np.divide(part, whole, out=np.full(shape, otherwise), where=np.asarray(whole) > 0)
    return quotient


def mean_of_known(values: Values) -> Values:
    """The mean over the last axis of what is not NaN; NaN where nothing is known."""
    known = ~np.isnan(values)
    return ratio(np.where(known, values, 0.0).sum(axis=-1), known.sum(axis=-1))


def _beyond_chance(counts: Values) -> dict[str, Values]:
    """Kappa and MCC; undefined where only one class was met."""
    total = counts.sum(axis=(-2, -1))
    right, true, said = np.trace(counts, axis1=-2, axis2=-1), counts.sum(axis=-1), counts.sum(axis=-2)
    several = (true + said > 0).sum(axis=-1) > 1
    by_chance = (true * said).sum(axis=-1)
    spread = np.sqrt((total**2 - (true**2).sum(axis=-1)) * (total**2 - (said**2).sum(axis=-1)))
    kappa, mcc = (
        ratio(right * total - by_chance, total**2 - by_chance, 0.0),
        ratio(right * total - by_chance, spread, 0.0),
    )
    return {"kappa": np.where(several, kappa, np.nan), "mcc": np.where(several, mcc, np.nan)}
