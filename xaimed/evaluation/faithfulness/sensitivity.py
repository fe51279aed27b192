"""How much does a map change with noise that nobody sees? Max-sensitivity (Yeh et al. 2019)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from xaimed.data.randomness import seed_for
from xaimed.errors import ConfigError
from xaimed.evaluation.contract import Findings, Measure, no_rows, row_table
from xaimed.evaluation.faithfulness.judged import samples_said
from xaimed.evaluation.trial import StoredMaps, Trial

MEASURES = {"sensitivity": Measure("Max-sensitivity", "lower")}


@dataclass(frozen=True)
class Sensitivity:
    """The largest change of a map, in its own length, when its picture gets a little noise and its class stays.

    Every draw asks the explainer again, so it costs ``samples × draws`` explanations of each explainer.

    Args:
        samples: how many of a fold are judged; None for all.
        draws: of the noise.
        radius: the noise is uniform in ± this, in normalised input.
    """

    name: ClassVar[str] = "sensitivity"
    samples: int | None = 16
    draws: int = 4
    radius: float = 0.02

    def __post_init__(self) -> None:
        """Refuse noise that is none."""
        if self.draws < 1 or self.radius <= 0:
            raise ConfigError(
                f"{self.draws} draws of ± {self.radius} are no noise",
                where="sensitivity",
                fix="Ask for 4 draws of radius 0.02.",
            )

    def __call__(self, trial: Trial) -> Findings:
        """Ask every explainer again, for the classes it explained."""
        positions = trial.chosen(self.samples)
        ids = trial.sample_ids[positions]
        found: dict[str, list[Tensor]] = {name: [] for name in trial.maps}
        for seen in trial.batches(positions):
            noise = self.noise(seen.images.shape, trial.sample_ids[seen.positions], trial.seed).to(seen.images.device)
            for name, stored in trial.maps.items():
                before = torch.from_numpy(stored.heatmap[seen.positions])
                targets = torch.from_numpy(stored.targets[seen.positions]).to(seen.images.device)
                found[name].append(max_sensitivity(_explain(trial, stored, targets), seen.images, before, noise))
        rows = [row_table(ids, name, "sensitivity", torch.cat(parts).numpy()) for name, parts in found.items()]
        return Findings(pd.concat(rows, ignore_index=True) if rows else no_rows(), MEASURES, self.caption)

    def noise(self, shape: torch.Size, sample_ids: npt.NDArray[np.object_], seed: int) -> Tensor:
        """Noise ``[draws, B, 3, H, W]`` for images ``[B, 3, H, W]``, each sample's by its name."""
        drawn = torch.empty(self.draws, *shape)
        for at, name in enumerate(sample_ids):
            chance = torch.Generator().manual_seed(seed_for(self.name, seed, str(name)))
            drawn[:, at] = self.radius * (2 * torch.rand(self.draws, *shape[1:], generator=chance) - 1)
        return drawn

    @property
    def caption(self) -> str:
        """The protocol."""
        return (
            f"The largest, over {self.draws} draws of uniform noise in ± {self.radius} of the normalised input, of "
            "‖map of the noisy picture − map‖ / ‖map‖, raw maps of the class explained before; not defined for an "
            "empty map. A map that never changes has 0 and need not be right. "
            f"{samples_said(self.samples)}"
        )


def max_sensitivity(explain: Callable[[Tensor], Tensor], images: Tensor, before: Tensor, noise: Tensor) -> Tensor:
    """The largest relative change ``[B]`` of the maps, in float64 on the CPU; NaN where a map is empty.

    Args:
        explain: gives the maps of images.
        images: ``[B, 3, H, W]``.
        before: the maps of the images as they are.
        noise: ``[draws, B, 3, H, W]``, added to the images.
    """
    settled = before.double().flatten(1)
    length: Tensor = torch.linalg.vector_norm(settled, dim=1)
    after = [explain(images + each).cpu().double().flatten(1) for each in noise]
    changes = [torch.linalg.vector_norm(each - settled, dim=1) for each in after]
    return torch.stack(changes).amax(0) / length.where(length > 0, torch.nan)


def _explain(trial: Trial, stored: StoredMaps, targets: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda images: stored.explainer(trial.network, images, targets).heatmap
