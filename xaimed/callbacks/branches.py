"""What share of a hybrid's decision has no map? Written for every reported sample, and said on its panel."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import lightning.pytorch as pl
import pandas as pd
import torch
from torch import Tensor

from xaimed.data.dataset import Batch
from xaimed.data.module import FoldData
from xaimed.evaluation.branches import read_branches, write_branches
from xaimed.explain.branches import contributions
from xaimed.explain.contract import predicted_class
from xaimed.models.hybrid.network import HybridNetwork
from xaimed.store.fold import BRANCHES
from xaimed.training.classifier import Classifier


class WriteBranches(pl.Callback):
    """Writes what the CNN branch and the handcrafted branch add to the decision for the predicted class."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._tables: list[pd.DataFrame] = []
        self._features: Tensor | None = None
        self._hook: Any = None

    def on_predict_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Listen to what the body gives, so that no picture is measured twice."""
        self._tables = []
        self._hook = _network(pl_module).head.register_forward_pre_hook(self._listen)

    def on_predict_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: tuple[Tensor, Tensor],
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """The contributions of one batch."""
        assert self._features is not None
        data = cast(FoldData, trainer.datamodule)  # type: ignore[attr-defined]
        classes = predicted_class(outputs[1]).to(self._features.device)
        found = contributions(_network(pl_module), self._features, classes)
        columns = {
            "sample_id": _text(data.manifest.frame["sample_id"].iloc[outputs[0].tolist()]),
            "fold": data.split.fold,
            "explained": _text(data.manifest.task.classes[int(index)] for index in classes),
            "deep": found.deep.cpu().numpy(),
            "handcrafted": found.handcrafted.cpu().numpy(),
            "handcrafted_share": found.handcrafted_share.cpu().numpy(),
        }
        self._tables.append(pd.DataFrame(columns))

    def on_predict_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the table."""
        self._hook.remove()
        write_branches(Path(trainer.default_root_dir) / BRANCHES, pd.concat(self._tables, ignore_index=True))

    def _listen(self, head: torch.nn.Module, inputs: tuple[Tensor, ...]) -> None:
        self._features = inputs[0]


def branch_notes(folder: Path) -> dict[str, str]:
    """What to say of every sample of a hybrid's fold beside its map; nothing for other folds."""
    if not (folder / BRANCHES).is_file():
        return {}
    table = read_branches(folder / BRANCHES)
    shares = zip(table["sample_id"], table["handcrafted_share"], strict=True)
    return {
        name: f"{100 * share:.0f}\u00a0% of the decision handcrafted, without a map"
        for name, share in shares
        if not math.isnan(share)
    }


def _text(names: Iterable[str]) -> pd.Series:
    # As objects, as in the table of predictions: Arrow takes no name that is not UTF-8.
    return pd.Series(list(map(str, names)), dtype="object")


def _network(pl_module: pl.LightningModule) -> HybridNetwork:
    network = cast(Classifier, pl_module).network
    assert isinstance(network, HybridNetwork)
    return network
