"""What is sample number so-and-so? Its picture, prepared, and its target, the same whoever asks and whenever."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import Dataset

from xaimed.data.manifest import Manifest
from xaimed.data.memory import keep_freed_memory
from xaimed.data.pixels import Pixels
from xaimed.data.preparation import Preparation
from xaimed.data.randomness import seeded
from xaimed.data.reading import read_picture
from xaimed.data.task import Kind


class Sample(TypedDict):
    """One sample as the network gets it; collated, every entry becomes a tensor with the batch in front."""

    image: Tensor
    target: Tensor
    row: int


class Batch(TypedDict):
    """Samples collated."""

    image: Tensor
    target: Tensor
    row: Tensor


class ManifestDataset(Dataset[Sample]):
    """Rows of a manifest as samples.

    A key is a position among ``rows``, or a pair (epoch, position). What is drawn for the augmentation depends on
    (seed, fold, epoch, sample) and on nothing else: not on the worker, the order or the batch.

    Args:
        manifest: the dataset.
        rows: the rows of the manifest that take part.
        preparation: from the picture to the network's input.
        augment: the variation; none by default.
        seed: the seed of the run.
        fold: the fold.
        pixels: the pictures already decoded and resized; without them, the files are read.
    """

    def __init__(
        self,
        manifest: Manifest,
        rows: npt.NDArray[np.int64],
        preparation: Preparation,
        augment: Callable[[Tensor], Tensor] | None = None,
        *,
        seed: int,
        fold: int,
        pixels: Pixels | None = None,
    ) -> None:
        keep_freed_memory()
        chosen = manifest.frame.iloc[rows]
        self.rows = rows
        self.root = manifest.root
        self.paths = chosen["path"].to_numpy(dtype=str)
        self.sample_ids = chosen["sample_id"].to_numpy(dtype=str)
        self.targets = targets_of(manifest)[rows]
        self.preparation = preparation
        self.augment = augment
        self.seed = seed
        self.fold = fold
        self.pixels = pixels
        self.positions = None if pixels is None else pixels.positions(self.paths)

    def __len__(self) -> int:
        """How many samples."""
        return len(self.rows)

    def __getitem__(self, key: int | tuple[int, int]) -> Sample:
        """The sample at a position, as it is in an epoch (0 unless the key names one)."""
        epoch, position = key if isinstance(key, tuple) else (0, key)
        picture = self._picture(position)
        if self.augment is None:
            image = self.preparation(picture)
        else:
            with seeded(self.seed, self.fold, epoch, str(self.sample_ids[position])):
                image = self.preparation(picture, self.augment)
        return Sample(image=image, target=self.targets[position], row=int(self.rows[position]))

    def _picture(self, position: int) -> Tensor:
        if self.pixels is not None and self.positions is not None and self.positions[position] >= 0:
            return self.pixels.read(int(self.positions[position]))
        return read_picture(self.root / str(self.paths[position]))


def targets_of(manifest: Manifest) -> Tensor:
    """What the objective compares the logits with: class indices ``[n]``, or 0/1 as float ``[n, logits]``."""
    labels = torch.from_numpy(np.array(manifest.labels))
    if manifest.task.kind is Kind.MULTICLASS:
        return labels
    return labels.float().reshape(len(manifest), manifest.task.outputs)
