"""Would the model be honest if it were less sure, or more? One number by which its logits are divided.

It is fitted by likelihood on the rows that chose the checkpoint, never on those that are reported. Decisions and AUC
within a fold stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize_scalar

from xaimed.evaluation.predictions import Predictions, logit_columns
from xaimed.evaluation.proper_scores import nll

COOLEST, HOTTEST = 0.05, 20.0


@dataclass(frozen=True)
class Temperature:
    """What the logits are divided by.

    Attributes:
        value: above 1 makes the model less sure.
        n: on how many rows it was fitted.
        at_bound: whether the likelihood asked for still more or less than is looked at; as where no row is wrong.
    """

    value: float
    n: int
    at_bound: bool


def fit_temperature(selection: Predictions) -> Temperature:
    """The temperature under which these rows are likeliest.

    Args:
        selection: rows that are not reported.
    """

    def loss(log_temperature: float) -> float:
        return float(nll(selection, np.exp(log_temperature))[0].mean())

    bounds = (float(np.log(COOLEST)), float(np.log(HOTTEST)))
    found = float(minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-6}).x)
    at_bound = min(found - bounds[0], bounds[1] - found) < 1e-3
    return Temperature(float(np.exp(found)), len(selection), at_bound)


def scaled(predictions: Predictions, temperature: float) -> Predictions:
    """The predictions with their logits divided, and what probabilities that gives; decisions stay."""
    score = predictions.logits.astype(np.float64) / temperature
    if predictions.kind == "multiclass":
        chance = np.exp(score - np.logaddexp.reduce(score, axis=1)[:, None])
    else:
        positive = np.exp(-np.logaddexp(0, -score))
        chance = np.hstack([1 - positive, positive]) if predictions.kind == "binary" else positive
    names = logit_columns(predictions.kind, predictions.classes)
    columns = dict(zip(names, score.astype(np.float32).T, strict=True))
    columns |= {f"p:{name}": p for name, p in zip(predictions.classes, chance.astype(np.float32).T, strict=True)}
    return replace(predictions, frame=predictions.frame.assign(**columns))
