"""When is a fold explained? At its end: raw maps of every reported picture, and panels of chosen cases."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

import lightning.pytorch as pl
import numpy as np
import numpy.typing as npt
import torch
from lightning.pytorch.loggers import TensorBoardLogger

from xaimed.callbacks.afterwards import Afterwards
from xaimed.callbacks.branches import branch_notes
from xaimed.callbacks.cases import Chosen, choose_cases
from xaimed.callbacks.panels import OVERVIEW, draw_cases
from xaimed.config.identity import identity_hash
from xaimed.data.module import FoldData
from xaimed.evaluation.reading import read_predictions
from xaimed.explain.contract import Explainer, Explanation
from xaimed.models.network import Network
from xaimed.reporting.tensorboard import add_pictures
from xaimed.store.cache import publish_directory
from xaimed.store.fold import EXPLANATIONS, PREDICTIONS
from xaimed.training.classifier import Classifier

MAPS, ASKED, PANELS = "maps.npz", "asked.json", "panels"
Maps = Mapping[str, npt.NDArray[Any]]


class ExplainFold(Afterwards):
    """Explains every reported picture of a fold when its predictions are in.

    Each explainer has a directory of its own under ``explanations/``, named after its configuration, so that another
    explainer, or the same one asked differently, adds to a finished fold and never retrains it. The panels of all of
    them together lie in ``explanations/panels-…``.

    Args:
        explainers: by the name of their directory.
        stamps: what must be visible on every picture.
        cases: panels of each class, correct and incorrect apart.
        over_folds: whether the pictures are explained by the networks of all folds too, once these are finished; this
            callback, which knows one fold, only carries the wish.
    """

    def __init__(
        self, explainers: Mapping[str, Explainer], stamps: Sequence[str] = (), cases: int = 2, over_folds: bool = False
    ) -> None:
        """Nothing is explained yet."""
        self.explainers, self.stamps, self.cases, self.over_folds = explainers, tuple(stamps), cases, over_folds

    def is_done(self, folder: Path) -> bool:
        """Whether a fold has everything that is asked for."""
        places = [*self.explainers, self.panels_name]
        return all((folder / EXPLANATIONS / name).is_dir() for name in places)

    def on_predict_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Explain, store, draw; the predictions have just been written, or were long ago."""
        folder = Path(trainer.default_root_dir)
        data = cast(FoldData, trainer.datamodule)  # type: ignore[attr-defined]
        network = cast(Classifier, pl_module).network
        with torch.inference_mode(False):  # Lightning predicts in inference mode, in which there are no gradients
            for name, explainer in self.explainers.items():
                publish_directory(folder / EXPLANATIONS / name, partial(self._store, explainer, network, data))
        cases = choose_cases(read_predictions(folder / PREDICTIONS), self.cases)
        publish_directory(folder / EXPLANATIONS / self.panels_name, partial(self._draw, folder, data, cases))
        self._show(trainer, folder / EXPLANATIONS / self.panels_name, cases)

    def _store(self, explainer: Explainer, network: Network, data: FoldData, aside: Path) -> None:
        """Raw maps of every reported picture, in the order of the split, and what was asked."""
        device = next(network.parameters()).device
        parts: list[Explanation] = []
        rows: list[int] = []
        for batch in data.predict_dataloader():
            parts.append(explainer(network, batch["image"].to(device)))
            rows.extend(batch["row"].tolist())
        arrays = {"sample_id": data.manifest.frame["sample_id"].to_numpy(dtype=str)[rows], **_joined(parts)}
        np.savez_compressed(aside / MAPS, **arrays)  # type: ignore[arg-type]
        (aside / ASKED).write_text(json.dumps(parts[0].asked, indent=2, sort_keys=True) + "\n", encoding="utf-8")

    def _draw(self, folder: Path, data: FoldData, cases: Sequence[Chosen], aside: Path) -> None:
        stored = {self.explainers[name].name: load_maps(folder / EXPLANATIONS / name) for name in self.explainers}
        draw_cases(cases, data, stored, self.stamps, aside, branch_notes(folder))

    def _show(self, trainer: pl.Trainer, panels: Path, cases: Sequence[Chosen]) -> None:
        """The same panels in TensorBoard: a sample always under its own tag, what it is shown with in the overview."""
        if not cases:
            return
        files = {"panels/overview": panels / OVERVIEW, **{f"panels/{case.tag}": panels / case.file for case in cases}}
        for logger in (logger for logger in trainer.loggers if isinstance(logger, TensorBoardLogger)):
            add_pictures(Path(logger.log_dir), files)

    @property
    def panels_name(self) -> str:
        """The directory of the panels of these explainers together."""
        return f"{PANELS}-{identity_hash({'of': sorted(self.explainers), 'cases': self.cases})[:6]}"


def load_maps(folder: Path) -> dict[str, npt.NDArray[Any]]:
    """The raw maps that an explainer stored for a fold: ``sample_id, targets, heatmap`` and what else it gives."""
    with np.load(folder / MAPS, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def _joined(parts: Sequence[Explanation]) -> dict[str, npt.NDArray[Any]]:
    """The batches of a fold as one array per quantity."""
    found: dict[str, list[torch.Tensor]] = {}
    for part in parts:
        found.setdefault("heatmap", []).append(part.heatmap)
        found.setdefault("targets", []).append(part.targets)
        if part.uncertainty is not None:
            found.setdefault("uncertainty", []).append(part.uncertainty)
        for name, value in part.extra.items():
            # What has one row per pass comes as [passes, images, …]; images go first, as everywhere else.
            found.setdefault(name, []).append(value.transpose(0, 1) if name.startswith("passes_") else value)
    return {name: torch.cat(values).cpu().numpy() for name, values in found.items()}
