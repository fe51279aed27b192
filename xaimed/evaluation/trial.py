"""What is put to the test? One finished fold: its network, its reported pictures, its predictions and its maps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader

from xaimed.data.dataset import ManifestDataset
from xaimed.data.module import FoldData
from xaimed.data.randomness import seed_for
from xaimed.data.task import UNKNOWN
from xaimed.evaluation.predictions import Ints, Predictions
from xaimed.explain.contract import Explainer
from xaimed.models.network import Network


@dataclass(frozen=True)
class StoredMaps:
    """What one explainer said of the reported pictures, in the order of the predictions.

    Attributes:
        explainer: who said it, to be asked again.
        heatmap: ``[N, h, w]``, raw.
        targets: ``[N]``, the classes explained.
        uncertainty: ``[N, h, w]``, where there is one.
        extra: what else it gives, by name.
    """

    explainer: Explainer
    heatmap: npt.NDArray[np.float32]
    targets: Ints
    uncertainty: npt.NDArray[np.float32] | None = None
    extra: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """A few pictures as the network sees them.

    Attributes:
        positions: where they stand among the reported pictures.
        images: ``[B, 3, size, size]``, normalised, on the network's device.
        masks: ``[B, size, size]`` int8 on the CPU: 1 evidence, 0 none, ``UNKNOWN`` everywhere where there is no mask.
    """

    positions: Ints
    images: Tensor
    masks: Tensor


@dataclass(frozen=True)
class Trial:
    """One finished fold under test.

    A *position* is a number from 0 among the reported pictures, in the order of ``predictions``.

    Attributes:
        network: as it predicts, its trained weights loaded, in evaluation mode.
        data: the fold's data.
        predictions: the fold's own rows.
        maps: the stored maps, by the name of the explainer's directory, such as ``gradcam-1a2b3c``.
        seed: the seed of the run.
    """

    network: Network
    data: FoldData
    predictions: Predictions
    maps: Mapping[str, StoredMaps]
    seed: int

    @property
    def device(self) -> torch.device:
        """Where the network computes."""
        return next(self.network.parameters()).device

    @property
    def sample_ids(self) -> npt.NDArray[Any]:
        """The names of the reported pictures."""
        return self.predictions.frame["sample_id"].to_numpy(dtype=object)

    def chosen(self, most: int | None) -> Ints:
        """Up to ``most`` positions, as even over the classes as they come, the same whatever else is asked; or all.

        The order within a class is that of a hash of the sample's name, so runs of one dataset choose alike.
        """
        everything = np.arange(len(self.predictions))
        if most is None or most >= len(everything):
            return everything
        truth = self.predictions.targets
        label = truth if truth.ndim == 1 else np.unique(truth, axis=0, return_inverse=True)[1].reshape(-1)
        ids = self.sample_ids
        by_chance = sorted(everything, key=lambda at: seed_for("evaluated", str(ids[at])))
        turn: dict[int, int] = {}
        order: list[tuple[int, int, int]] = []
        for at in by_chance:
            turn[label[at]] = turn.get(label[at], 0) + 1
            order.append((turn[label[at]], len(order), int(at)))
        return np.array(sorted(at for _, _, at in sorted(order)[:most]), dtype=np.int64)

    def batches(self, positions: Ints | None = None) -> Iterator[Seen]:
        """The reported pictures at these positions, in that order, a batch at a time."""
        order = np.arange(len(self.predictions)) if positions is None else positions
        place = {str(name): row for row, name in enumerate(self.data.manifest.frame["sample_id"].astype(str))}
        rows = np.array([place[str(name)] for name in self.sample_ids[order]], dtype=np.int64)
        start = 0
        for images, masks in self._looked_at(rows):
            yield Seen(order[start : start + len(images)], images, masks)
            start += len(images)

    def selection(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Images and masks of the rows that chose the checkpoint, for what is tuned on them.

        Nothing comes where some of them are reported too, for nothing may be tuned on those.
        """
        if not np.intersect1d(self.data.split.select, self.data.split.report).size:
            yield from self._looked_at(self.data.split.select)

    def _looked_at(self, rows: Ints) -> Iterator[tuple[Tensor, Tensor]]:
        dataset = ManifestDataset(
            self.data.manifest,
            rows,
            self.data.preparation,
            seed=self.seed,
            fold=self.data.split.fold,
            pixels=self.data.pixels,
            with_masks=True,
        )
        # A generator of its own: a loader takes a seed from torch's when it starts, whether it needs one or not.
        for batch in DataLoader(dataset, batch_size=self.data.batch_size, generator=torch.Generator()):
            yield batch["image"].to(self.device), batch["mask"]


def has_mask(masks: Tensor) -> Tensor:
    """Which of the pictures ``[B]`` have an evidence mask, be it empty."""
    return (masks != UNKNOWN).flatten(1).all(1)


def on_image(maps: Tensor, size: int | Sequence[int]) -> Tensor:
    """Raw maps ``[B, h, w]`` at image resolution, bilinear, as they are drawn."""
    side = (size, size) if isinstance(size, int) else tuple(size)
    if tuple(maps.shape[-2:]) == side:
        return maps
    return functional.interpolate(maps[:, None], side, mode="bilinear", align_corners=False)[:, 0]
