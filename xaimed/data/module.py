"""Where do the batches of one fold come from? From three loaders over the same manifest."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property
from typing import Any, Literal

import torch
from lightning.pytorch import LightningDataModule
from torch import Tensor
from torch.utils.data import DataLoader

from xaimed.data.dataset import ManifestDataset, Sample
from xaimed.data.imbalance.balance import Balance
from xaimed.data.imbalance.copies import TrainingSet, training_set
from xaimed.data.imbalance.imbalance import Imbalance
from xaimed.data.imbalance.making import Recipe
from xaimed.data.manifest import Manifest
from xaimed.data.pixels import Pixels
from xaimed.data.preparation import Preparation
from xaimed.data.protocol import Rows, Split
from xaimed.data.randomness import seed_for
from xaimed.data.sampling import EpochSampler, WeightedSampler
from xaimed.errors import ConfigError


class FoldData(LightningDataModule):
    """The data of one fold: training, choosing (validation) and reporting (prediction).

    Args:
        manifest: the dataset.
        split: which rows play which role.
        preparation: from a picture to the network's input.
        augment: the variation of training pictures; none when it is None.
        batch_size: samples a batch.
        workers: processes that load, or ``auto``: none on up to two cores, else one fewer than cores and at most 8.
        seed: the seed of the run.
        pixels: the pictures already decoded and resized to the preparation's size.
        imbalance: what is done about rare classes; nothing by default.
        recipe: what varies copies of pictures, where there are any.
    """

    def __init__(
        self,
        manifest: Manifest,
        split: Split,
        preparation: Preparation,
        augment: Callable[[Tensor], Tensor] | None,
        batch_size: int,
        workers: int | Literal["auto"],
        seed: int,
        pixels: Pixels | None = None,
        imbalance: Imbalance | None = None,
        recipe: Recipe | None = None,
    ) -> None:
        super().__init__()
        if batch_size < 1:
            raise ConfigError(f"a batch cannot have {batch_size} samples", where="batch_size")
        self.manifest = manifest
        self.split = split
        self.preparation = preparation
        self.augment = augment
        self.batch_size = batch_size
        self.workers = worker_count(workers)
        self.seed = seed
        self.pixels = pixels
        self.balance = Balance(imbalance or Imbalance(), manifest, split)
        self.recipe = recipe

    @cached_property
    def training(self) -> TrainingSet:
        """The training rows, with the copies of smaller classes where they are asked for; made when first needed."""
        return training_set(self.balance, self.preparation, self.recipe, self.seed, self.pixels)

    def train_dataloader(self) -> DataLoader[Sample]:
        """Every training sample once per epoch, shuffled and varied; or as many, drawn by weight.

        A last batch of a single sample is left out, because BatchNorm cannot learn from one; the shuffling leaves out
        another sample in the next epoch.
        """
        rows, seed, fold, epoch = self.training.rows, self.seed, self.split.fold, self._first_epoch()
        weights = self.balance.row_weights(self.training.manifest, rows)
        lonely = len(rows) % self.batch_size == 1 and len(rows) > self.batch_size > 1
        sampler = (
            EpochSampler(len(rows), seed, fold, epoch)
            if weights is None
            else WeightedSampler(weights, seed, fold, epoch)
        )
        return self._loader(rows, self.augment, self.training.manifest, sampler=sampler, drop_last=lonely)

    def plain_dataloader(self, rows: Rows) -> DataLoader[Sample]:
        """These rows once, in their order and not varied."""
        return self._loader(rows)

    def val_dataloader(self) -> DataLoader[Sample]:
        """The rows that early stopping and the choice of a checkpoint look at."""
        return self._loader(self.split.select)

    def predict_dataloader(self) -> DataLoader[Sample]:
        """The rows whose predictions are reported."""
        return self._loader(self.split.report)

    def fitting_dataloader(self) -> DataLoader[Sample]:
        """The training rows as they are, in their order: for what is fitted on a trained network's features."""
        return self._loader(self.split.train)

    def _first_epoch(self) -> int:
        """The epoch that training begins or resumes with."""
        if self.trainer is None:
            return 0
        return self.trainer.fit_loop.epoch_progress.current.processed  # type: ignore[attr-defined,no-any-return]

    def _loader(
        self,
        rows: Rows,
        augment: Callable[[Tensor], Tensor] | None = None,
        manifest: Manifest | None = None,
        **options: Any,
    ) -> DataLoader[Sample]:
        fold = self.split.fold
        return DataLoader(
            ManifestDataset(
                self.manifest if manifest is None else manifest,
                rows,
                self.preparation,
                augment,
                seed=self.seed,
                fold=fold,
                pixels=self.pixels,
            ),
            batch_size=self.batch_size,
            num_workers=self.workers,
            persistent_workers=self.workers > 0,
            pin_memory=torch.cuda.is_available(),
            # a generator of its own: a loader otherwise draws from the global one each time it starts
            generator=torch.Generator().manual_seed(seed_for(self.seed, fold, "loader")),
            **options,
        )


def worker_count(workers: int | str) -> int:
    """How many processes load, with ``auto`` resolved for this machine."""
    if workers == "auto":
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return 0 if cores <= 2 else min(8, cores - 1)
    if not isinstance(workers, int) or workers < 0:
        raise ConfigError(f"'{workers}' is no number of workers", where="workers", fix="Give 0, 1, 2, … or auto.")
    return workers
