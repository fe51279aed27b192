"""How far are the probabilities from what came true? Brier score and likelihood of every sample.

The *Brier score* is the sum over classes of squared errors for multiclass (0 to 2), the squared error of the positive
class for binary, and that of every label for multi-label (0 to 1).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from xaimed.evaluation.predictions import UNKNOWN, Predictions

Values = npt.NDArray[np.float64]
Groups = npt.NDArray[np.str_]


def brier(predictions: Predictions) -> tuple[Values, Groups]:
    """The Brier score of every sample, or of every known label, and the patient it belongs to."""
    chance, truth, groups = predictions.probabilities.astype(np.float64), predictions.targets, groups_of(predictions)
    if predictions.kind == "multilabel":
        known = truth != UNKNOWN
        return ((chance - truth) ** 2)[known], np.broadcast_to(groups[:, None], known.shape)[known]
    if predictions.kind == "binary":
        return (chance[:, 1] - truth) ** 2, groups
    return ((chance - np.eye(chance.shape[1])[truth]) ** 2).sum(axis=1), groups


def nll(predictions: Predictions, temperature: npt.ArrayLike = 1.0) -> tuple[Values, Groups]:
    """The negative log-likelihood of every sample, or of every known label, from logits; and the patient.

    Args:
        predictions: the rows.
        temperature: by which all logits are divided.
    """
    score, truth, groups = predictions.logits.astype(np.float64), predictions.targets, groups_of(predictions)
    score = score / np.asarray(temperature, dtype=np.float64)
    if predictions.kind == "multiclass":
        return np.logaddexp.reduce(score, axis=1) - score[np.arange(len(truth)), truth], groups
    if predictions.kind == "binary":
        return np.logaddexp(0, np.where(truth == 1, -score[:, 0], score[:, 0])), groups
    known = truth != UNKNOWN
    loss = np.logaddexp(0, np.where(truth == 1, -score, score))
    return loss[known], np.broadcast_to(groups[:, None], known.shape)[known]


def groups_of(predictions: Predictions) -> Groups:
    """The patient of every row."""
    return predictions.frame["group"].to_numpy(dtype=str)
