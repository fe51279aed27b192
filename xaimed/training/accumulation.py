"""How much does a batch count in an optimizer step made of several? As much as it has samples of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from torch.utils.data import DataLoader


@dataclass(frozen=True)
class Windows:
    """The batches of an epoch, gathered into optimizer steps.

    Attributes:
        window: batches a step, the last step of an epoch taking what is left.
        batches: batches an epoch.
        size: samples a batch.
        samples: samples an epoch; a last batch smaller than the others follows from it.
    """

    window: int
    batches: int
    size: int
    samples: int

    def batch_size(self, batch: int) -> int:
        """Samples of a batch."""
        return min(self.size, self.samples - batch * self.size)

    def step_size(self, batch: int) -> int:
        """Samples of the optimizer step that a batch belongs to."""
        first = batch - batch % self.window
        return sum(self.batch_size(i) for i in range(first, min(first + self.window, self.batches)))

    def factor(self, batch: int) -> float:
        """What a batch's mean loss is multiplied by, so that the step's gradient is that of the mean over its samples.

        Lightning divides every loss by ``window``, whatever the sizes and however few batches the last step has. An
        objective that weighs samples by class, or leaves unknown labels out, still does so within each batch.
        """
        if self.window == 1:
            return 1.0
        return self.window * self.batch_size(batch) / self.step_size(batch)

    def said(self) -> str:
        """In words, such as ``32 samples a step (4 batches of 8), 10 in the last; 3 steps an epoch``."""
        steps = math.ceil(self.batches / self.window)
        first, last = self.step_size(0), self.step_size(self.batches - 1)
        of = f" ({self.window} batches of {self.size})" if self.window > 1 else ""
        tail = f", {last} in the last" if last != first else ""
        return f"{first} samples a step{of}{tail}; {steps} step{'s' if steps > 1 else ''} an epoch"


def windows_of(loader: DataLoader[Any], window: int, batches: int | None = None) -> Windows:
    """How a loader's batches make optimizer steps; ``batches`` where fewer than the loader has are used."""
    size = loader.batch_size or 1
    return Windows(window, len(loader) if batches is None else batches, size, len(loader.sampler))  # type: ignore[arg-type]
