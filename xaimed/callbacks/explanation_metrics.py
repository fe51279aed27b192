"""When does a network begin to look at the finding? Maps of a few fixed pictures, measured while it is trained."""

from __future__ import annotations

from typing import Any, cast

import lightning.pytorch as pl
import numpy as np
import torch
from torch import Tensor

from xaimed.data.dataset import ManifestDataset
from xaimed.data.module import FoldData
from xaimed.data.randomness import seed_for
from xaimed.data.task import Kind
from xaimed.errors import ConfigError
from xaimed.evaluation.likeness import likeness
from xaimed.evaluation.localisation.overlap import Values, mass_inside, positive
from xaimed.explain.contract import Explainer
from xaimed.training.classifier import Classifier


class ExplanationMetrics(pl.Callback):
    """Explains the same few selection pictures after every so many epochs, and logs what became of their maps.

    ``explain/evidence_mass`` is the mean share of a map's mass that lies inside the evidence mask, over the pictures
    that have one; ``explain/map_likeness`` the mean rank correlation with the maps looked at before. Maps are those for
    the true class, for multi-label for what is predicted. Nothing that training depends on is touched, and the values
    go to the loggers alone: the fold ends with the same weights and the same history as without.

    Args:
        explainer: what explains; a cheap one, for it is asked while training waits.
        each: pictures of every class, the same in every run of one dataset where they are in the selection.
        every: how many epochs lie between two looks; the first epoch is always looked at.
    """

    tags = ("explain/evidence_mass", "explain/map_likeness")

    def __init__(self, explainer: Explainer, each: int = 2, every: int = 1) -> None:
        """Nothing has been seen yet."""
        for name, number in (("each", each), ("every", every)):
            if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                raise ConfigError(
                    f"{number!r} is no whole number of at least 1", where=f"callbacks.explanation_metrics.{name}"
                )
        self.explainer, self.each, self.every = explainer, each, every
        self.before: Tensor | None = None
        self._images, self._masks = torch.empty(0), torch.empty(0)
        self._targets: Tensor | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Read the pictures; a network that cannot be explained is found now."""
        data = cast(FoldData, trainer.datamodule)  # type: ignore[attr-defined]
        rows = fixed_rows(data, self.each)
        where: dict[str, Any] = {"seed": data.seed, "fold": data.split.fold, "pixels": data.pixels}
        seen = ManifestDataset(data.manifest, rows, data.preparation, with_masks=True, **where)
        samples = [seen[position] for position in range(len(seen))]
        self._images = torch.stack([sample["image"] for sample in samples])
        self._masks = torch.stack([sample["mask"] for sample in samples])
        if data.manifest.task.kind is not Kind.MULTILABEL:
            self._targets = torch.as_tensor(data.manifest.labels[rows])
        self.explainer.check(cast(Classifier, pl_module).network)

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Explain what is being validated: the averaged weights, where there are any."""
        if trainer.current_epoch % self.every:
            return
        network = cast(Classifier, pl_module).network
        with torch.inference_mode(False):  # Lightning validates in inference mode, in which there are no gradients
            device = pl_module.device
            targets = None if self._targets is None else self._targets.to(device)
            maps = self.explainer(network, self._images.to(device), targets).heatmap.detach().cpu()
        found = {"explain/evidence_mass": self._evidence_mass(maps)}
        if self.before is not None:
            found["explain/map_likeness"] = likeness(self.before, maps)
        self.before = maps
        values = {tag: float(np.nanmean(measured)) for tag, measured in found.items() if not np.isnan(measured).all()}
        for logger in trainer.loggers:
            logger.log_metrics(values, step=trainer.global_step - 1)

    def state_dict(self) -> dict[str, Any]:
        """The last maps, so that a resumed fold logs what an unbroken one does."""
        return {"before": self.before}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take them up again."""
        self.before = state_dict["before"]

    def _evidence_mass(self, maps: Tensor) -> Values:
        inside = (self._masks == 1).numpy()
        evident = inside.any((1, 2))
        if not evident.any():
            return np.full(len(maps), np.nan)
        return mass_inside(positive(maps[torch.from_numpy(evident)], inside.shape[-1]), inside[evident])


def fixed_rows(data: FoldData, each: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Up to ``each`` selection rows of every class, or set of labels, in the order of a hash of the sample's name."""
    names, labels = data.manifest.frame["sample_id"].astype(str).to_numpy(), data.manifest.labels
    taken: dict[str, list[int]] = {}
    for row in sorted(data.split.select.tolist(), key=lambda row: seed_for("looked at", str(names[row]))):
        of_class = taken.setdefault(str(labels[row]), [])
        if len(of_class) < each:
            of_class.append(row)
    return np.array(sorted(row for rows in taken.values() for row in rows), dtype=np.int64)
