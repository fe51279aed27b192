"""What is minimised? A function of the network and a batch, so that an objective may look inside the network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import copy
from dataclasses import dataclass, field
from typing import Protocol, Self, runtime_checkable

from torch import Tensor
from torch.nn import functional

from xaimed.data.imbalance.weighting import LossWeights
from xaimed.data.task import UNKNOWN, Kind, Task
from xaimed.errors import ConfigError
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


@runtime_checkable
class Weightable(Protocol):
    """An objective that can weigh rare classes more."""

    def weighted(self, weights: LossWeights) -> Objective:
        """The same objective with these weights."""
        ...


class Elementwise(ABC):
    """A mean over what each element costs by itself, given its logits and its target.

    An element is a picture, or, with a logit for each label, a picture's label; those that nobody knows (``UNKNOWN``)
    are left out. Weights multiply what an element costs, in training and in validation alike, so that what chooses a
    checkpoint is what was minimised. The sum is divided by the number of elements, not (as in torch's
    ``CrossEntropyLoss``) by the weights of those in the batch: that would cancel the weights in a batch of one class,
    and make the validation loss depend on where batches end.
    """

    weights: LossWeights | None = None

    @abstractmethod
    def every(self, logits: Tensor, targets: Tensor, task: Task) -> Tensor:
        """What each element costs, in the shape of ``targets``, in which 0 stands for what nobody knows."""

    def __call__(self, network: Network, images: Tensor, targets: Tensor, task: Task) -> Value:
        """The mean over the batch."""
        logits = network(images)
        known = targets != UNKNOWN
        every = self.every(logits, targets.clamp_min(0), task)
        if self.weights is not None:
            every = every * self.weights.of(targets)
        return Value((every * known).sum() / known.sum().clamp_min(1), logits)

    def weighted(self, weights: LossWeights) -> Self:
        """The same objective with these weights."""
        twin = copy(self)
        twin.weights = weights
        return twin


class CrossEntropy(Elementwise):
    """Cross-entropy of the task: softmax for exclusive classes, sigmoid for one logit or several labels."""

    def every(self, logits: Tensor, targets: Tensor, task: Task) -> Tensor:
        """The negative log of the probability given to what is true."""
        if task.kind is Kind.MULTICLASS:
            return functional.cross_entropy(logits, targets, reduction="none")
        return functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")


def weigh(objective: Objective, weights: LossWeights | None) -> Objective:
    """The objective with these weights, if there are any; refused where it cannot be weighted."""
    if weights is None:
        return objective
    if not isinstance(objective, Weightable):
        raise ConfigError(
            f"{type(objective).__name__} cannot weigh classes",
            where="imbalance.weights",
            fix="Use imbalance.weights=none, another objective, or derive yours from Elementwise.",
        )
    return objective.weighted(weights)
