"""Does the prediction rest on what is not anatomy? Border, corners and marks masked, beside the same shapes elsewhere.

What lies inside the anatomy is out of reach: a drain, a line of the scanner, the sharpness of a picture. A region that
contains anatomy as well is masked with it, and only the comparison with other places tells one from the other. And
where the class shows in everything, so that no mask takes it away, nothing is found either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from xaimed.data.task import UNKNOWN, Task
from xaimed.errors import ConfigError
from xaimed.evaluation.contract import COLUMNS, NO_EXPLAINER, Findings, row_table
from xaimed.evaluation.shortcuts.inpainting import inpainted
from xaimed.evaluation.shortcuts.markers import markers_in
from xaimed.evaluation.shortcuts.regions import Mask, border, controls, corners
from xaimed.evaluation.shortcuts.rows import (
    BEYOND_CHANCE,
    BORDER,
    DROP,
    ELSEWHERE,
    FLIP,
    LARGEST,
    MARKERS,
    MEASURES,
    SHORTCUTS,
    SURROUNDINGS,
)
from xaimed.evaluation.trial import Trial
from xaimed.explain.lean import Lean
from xaimed.explain.untouched import untouched

CAPTION = (
    "Parts of each picture are filled smoothly from what surrounds them: the border ({border:.0%} of the side), each "
    "corner ({corner:.0%}), and marks (small compact spots near the picture's edge that stand out from an even "
    "ground). Drop: of the predicted class's probability; elsewhere: the mean over {controls} masks of the same shape "
    "and area at drawn places. Largest excess: drop less drop elsewhere (or less 0, where masks elsewhere raise the "
    "probability), in the region where its mean over the pictures of all folds is largest, among those that a quarter "
    "of them have. Surroundings alone: only border and corners kept; beyond chance: less the share of pictures of "
    "other patients for which the same decision would be right. A shortcut inside the anatomy is not found"
)


@dataclass(frozen=True)
class Shortcuts:
    """What the prediction loses without border, corners and marks, and what it can still tell by them alone.

    Attributes:
        samples: pictures of each fold.
        border: width of the masked border, as a share of the picture's side.
        corner: side of each masked corner, as a share of the picture's side.
        controls: masks of the same shape elsewhere, for each region of each picture.
    """

    samples: int = 32
    border: float = 0.08
    corner: float = 0.2
    controls: int = 4
    name: ClassVar[str] = SHORTCUTS

    def __post_init__(self) -> None:
        """Refuse regions that leave no picture, and a probe without controls."""
        if not (0 < self.border < 0.25 and 0 < self.corner < 0.4):
            raise ConfigError(
                f"a border of {self.border:g} and corners of {self.corner:g} leave no room for anything else",
                where="evaluation.shortcuts",
                fix="Give shares of the side below 0.25 and 0.4.",
            )
        if self.samples < 1 or self.controls < 1:
            raise ConfigError("a probe needs samples and controls", where="evaluation.shortcuts", fix="Give 1 or more.")

    def __call__(self, trial: Trial) -> Findings:
        """Probe every picture that is chosen."""
        positions = trial.chosen(self.samples)
        probed = []
        with untouched(trial.network):
            lean: Lean | None = None
            for seen in trial.batches(positions):
                lean = lean or Lean(trial.network, seen.images)
                for at, image in zip(seen.positions, seen.images, strict=True):
                    probed.append(self._probe(trial, lean, int(at), image))
        parts = [pd.DataFrame([row for each in probed for row in each.rows], columns=list(COLUMNS))]
        parts += _surroundings(trial, positions, np.stack([each.by_surroundings for each in probed]))
        rows = pd.concat(parts, ignore_index=True)
        options = {"border": self.border, "corner": self.corner, "controls": self.controls}
        there = {*rows["measure"], LARGEST}  # which is made of the rows of all folds
        return Findings(rows, {key: told for key, told in MEASURES.items() if key in there}, CAPTION.format(**options))

    def _probe(self, trial: Trial, lean: Lean, position: int, image: Tensor) -> _Probed:
        sample, task = str(trial.sample_ids[position]), trial.data.manifest.task
        regions = self._regions(trial, image)
        chance = (trial.seed, trial.data.split.fold, "shortcuts", sample)
        masks = [np.logical_or.reduce(parts) for parts in regions.values()]
        for number in range(self.controls):
            masks += controls(regions, self.border, number, *chance)
        side = image.shape[-1]
        kept = np.logical_or.reduce([border(side, self.border), *corners(side, self.corner).values()])
        pictures = _without(image, [*masks, ~kept])
        probabilities = task.probabilities(lean.logits(torch.cat([image[None], pictures])).cpu())
        lost, turned = _lost(probabilities[0], probabilities[1:-1], task)
        shape = (1 + self.controls, len(regions))
        drops, flips = lost.reshape(shape), turned.reshape(shape)
        rows = [
            (sample, explainer, measure + region, float(value[number]))
            for measure, values in ((DROP, drops), (FLIP, flips))
            for explainer, value in ((NO_EXPLAINER, values[0]), (ELSEWHERE, values[1:].mean(0)))
            for number, region in enumerate(regions)
        ]
        return _Probed(rows, np.atleast_1d(task.predicted(probabilities[-1]).numpy()))

    def _regions(self, trial: Trial, image: Tensor) -> dict[str, list[Mask]]:
        side = image.shape[-1]
        squares = {name: [mask] for name, mask in corners(side, self.corner).items()}
        marks = markers_in(trial.data.preparation.undo(image).cpu().numpy())
        return {BORDER: [border(side, self.border)], **squares, **({MARKERS: marks} if marks else {})}


@dataclass(frozen=True)
class _Probed:
    """The rows of one picture, and what is decided when only its surroundings are kept."""

    rows: list[tuple[str, str, str, float]]
    by_surroundings: npt.NDArray[np.int64]


def _without(image: Tensor, masks: Sequence[Mask]) -> Tensor:
    hidden = torch.from_numpy(np.stack(masks)).to(image.device)
    return inpainted(image.expand(len(masks), *image.shape), hidden)


def _lost(whole: Tensor, masked: Tensor, task: Task) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Of the likeliest class the probability that is lost with each mask, and whether any decision is another."""
    likeliest = int(whole.argmax())
    lost = (whole[likeliest] - masked[:, likeliest]).double().numpy()
    before, after = np.atleast_1d(task.predicted(whole[None]).numpy()), task.predicted(masked).numpy()
    turned = (after != before).reshape(len(masked), -1).any(1).astype(np.float64)
    return lost, turned


def _surroundings(trial: Trial, positions: npt.NDArray[np.int64], decided: npt.NDArray[np.int64]) -> list[pd.DataFrame]:
    """Whether each decision by the surroundings alone is right, and by how much more often than by chance."""
    frame = trial.predictions.frame
    ids, groups = (frame[key].to_numpy(dtype=object)[positions] for key in ("sample_id", "group"))
    truth = trial.predictions.targets[positions].reshape(len(positions), -1)
    right = _shares(truth, decided)
    others = [np.flatnonzero(groups != group) for group in groups]
    by_chance = [
        _shares(truth[rows], one).mean() if len(rows) else np.nan for rows, one in zip(others, decided, strict=True)
    ]
    return [
        row_table(ids, NO_EXPLAINER, SURROUNDINGS, right),
        row_table(ids, NO_EXPLAINER, BEYOND_CHANCE, right - np.array(by_chance)),
    ]


def _shares(truth: npt.NDArray[np.int64], decided: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Of each row's known labels the share that is decided rightly."""
    known = truth != UNKNOWN
    right = ((truth == decided) & known).sum(1)
    return np.asarray(right / np.where(known.any(1), known.sum(1), np.nan))
