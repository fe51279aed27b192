"""What did the network say of every sample? Written as a table of predictions of the fold when all are in."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import lightning.pytorch as pl
import torch
from torch import Tensor

from xaimed.data.dataset import Batch
from xaimed.data.module import FoldData
from xaimed.evaluation.predictions import prediction_table, write_predictions
from xaimed.store.fold import PREDICTIONS


class WritePredictions(pl.Callback):
    """Gathers what ``predict_step`` gives and writes one row per sample.

    Args:
        file: the name of the table in the fold's directory.
    """

    def __init__(self, file: str = PREDICTIONS) -> None:
        """Start with nothing."""
        self._file = file
        self._rows: list[Tensor] = []
        self._logits: list[Tensor] = []

    def on_predict_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: tuple[Tensor, Tensor],
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Keep one batch."""
        self._rows.append(outputs[0])
        self._logits.append(outputs[1])

    def on_predict_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the table."""
        data = cast(FoldData, trainer.datamodule)  # type: ignore[attr-defined]
        rows, logits = torch.cat(self._rows).numpy(), torch.cat(self._logits)
        frame, task = data.manifest.frame.iloc[rows], data.manifest.task
        table = prediction_table(
            task.kind.value,
            task.classes,
            sample_ids=list(frame["sample_id"]),
            groups=list(frame["group"]),
            fold=data.split.fold,
            targets=data.manifest.labels[rows],
            logits=logits.numpy(),
            probabilities=task.probabilities(logits).numpy(),
        )
        write_predictions(Path(trainer.default_root_dir) / self._file, table)
