"""What was it on average in this epoch? Means over samples of what was measured batch by batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torchmetrics import Metric


class SampleMean(Metric):
    """The mean over samples of batch means; what is not a number stays one.

    torchmetrics' own ``MeanMetric`` forgets the weights of batches when it is told to let NaN through, and without
    that waits for the device at every step.
    """

    total: Tensor
    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.zeros(()), "sum")
        self.add_state("count", torch.zeros(()), "sum")

    def update(self, mean: Tensor, samples: int) -> None:
        """Count a batch by its mean and its size."""
        self.total += mean.detach() * samples
        self.count += samples

    def compute(self) -> Tensor:
        """The mean so far."""
        return self.total / self.count


class TermMeans(nn.ModuleDict):
    """The means of the terms that an objective names, each made when its term is first met."""

    def add(self, terms: Mapping[str, Tensor], samples: int) -> None:
        """Count the terms of one batch."""
        for name, value in terms.items():
            if name not in self:
                self[name] = SampleMean().to(value.device)
            cast(SampleMean, self[name]).update(value, samples)

    def taken(self) -> dict[str, Tensor]:
        """The means, by name; the count starts anew."""
        means = {name: cast(SampleMean, metric).compute() for name, metric in self.items()}
        for metric in self.values():
            cast(SampleMean, metric).reset()
        return means
