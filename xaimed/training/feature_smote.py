"""How are rare classes filled up without pictures? Between the features of a frozen body, batch by batch (SMOTE)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from xaimed.data.imbalance.frequencies import Counts
from xaimed.data.imbalance.smote import between, neighbours_within
from xaimed.data.module import FoldData
from xaimed.data.randomness import seed_for
from xaimed.errors import ConfigError
from xaimed.models.network import Network
from xaimed.training.objectives import Elementwise, Objective
from xaimed.training.strategies import Strategy


class FeatureSmote:
    """Adds synthetic feature vectors of the smaller classes to what the head sees, so that classes become even.

    The vectors lie between the features of unvaried training pictures, which a frozen body gives once, in fp32, before
    the first step. Which of them a batch gets is a function of (seed, fold, epoch, batch).

    Args:
        seed: the seed of the run.
        fold: the fold.
        per_row: how many vectors of each class a picture in a batch brings on average.
        neighbours: among how many nearest neighbours the other end of the line is chosen.
    """

    def __init__(self, seed: int, fold: int, per_row: npt.NDArray[np.float64], neighbours: int) -> None:
        self.seed, self.fold, self.per_row, self.neighbours = seed, fold, per_row, neighbours
        self.remember(torch.empty(0, 1), np.empty(0, dtype=np.int64))

    def learn(self, network: Network, data: FoldData, device: torch.device) -> None:
        """See the training pictures of the smaller classes once, through the body as it is."""
        labels = data.manifest.labels[data.split.train]
        smaller = self.per_row[labels] > 0
        if not smaller.any():
            return
        network.body.eval()
        with torch.no_grad(), torch.autocast(device.type, enabled=False):
            batches = data.plain_dataloader(data.split.train[smaller])
            seen = [network.body(batch["image"].to(device).float()).cpu() for batch in batches]
        self.remember(torch.cat(seen), labels[smaller])

    def remember(self, features: Tensor, labels: Counts) -> None:
        """Take these vectors ``[n, width]`` and their classes as what lies at the ends of the lines."""
        self._features, self._labels = features, labels
        self._near = neighbours_within(features.numpy(), labels, self.neighbours)

    def drawn(self, count: int, epoch: int, batch: int) -> tuple[Tensor, Counts]:
        """The vectors, and their classes, that are added to a batch of ``count`` pictures."""
        chance = np.random.default_rng(seed_for(self.seed, self.fold, "smote", epoch, batch))
        amounts = np.floor(self.per_row * count + chance.random(len(self.per_row))).astype(np.int64)
        ends: list[tuple[int, int]] = []
        for index in np.flatnonzero(amounts).tolist():
            points = chance.choice(np.flatnonzero(self._labels == index), amounts[index])
            ends.extend((int(point), int(chance.choice(self._near[point]))) for point in points)
        steps = torch.from_numpy(chance.random((len(ends), 1))).float()
        one, other = np.array(ends, dtype=np.int64).reshape(-1, 2).T
        return between(self._features[one], self._features[other], steps), self._labels[one]

    @contextmanager
    def added(self, head: nn.Module, targets: Tensor, epoch: int, batch: int) -> Iterator[Tensor]:
        """Inside the block the head sees the vectors after those of the batch; gives the targets of all of them."""
        vectors, labels = self.drawn(len(targets), epoch, batch)
        more = torch.from_numpy(labels).to(targets).reshape(-1, *targets.shape[1:])
        handle = head.register_forward_pre_hook(lambda _, seen: (torch.cat([seen[0], vectors.to(seen[0])]),))
        try:
            yield torch.cat([targets, more])
        finally:
            handle.remove()


def check_feature_smote(strategy: Strategy, network: Network, objective: Objective) -> None:
    """Refuse what synthetic features make no sense with."""
    if not all(part.thaw is None for part in strategy.body(network)):
        raise ConfigError(
            f"{type(strategy).__name__} trains the body, so its features move with every step and vectors between them "
            "would be those of another network",
            where="imbalance.smote_features",
            fix="Use strategy=feature_extraction, or imbalance=smote_pixels.",
        )
    if not isinstance(objective, Elementwise):
        raise ConfigError(
            f"{type(objective).__name__} may need the pictures, and a synthetic feature vector has none",
            where="imbalance.smote_features",
            fix="Use objective=cross_entropy, or imbalance=smote_pixels.",
        )
