"""What is minimised? A function of the network and a batch, so that an objective may look inside the network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from torch import Tensor
from torch.nn import functional

from xaimed.data.task import UNKNOWN, Kind, Task
from xaimed.models.network import Network


@dataclass(frozen=True)
class Value:
    """One evaluation of an objective: what to minimise, the logits it came from, and its parts for the log."""

    loss: Tensor
    logits: Tensor
    terms: dict[str, Tensor] = field(default_factory=dict)


class Objective(Protocol):
    """Anything that can be minimised."""

    def __call__(self, network: Network, images: Tensor, targets: Tensor, task: Task) -> Value:
        """Evaluate on one batch."""
        ...


class CrossEntropy:
    """Cross-entropy of the task: softmax for exclusive classes, sigmoid for one logit or several labels.

    Labels that nobody knows (``UNKNOWN``) are left out of the mean.
    """

    def __call__(self, network: Network, images: Tensor, targets: Tensor, task: Task) -> Value:
        """The mean over the batch."""
        logits = network(images)
        if task.kind is Kind.MULTICLASS:
            return Value(functional.cross_entropy(logits, targets), logits)
        known = targets != UNKNOWN
        every = functional.binary_cross_entropy_with_logits(logits, targets.clamp_min(0), reduction="none")
        return Value((every * known).sum() / known.sum().clamp_min(1), logits)
