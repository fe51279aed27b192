"""How well is each class told from the rest? Truth and probability of one class at a time, and the curve of every cut.

A *curve* is drawn over samples whose networks differ (folds) as if one network had judged all; where samples are judged
several times (repeats of the folds, seeds), each round is a curve of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from xaimed.evaluation.predictions import UNKNOWN, Predictions

Floats = npt.NDArray[np.float64]
Kind = Literal["roc", "precision_recall"]

GRID: Floats = np.linspace(0, 1, 501)


@dataclass(frozen=True)
class Judged:
    """One class against the rest in one round of judgements.

    Attributes:
        truth: ``[n]``, whether it is that class.
        probability: ``[n]``, of that class.
    """

    truth: npt.NDArray[np.bool_]
    probability: Floats

    @property
    def positives(self) -> int:
        """How many are of the class."""
        return int(self.truth.sum())

    @property
    def defined(self) -> bool:
        """Whether there are samples that are of the class and others that are not."""
        return 0 < self.positives < len(self.truth)

    def area(self, kind: Kind = "roc") -> float:
        """The area under the ROC curve, or the average precision; NaN where there is none."""
        if not self.defined:
            return float("nan")
        score = roc_auc_score if kind == "roc" else average_precision_score
        return float(score(self.truth, self.probability))

    def curve(self, kind: Kind = "roc") -> tuple[Floats, Floats]:
        """False and true positive rate; or recall, each once, and the best precision at which it is reached.

        Between two recalls the precision is that of the higher one: the area below these steps is the average
        precision.
        """
        if kind == "roc":
            across, down, _ = roc_curve(self.truth, self.probability)
            return across, down
        precision, recall, _ = precision_recall_curve(self.truth, self.probability)
        places, first = np.unique(recall, return_inverse=True)
        best = np.zeros(len(places))
        np.maximum.at(best, first, precision)
        best[0] = best[1]  # nothing is found yet, and scikit-learn calls that a precision of 1
        return places, best


def one_against_rest(predictions: Predictions) -> dict[str, list[Judged]]:
    """Of every class each against the rest, a list of its rounds; of a binary task the positive class alone.

    What nobody knows of a label is left out.
    """
    rounds = [predictions.of_folds(*folds) for folds in predictions.repeats]
    shown = predictions.classes[1:] if predictions.kind == "binary" else predictions.classes
    return {name: [_of_class(part, part.classes.index(name)) for part in rounds] for name in shown}


def mean_area(rounds: Sequence[Judged], kind: Kind = "roc") -> float:
    """The mean area over the rounds in which it is defined."""
    areas = [each.area(kind) for each in rounds if each.defined]
    return float(np.mean(areas)) if areas else float("nan")


def mean_curve(rounds: Sequence[Judged], kind: Kind = "roc") -> tuple[Floats, Floats]:
    """The curve of one round as it is; of several their mean at each false positive rate, or at each recall.

    A round in which the class does not occur has no curve; without any, both are empty.
    """
    defined = [each for each in rounds if each.defined]
    if len(defined) < 2:
        return defined[0].curve(kind) if defined else (np.empty(0), np.empty(0))
    curves = [each.curve(kind) for each in defined]
    return GRID, np.mean([_over(GRID, kind, *curve) for curve in curves], axis=0)


def _over(grid: Floats, kind: Kind, across: Floats, down: Floats) -> Floats:
    """The curve's heights over the grid; where it rises upright, its upper end."""
    if kind == "roc":
        return np.asarray(np.interp(grid, across, down))
    return np.asarray(down[np.searchsorted(across, grid - 1e-12)])


def _of_class(part: Predictions, index: int) -> Judged:
    chance = part.probabilities[:, index].astype(np.float64)
    if part.kind != "multilabel":
        return Judged(part.targets == index, chance)
    known = part.targets[:, index] != UNKNOWN
    return Judged(part.targets[known, index] == 1, chance[known])
