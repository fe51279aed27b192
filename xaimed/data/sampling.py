"""In which order do the samples come? Shuffled anew in every epoch, by (seed, fold, epoch) alone."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch.utils.data import Sampler

from xaimed.data.randomness import seed_for


class EpochSampler(Sampler[tuple[int, int]]):
    """Every position once per epoch, as pairs (epoch, position), so that worker processes know the epoch too.

    The trainer calls ``set_epoch`` before every epoch. When it resumes, however, it starts to draw before it does so:
    whoever makes the sampler says at which epoch it begins.

    Args:
        count: how many samples.
        seed: the seed of the run.
        fold: the fold.
        epoch: the epoch to begin with.
    """

    def __init__(self, count: int, seed: int, fold: int, epoch: int = 0) -> None:
        self.count = count
        self.seed = seed
        self.fold = fold
        self.epoch = epoch

    def set_epoch(self, epoch: int) -> None:
        """The epoch that the next iteration is of."""
        self.epoch = epoch

    def __len__(self) -> int:
        """How many samples an epoch has."""
        return self.count

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """The pairs of the epoch that is set."""
        epoch = self.epoch
        generator = torch.Generator().manual_seed(seed_for(self.seed, self.fold, epoch, "order"))
        for position in torch.randperm(self.count, generator=generator).tolist():
            yield epoch, position
