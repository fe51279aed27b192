"""What is left when labels mean nothing? A run beside its control, which was trained on shuffled labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from xaimed.evaluation.contract import NO_EXPLAINER, Findings, Measure, row_table
from xaimed.evaluation.likeness import HOW, likeness, other_pictures
from xaimed.evaluation.predictions import UNKNOWN, Floats, Ints, Predictions
from xaimed.evaluation.resemblance import BASELINE
from xaimed.evaluation.verdicts import SHUFFLED, TOLD_BY_CONTROL

TOLD = "told_apart:own"
MEASURES = {
    TOLD: Measure("Told from other classes", "higher", against=TOLD_BY_CONTROL),
    TOLD_BY_CONTROL: Measure("The same by the control (chance 0.5)"),
    SHUFFLED: Measure("Likeness to the control's map", "lower", against=BASELINE),
    BASELINE: Measure("Likeness of maps of different pictures"),
}
CAPTION = (
    "The run beside its control, trained the same way on training labels that had changed places; each map is of the "
    f"class that its own network predicts. {HOW}. Told from other classes: the share of the fold's pictures of other "
    "classes that are given less probability of this picture's class; its mean is the AUC of one class against the "
    "rest, weighted by how frequent classes are"
)

MapPair = tuple[npt.NDArray[Any], npt.NDArray[Any]]


def label_randomised(own: Predictions, control: Predictions, maps: Mapping[str, MapPair]) -> Findings:
    """One fold of a run beside the same fold of its control.

    Args:
        own: the run's predictions.
        control: the control's, of the same samples in the same order.
        maps: by explainer, the raw maps of both in that order.
    """
    ids, groups = (own.frame[name].to_numpy(dtype=object) for name in ("sample_id", "group"))
    parts = [row_table(ids, NO_EXPLAINER, TOLD, told_apart(own))]
    parts += [row_table(ids, NO_EXPLAINER, TOLD_BY_CONTROL, told_apart(control))]
    for explainer, (first, second) in maps.items():
        parts.append(row_table(ids, explainer, SHUFFLED, likeness(first, second)))
        parts.append(row_table(ids, explainer, BASELINE, other_pictures(first, ids, groups)))
    there = {key: measure for key, measure in MEASURES.items() if maps or key.startswith("told")}
    return Findings(pd.concat(parts, ignore_index=True), there, CAPTION)


def told_apart(predictions: Predictions) -> npt.NDArray[np.float64]:
    """How well each sample is told from those of other classes: the share of them ranked on the right side of it.

    A tie counts half. The mean over the samples of a class is its AUC against the rest. Multi-label: the mean over
    the classes whose label is known. NaN where there is nothing to be told from.
    """
    truth, chance, classes = predictions.targets, predictions.probabilities, len(predictions.classes)
    several = predictions.kind == "multilabel"
    has = truth if several else np.eye(classes, dtype=np.int64)[truth]
    columns = np.stack([_placed(has[:, at], chance[:, at]) for at in range(classes)], axis=1)
    if not several:
        return np.asarray(columns[has == 1])
    known = ~np.isnan(columns)
    return np.asarray(np.where(known, columns, 0).sum(1) / np.where(known.any(1), known.sum(1), np.nan))


def _placed(has: Ints, chance: Floats) -> npt.NDArray[np.float64]:
    """For each known sample of one class, the share of samples of the other side that are ranked on their side."""
    found = np.full(len(has), np.nan)
    for side, sign in ((1, 1.0), (0, -1.0)):
        score = sign * chance.astype(np.float64)
        others = np.sort(score[has == 1 - side])
        if len(others):
            below = np.searchsorted(others, score, "left") + np.searchsorted(others, score, "right")
            found[has == side] = (below / (2 * len(others)))[has == side]
    found[has == UNKNOWN] = np.nan
    return found
