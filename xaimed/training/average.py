"""What are the weights on average over the last steps? An exponential moving average beside those that are trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class WeightAverage:
    """``average ← average + (1 - d)(weights - average)`` after every step, BatchNorm's statistics included.

    ``d`` rises as ``(1 + n) / (10 + n)`` with the number ``n`` of steps until it is ``decay``, or the random first
    weights would weigh for too long. Whole numbers (BatchNorm's counters) are copied, and what is frozen stays as it is
    to the last bit.

    Args:
        module: whose weights and buffers are averaged.
        decay: how much of the average stays in one step.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay, self.steps = decay, 0
        self._average = {name: value.detach().clone() for name, value in module.state_dict().items()}

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Take one step's weights in."""
        share = 1 - min(self.decay, (1 + self.steps) / (10 + self.steps))
        for name, value in module.state_dict().items():
            kept = self._average[name] = self._average[name].to(value.device)
            if value.is_floating_point():
                kept.lerp_(value, share)
            else:
                kept.copy_(value)
        self.steps += 1

    @contextmanager
    def applied(self, module: nn.Module) -> Iterator[None]:
        """The averaged weights in ``module``; its own are back afterwards."""
        own = {name: value.detach().clone() for name, value in module.state_dict().items()}
        module.load_state_dict(self._average)
        try:
            yield
        finally:
            module.load_state_dict(own)

    def state_dict(self) -> dict[str, Tensor]:
        """The averaged weights under the names that the module gives them."""
        return dict(self._average)

    def load_state_dict(self, state: Mapping[str, Tensor], steps: int) -> None:
        """Go on from there."""
        self._average, self.steps = {name: value.clone() for name, value in state.items()}, steps
