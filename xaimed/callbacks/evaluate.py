"""When is a fold put to the test? When its maps are in: every evaluation that was asked for and is not there yet."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import cast

import lightning.pytorch as pl
import numpy as np
import torch

from xaimed.callbacks.afterwards import Afterwards
from xaimed.callbacks.explain import load_maps
from xaimed.config.identity import identity_hash
from xaimed.data.module import FoldData
from xaimed.evaluation.contract import Evaluation
from xaimed.evaluation.findings import write_findings
from xaimed.evaluation.predictions import Predictions
from xaimed.evaluation.reading import read_predictions
from xaimed.evaluation.trial import StoredMaps, Trial
from xaimed.explain.contract import Explainer
from xaimed.models.network import Network
from xaimed.store.cache import publish_directory
from xaimed.store.fold import EVALUATIONS, EXPLANATIONS, PREDICTIONS
from xaimed.training.classifier import Classifier


class EvaluateFold(Afterwards):
    """Runs evaluations on a fold whose predictions and maps are stored.

    Each has a folder of its own under ``evaluations/``, named after its configuration and the explainers that it was
    asked about; what is there is not made again.

    Args:
        evaluations: by their names, which carry a hash of their configuration.
        explainers: by the name of the directory in which their maps lie.
        seed: the seed of the run.
    """

    def __init__(self, evaluations: Mapping[str, Evaluation], explainers: Mapping[str, Explainer], seed: int) -> None:
        """Nothing is evaluated yet."""
        of = identity_hash({"of": sorted(explainers)})[:6]
        self.evaluations = {f"{name}-{of}": evaluation for name, evaluation in evaluations.items()}
        self.explainers, self.seed = explainers, seed

    def is_done(self, folder: Path) -> bool:
        """Whether a fold has everything that is asked for."""
        return all((folder / EVALUATIONS / name).is_dir() for name in self.evaluations)

    def on_predict_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Evaluate; the maps have just been stored, or were long ago."""
        folder = Path(trainer.default_root_dir)
        data = cast(FoldData, trainer.datamodule)  # type: ignore[attr-defined]
        predictions = read_predictions(folder / PREDICTIONS)
        maps = {
            name: stored_maps(folder / EXPLANATIONS / name, made, predictions) for name, made in self.explainers.items()
        }
        with torch.inference_mode(False):  # Lightning predicts in inference mode, in which there are no gradients
            self.evaluate(folder, cast(Classifier, pl_module).network, data, maps)

    def evaluate(self, folder: Path, network: Network, data: FoldData, maps: Mapping[str, StoredMaps]) -> None:
        """Make what is missing of a fold whose predictions are stored.

        Args:
            folder: of the fold.
            network: as it predicts.
            data: of the fold.
            maps: by the names of the explainers.
        """
        trial = Trial(network, data, read_predictions(folder / PREDICTIONS), maps, self.seed)
        for name, evaluation in self.evaluations.items():
            publish_directory(folder / EVALUATIONS / name, partial(_store, evaluation, trial))


def _store(evaluation: Evaluation, trial: Trial, aside: Path) -> None:
    write_findings(aside, evaluation.name, evaluation(trial))


def stored_maps(folder: Path, explainer: Explainer, predictions: Predictions) -> StoredMaps:
    """What an explainer stored for a fold, in the order of its predictions."""
    found = load_maps(folder)
    place = {str(name): at for at, name in enumerate(found.pop("sample_id"))}
    order = np.array([place[str(name)] for name in predictions.frame["sample_id"]], dtype=np.int64)
    sorted_maps = {name: values[order] for name, values in found.items()}
    return StoredMaps(
        explainer,
        sorted_maps.pop("heatmap"),
        sorted_maps.pop("targets"),
        sorted_maps.pop("uncertainty", None),
        sorted_maps,
    )
