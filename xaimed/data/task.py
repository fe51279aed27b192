"""What is being decided? The classes, how many logits that takes, and how logits become a decision."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor

UNKNOWN = -1
"""In place of 0 or 1: nobody knows whether this label applies, so losses and metrics leave it out."""


class Kind(StrEnum):
    """The three kinds of classification."""

    MULTICLASS = "multiclass"
    BINARY = "binary"
    MULTILABEL = "multilabel"


@dataclass(frozen=True)
class Task:
    """The classes of a dataset and what a row of logits means.

    A binary task has one logit, that of ``classes[1]``. Probabilities always have one column per class, so that
    everything after the network treats binary and multiclass alike.
    """

    kind: Kind
    classes: tuple[str, ...]

    @property
    def outputs(self) -> int:
        """How many logits the network gives."""
        return 1 if self.kind is Kind.BINARY else len(self.classes)

    def probabilities(self, logits: Tensor) -> Tensor:
        """Logits ``[..., outputs]`` to probabilities ``[..., classes]``."""
        if self.kind is Kind.MULTICLASS:
            return logits.softmax(-1)
        positive = logits.sigmoid()
        return torch.cat([1 - positive, positive], -1) if self.kind is Kind.BINARY else positive

    def predicted(self, probabilities: Tensor) -> Tensor:
        """The decision: a class index per row, or for multi-label a 0/1 per class at threshold 0.5."""
        if self.kind is Kind.MULTILABEL:
            return (probabilities >= 0.5).long()
        return probabilities.argmax(-1)
