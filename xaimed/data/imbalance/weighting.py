"""How much does a rare class weigh in the loss? The more, the rarer it is among the rows that train."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from xaimed.data.imbalance.frequencies import Counts, Frequencies
from xaimed.data.task import Kind


@dataclass(frozen=True, eq=False)
class LossWeights:
    """What one element of a loss is multiplied by, given its target.

    Attributes:
        values: ``[classes]`` for exclusive classes with a logit each; ``[outputs, 2]`` otherwise, of a label that is
            absent and of one that is present.
    """

    values: Tensor

    def of(self, targets: Tensor) -> Tensor:
        """The weights in the shape of ``targets``: class indices ``[B]``, or 0/1 ``[B, outputs]``."""
        values = self.values.to(targets.device)
        return values[targets] if values.ndim == 1 else torch.where(targets == 1, values[:, 1], values[:, 0])

    def by_class(self, kind: Kind) -> npt.NDArray[np.float64]:
        """The weight ``[classes]`` of a row that has the class; of a binary task the one logit decides both."""
        values = self.values.double().numpy()
        return np.array(values[0] if kind is Kind.BINARY else values if values.ndim == 1 else values[:, 1])


def balanced_weights(counted: Frequencies) -> LossWeights:
    """Every class weighs the same in total and a row weighs 1 on average: n / (classes · rows of the class).

    With several labels this holds for the presence and absence of each label. A label that is always or never there
    cannot be balanced: it weighs 1.
    """
    if counted.task.kind is Kind.MULTICLASS:
        weights = counted.positive.sum() / (len(counted.positive) * counted.positive)
        return LossWeights(torch.from_numpy(weights).float())
    absent, present = _of_logits(counted)
    return _two_sided(absent, present, (absent + present) / (2 * np.stack([absent, present]).clip(1)))


def positive_weights(counted: Frequencies) -> LossWeights:
    """What is absent weighs 1, what is present negatives / positives; 1 for a label that is always or never there."""
    absent, present = _of_logits(counted)
    return _two_sided(absent, present, np.stack([np.ones(len(absent)), absent / present.clip(1)]))


def _of_logits(counted: Frequencies) -> tuple[Counts, Counts]:
    """Rows in which each logit's label is absent, and in which it is present."""
    logits = slice(1, None) if counted.task.kind is Kind.BINARY else slice(None)
    return counted.negative[logits], counted.positive[logits]


def _two_sided(absent: Counts, present: Counts, weights: npt.NDArray[np.float64]) -> LossWeights:
    both_seen = (absent > 0) & (present > 0)
    return LossWeights(torch.from_numpy(np.where(both_seen, weights, 1.0).T.copy()).float())
