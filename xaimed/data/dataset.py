"""What is sample number so-and-so? Its picture, prepared, and its target, the same whoever asks and whenever."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import NotRequired, TypedDict

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import Dataset

from xaimed.data.evidence import evidence_mask
from xaimed.data.manifest import Manifest
from xaimed.data.memory import keep_freed_memory
from xaimed.data.pixels import Pixels
from xaimed.data.preparation import Preparation
from xaimed.data.randomness import seeded
from xaimed.data.reading import read_picture
from xaimed.data.task import UNKNOWN, Kind


class Sample(TypedDict):
    """One sample as the network gets it; collated, every entry becomes a tensor with the batch in front."""

    image: Tensor
    target: Tensor
    row: int
    mask: NotRequired[Tensor]


class Batch(TypedDict):
    """Samples collated."""

    image: Tensor
    target: Tensor
    row: Tensor
    mask: NotRequired[Tensor]


class ManifestDataset(Dataset[Sample]):
    """Rows of a manifest as samples.

    A key is a position among ``rows``, or (epoch, position), or (epoch, position, repeat) where a sample may come more
    than once in an epoch. What is drawn for the augmentation depends on (seed, fold, epoch, sample, repeat) and on
    nothing else: not on the worker, the order or the batch.

    Args:
        manifest: the dataset.
        rows: the rows of the manifest that take part.
        preparation: from the picture to the network's input.
        augment: the variation; none by default. With masks it must take them as a ``v2.Transform`` does.
        seed: the seed of the run.
        fold: the fold.
        pixels: the pictures already decoded and resized; without them, the files are read.
        with_masks: whether ``mask`` comes with each sample, int8 ``[size, size]``: 1 evidence, 0 none, and ``UNKNOWN``
            everywhere where the manifest names no mask. The image is the same either way.
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
        with_masks: bool = False,
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
        self.masks = chosen["mask_path"].to_numpy(dtype=object) if with_masks else None
        self.positions = None if pixels is None else pixels.positions(self.paths)

    def __len__(self) -> int:
        """How many samples."""
        return len(self.rows)

    def __getitem__(self, key: int | tuple[int, ...]) -> Sample:
        """The sample at a position, as it is in an epoch (0 unless the key names one)."""
        epoch, position, *again = key if isinstance(key, tuple) else (0, key)
        # the first time in an epoch is the same draw as where there is no second
        repeat = again if any(again) else []
        picture = self.picture(position)
        mask = None if self.masks is None else evidence_mask(self.root, self.masks[position])
        chance: tuple[int | str, ...] = (self.seed, self.fold, epoch, str(self.sample_ids[position]), *repeat)
        with seeded(*chance) if self.augment else nullcontext():
            if mask is None:
                image, seen = self.preparation(picture, self.augment), None
            else:
                image, seen = self.preparation.with_mask(picture, mask, self.augment)
        sample = Sample(image=image, target=self.targets[position], row=int(self.rows[position]))
        if self.masks is not None:
            nobody_knows = torch.full(image.shape[-2:], UNKNOWN, dtype=torch.int8)
            sample["mask"] = nobody_knows if seen is None else seen.to(torch.int8)
        return sample

    def picture(self, position: int) -> Tensor:
        """The picture at a position, before it is made ready: from the cache, or as its file has it."""
        if self.pixels is not None and self.positions is not None and self.positions[position] >= 0:
            return self.pixels.read(int(self.positions[position]))
        return read_picture(self.root / str(self.paths[position]))


def targets_of(manifest: Manifest) -> Tensor:
    """What the objective compares the logits with: class indices ``[n]``, or 0/1 as float ``[n, logits]``."""
    labels = torch.from_numpy(np.array(manifest.labels))
    if manifest.task.kind is Kind.MULTICLASS:
        return labels
    return labels.float().reshape(len(manifest), manifest.task.outputs)
