"""Does the map point at the finding? Every map against the evidence mask of its picture, beside maps without sense."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from xaimed.errors import ConfigError
from xaimed.evaluation.contract import CONTROL, Findings, Measure, no_rows, row_table
from xaimed.evaluation.controls import CONTROLS_CAPTION, controls_beside
from xaimed.evaluation.localisation.body import BODY_CAPTION, bodies
from xaimed.evaluation.localisation.overlap import (
    Masks,
    Values,
    average_precision,
    dice,
    iou,
    mass_inside,
    peak_distance,
    positive,
)
from xaimed.evaluation.localisation.tuning import Tuning
from xaimed.evaluation.trial import Seen, Trial, has_mask

MEASURES = {
    "iou": Measure("IoU", "higher", trust=True, against="control:blob"),
    "dice": Measure("Dice", "higher"),
    "iou_tuned": Measure("IoU, tuned threshold", "higher"),
    "dice_tuned": Measure("Dice, tuned threshold", "higher"),
    "hit": Measure("Pointing game", "higher", percent=True, decimals=1, against="control:blob"),
    "inside": Measure("Mass inside", "higher", percent=True, decimals=1),
    "lift": Measure("Mass inside ÷ chance", "higher", unit="×", decimals=2, trust=True, against="control:blob"),
    "distance": Measure("Peak to finding", "lower", unit="px", decimals=1),
    "distance_share": Measure("Peak to finding, of the side", "lower", percent=True, decimals=1),
    "precision": Measure("Average precision of pixels", "higher"),
    "blank": Measure("Maps without a peak", "lower", percent=True, decimals=1),
    "outside": Measure("Mass outside the body", "lower", percent=True, decimals=1),
}


@dataclass(frozen=True)
class Localisation:
    """Overlap, peak and mass of every map against its picture's evidence mask, and its mass outside the body.

    Attributes:
        threshold: share of a map's maximum above which a pixel belongs to what it shows.
        tolerance: how far from the mask the peak may lie in the pointing game, as a share of the picture's side.
        tuned_on: how many of the pictures that chose the checkpoint are explained to tune a threshold; 0 tunes none.
    """

    name: ClassVar[str] = "localisation"
    threshold: float = 0.5
    tolerance: float = 15 / 224
    tuned_on: int = 64

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        for key, share in (("threshold", self.threshold), ("tolerance", self.tolerance)):
            if not 0 <= share < 1:
                raise ConfigError(f"{key} is {share:g}", where=f"evaluation.{self.name}.{key}", fix="Use 0 to 1.")

    def __call__(self, trial: Trial) -> Findings:
        """Measure every map of every reported picture that has a mask."""
        tuning = Tuning(trial, self.tuned_on)
        tuned = _tuned(trial, tuning) if len(tuning) else {}
        parts: list[pd.DataFrame] = []
        masked = 0
        for seen in trial.batches():
            evident = (has_mask(seen.masks) & (seen.masks == 1).flatten(1).any(1)).numpy()
            masked += int(evident.sum())
            parts += self._of_batch(trial, seen, evident, tuned)
        rows = pd.concat(parts, ignore_index=True) if parts else no_rows()
        occurring = set(rows["measure"])
        arrays = {f"threshold {name}": np.array(threshold) for name, threshold in tuned.items()}
        measures = {key: measure for key, measure in MEASURES.items() if key in occurring}
        return Findings(rows, measures, self._caption(trial, masked, len(tuning)), arrays)

    def _of_batch(self, trial: Trial, seen: Seen, evident: Masks, tuned: dict[str, float]) -> Iterable[pd.DataFrame]:
        ids = trial.sample_ids[seen.positions]
        stored = {name: torch.from_numpy(maps.heatmap[seen.positions]) for name, maps in trial.maps.items()}
        body, told = bodies(trial.data.preparation.undo(seen.images))
        masks = (seen.masks == 1).numpy()
        for name, raw in _with_controls(stored, ids, trial.seed).items():
            maps = positive(raw, seen.images.shape[-1])
            if evident.any():
                found = self._against(maps[evident], masks[evident], tuned.get(name))
                if not name.startswith(CONTROL):
                    found["blank"] = np.equal(maps[evident].max((1, 2)), 0).astype(float)
                for measure, values in found.items():
                    yield row_table(ids[evident], name, measure, values)
            if told.any():
                yield row_table(ids[told], name, "outside", 1 - mass_inside(maps[told], body[told]))

    def _against(self, maps: Values, masks: Masks, tuned: float | None) -> dict[str, Values]:
        side = maps.shape[-1]
        inside, distance = mass_inside(maps, masks), peak_distance(maps, masks)
        found = {"iou": iou(maps, masks, self.threshold), "dice": dice(maps, masks, self.threshold)}
        if tuned is not None:
            found |= {"iou_tuned": iou(maps, masks, tuned), "dice_tuned": dice(maps, masks, tuned)}
        hit = np.where(np.isnan(distance), np.nan, distance <= round(self.tolerance * side))
        return found | {
            "hit": hit,
            "inside": inside,
            "lift": inside / masks.mean((1, 2)),
            "distance": distance,
            "distance_share": distance / side,
            "precision": average_precision(maps, masks),
        }

    def _caption(self, trial: Trial, masked: int, tuned_on: int) -> str:
        if not masked:
            return f"No evidence masks, so nothing says where the findings are. {BODY_CAPTION}"
        size = trial.data.preparation.size
        tuned = (
            f"The tuned threshold is that of 0.05, 0.10 … 0.95 with the largest mean IoU over up to {self.tuned_on} "
            "pictures with findings that chose the checkpoint, for each explainer"
            if tuned_on
            else "No threshold was tuned; that takes pictures with findings that chose the checkpoint and are not "
            "reported"
        )
        return (
            "Maps of the predicted class, right or wrong, at image resolution (bilinear), their negative values left "
            "out; pictures without a finding count only for the mass outside the body. IoU and Dice: of the mask and "
            f"of the pixels above {self.threshold:g} of the map's maximum. {tuned}. Pointing game: the peak lies in "
            f"the mask or at most {round(self.tolerance * size)} px of {size} from it; a map without a peak has no "
            "part in it and is counted. Chance: the mask's share of the picture; average precision has the same. "
            f"{CONTROLS_CAPTION}. {BODY_CAPTION}"
        )


def _tuned(trial: Trial, tuning: Tuning) -> dict[str, float]:
    maps = _with_controls(tuning.explained(trial), tuning.sample_ids, trial.seed)
    return {name: tuning.threshold(raw) for name, raw in maps.items()}


def _with_controls(maps: dict[str, Tensor], sample_ids: object, seed: int) -> dict[str, Tensor]:
    if not maps:
        return {}
    shapes = {(int(raw.shape[-2]), int(raw.shape[-1])) for raw in maps.values()}
    controls = controls_beside(shapes, np.asarray(sample_ids, dtype=object), seed)
    return maps | {name: torch.from_numpy(control) for name, control in controls.items()}
