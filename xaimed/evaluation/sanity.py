"""Do maps show what was learned? What is left of them when the network forgets, and whether they can be repeated."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from xaimed.errors import ConfigError
from xaimed.evaluation.contract import Findings, Measure, no_rows, row_table
from xaimed.evaluation.forgetting import ALL, HEAD, forgetting
from xaimed.evaluation.likeness import HOW, likeness, other_pictures, top_likeness
from xaimed.evaluation.resemblance import BASELINE
from xaimed.evaluation.trial import Trial
from xaimed.evaluation.verdicts import SIMILARITY
from xaimed.explain.contract import Explainer
from xaimed.models.network import Network

TOP = f"top_tenth:{ALL}"
REPEATED, FROZEN = "identical:repeated", "identical:frozen"
CAPTION = (
    "Weights are drawn anew from the head backwards, stage by stage and cumulatively (Adebayo et al. 2018): by each "
    "layer's own initialisation, BatchNorm with its statistics included, or, where a layer has none, by permuting its "
    "numbers; each map is asked again for the class that it explained before. An explainer whose maps stay more alike "
    f"than those of different pictures does not show what was learned. {HOW}"
)


@dataclass(frozen=True)
class Sanity:
    """What is left of each map when the network forgets (Adebayo et al. 2018), and whether the same call repeats it.

    Attributes:
        samples: pictures of each fold.
        steps: at most so many networks between the whole one and one that knows nothing, which is the last.
    """

    samples: int = 16
    steps: int = 6
    name: ClassVar[str] = "sanity"

    def __post_init__(self) -> None:
        """Refuse what would measure nothing."""
        if self.samples < 2 or self.steps < 2:
            raise ConfigError(
                f"{self.samples} samples and {self.steps} steps compare nothing",
                where="evaluation.sanity",
                fix="Give two or more of each.",
            )

    def __call__(self, trial: Trial) -> Findings:
        """Measure every explainer."""
        positions = trial.chosen(self.samples)
        pictures = [seen.images for seen in trial.batches(positions)]
        ids, groups = (trial.predictions.frame[key].to_numpy(dtype=object)[positions] for key in ("sample_id", "group"))
        explainers = {key: stored.explainer for key, stored in trial.maps.items()}
        asked = {key: _Asked(explainer, pictures, trial.network) for key, explainer in explainers.items()}
        frozen = copy.deepcopy(trial.network).requires_grad_(False)
        thawed = copy.deepcopy(trial.network).requires_grad_(True)
        parts = []
        for key, whole in asked.items():
            parts.append(row_table(ids, key, BASELINE, other_pictures(whole.maps, ids, groups)))
            parts.append(row_table(ids, key, REPEATED, _identical(whole.of(trial.network), whole.maps)))
            parts.append(row_table(ids, key, FROZEN, _identical(whole.of(frozen), whole.of(thawed))))
        stops = []
        for step in forgetting(trial.network, self.steps, trial.seed, trial.data.split.fold, self.name):
            stops.append(step.down_to)
            for key, whole in asked.items():
                left = whole.of(step.network)
                parts.append(row_table(ids, key, SIMILARITY + step.down_to, likeness(whole.maps, left)))
                if step.down_to == ALL:
                    parts.append(row_table(ids, key, TOP, top_likeness(whole.maps, left)))
        rows = pd.concat(parts, ignore_index=True) if parts else no_rows()
        return Findings(rows, measures_of(stops) if parts else {}, CAPTION)


class _Asked:
    """One explainer and what it said of some pictures, to be asked of other networks about the same classes."""

    def __init__(self, explainer: Explainer, pictures: Sequence[Tensor], network: Network) -> None:
        self.explainer, self.pictures = explainer, pictures
        found = [explainer(network, images) for images in pictures]
        self.maps = torch.cat([part.heatmap for part in found]).cpu()
        self.targets = [part.targets for part in found]

    def of(self, network: Network) -> Tensor:
        """The maps ``[N, h, w]`` that another network gives for the same classes."""
        pairs = zip(self.pictures, self.targets, strict=True)
        return torch.cat([self.explainer(network, images, targets).heatmap for images, targets in pairs]).cpu()


def measures_of(stops: Sequence[str]) -> dict[str, Measure]:
    """How the rows are read, for the stages at which the network was looked at."""
    whole = Measure("Likeness when all is forgotten", "lower", trust=True, against=BASELINE)
    partly = {
        SIMILARITY + stop: Measure(f"Likeness, {'head' if stop == HEAD else f'down to {stop}'} forgotten", "lower")
        for stop in stops
        if stop != ALL
    }
    return {
        SIMILARITY + ALL: whole,
        BASELINE: Measure("Likeness of maps of different pictures"),
        **partly,
        TOP: Measure("Overlap of highest tenths when all is forgotten", "lower"),
        REPEATED: Measure("Identical when asked again", "higher", percent=True),
        FROZEN: Measure("Identical with weights frozen", "higher", percent=True),
    }


def _identical(first: Tensor, second: Tensor) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    same: np.ndarray[tuple[int], np.dtype[np.float64]] = (first == second).flatten(1).all(1).double().numpy()
    return same
