"""In which order do the samples come? Shuffled or drawn anew in every epoch, by (seed, fold, epoch) alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Sampler

from xaimed.data.randomness import seed_for


class EpochSampler(Sampler[tuple[int, ...]]):
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

    def __iter__(self) -> Iterator[tuple[int, ...]]:
        """The pairs of the epoch that is set."""
        epoch = self.epoch
        generator = torch.Generator().manual_seed(seed_for(self.seed, self.fold, epoch, "order"))
        for position in torch.randperm(self.count, generator=generator).tolist():
            yield epoch, position


class WeightedSampler(EpochSampler):
    """Positions drawn with replacement, as (epoch, position, repeat): the how many-th time it comes in this epoch.

    Args:
        weights: in proportion to what each position is drawn; an epoch has as many draws as there are positions.
        seed: the seed of the run.
        fold: the fold.
        epoch: the epoch to begin with.
    """

    def __init__(self, weights: npt.NDArray[np.float64], seed: int, fold: int, epoch: int = 0) -> None:
        super().__init__(len(weights), seed, fold, epoch)
        self.weights = torch.from_numpy(weights)

    def __iter__(self) -> Iterator[tuple[int, ...]]:
        """The draws of the epoch that is set."""
        epoch = self.epoch
        generator = torch.Generator().manual_seed(seed_for(self.seed, self.fold, epoch, "draws"))
        drawn = torch.multinomial(self.weights, self.count, replacement=True, generator=generator)
        times: Counter[int] = Counter()
        for position in drawn.tolist():
            yield epoch, position, times[position]
            times[position] += 1
