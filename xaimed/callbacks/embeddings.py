"""Which pictures does a network take for alike? Features of the selection rows, for TensorBoard's projector."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import lightning.pytorch as pl
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.tensorboard import SummaryWriter

from xaimed.callbacks.afterwards import Afterwards
from xaimed.data.module import FoldData
from xaimed.data.randomness import seed_for
from xaimed.data.task import Kind, Task
from xaimed.errors import ConfigError
from xaimed.explain.contract import predicted_class
from xaimed.explain.untouched import untouched
from xaimed.models.network import Network
from xaimed.reporting.text import visible
from xaimed.store.cache import publish_directory
from xaimed.training.classifier import Classifier

FOLDER = "embeddings"
LARGEST_SHEET = 8192
"""A browser draws the small pictures from one sheet, and takes none with a longer side."""


class Embeddings(Afterwards):
    """Writes the features that the kept weights give to the selection rows, with labels and small pictures.

    Args:
        most: how many rows at most; of more, those that a hash of their names puts first.
        side: of a small picture, in pixels.
    """

    def __init__(self, most: int = 1000, side: int = 32) -> None:
        """Nothing is written yet."""
        if not 1 <= most <= (LARGEST_SHEET // max(side, 1)) ** 2 or side < 1:
            raise ConfigError(
                f"{most} pictures of {side} pixels a side do not fit one sheet of {LARGEST_SHEET}",
                where="callbacks.embeddings",
                fix="Ask for fewer, or smaller ones.",
            )
        self.most, self.side = most, side

    def is_done(self, folder: Path) -> bool:
        """Whether a fold has its features."""
        return (folder / FOLDER).is_dir()

    def on_predict_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write them; the weights that predicted are in place."""
        data = cast(FoldData, trainer.datamodule)  # type: ignore[attr-defined]
        network = cast(Classifier, pl_module).network
        publish_directory(Path(trainer.default_root_dir) / FOLDER, lambda aside: self._write(aside, network, data))

    def _write(self, aside: Path, network: Network, data: FoldData) -> None:
        names = data.manifest.frame["sample_id"].astype(str).to_numpy()
        rows = sorted(data.split.select.tolist(), key=lambda row: seed_for("embedded", str(names[row])))[: self.most]
        features, said, pictures = list[Tensor](), list[str](), list[Tensor]()
        device = next(network.parameters()).device
        with untouched(network):
            for batch in data.plain_dataloader(np.array(rows, dtype=np.int64)):
                found = network.body(batch["image"].to(device))
                features.append(found.float().cpu())
                said += predicted_in_words(network.head(found).cpu(), data.manifest.task)
                pictures.append(self._small(batch["image"]))
        true = [true_in_words(data.manifest.labels[row], data.manifest.task) for row in rows]
        lines = [[visible(text) for text in line] for line in zip(true, said, names[rows], strict=True)]
        with SummaryWriter(str(aside)) as writer:
            writer.add_embedding(
                torch.cat(features),
                metadata=lines,
                metadata_header=["true", "predicted", "sample"],
                label_img=torch.cat(pictures),
                global_step=0,
                tag="features",
            )

    def _small(self, images: Tensor) -> Tensor:
        """Each picture from its darkest to its brightest value, only to be recognised by."""
        small = functional.adaptive_avg_pool2d(images, self.side)
        low, high = small.amin((1, 2, 3), keepdim=True), small.amax((1, 2, 3), keepdim=True)
        return (small - low) / (high - low).clamp_min(1e-6)


def predicted_in_words(logits: Tensor, task: Task) -> list[str]:
    """What the network says of each picture: a class, or the labels that it gives more than even odds."""
    if task.kind is Kind.MULTILABEL:
        return [_labels(row > 0, task) for row in logits]
    return [task.classes[int(place)] for place in predicted_class(logits)]


def true_in_words(label: np.ndarray[tuple[int, ...], np.dtype[np.int64]], task: Task) -> str:
    """A class, or the labels that are known to hold."""
    return _labels(label == 1, task) if task.kind is Kind.MULTILABEL else task.classes[int(label)]


def _labels(holds: object, task: Task) -> str:
    marks = np.asarray(holds)
    return " + ".join(name for name, yes in zip(task.classes, marks, strict=True) if yes) or "none"
