"""Would another explainer, a hardly changed picture, an expert or another run have shown the same place?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from xaimed.errors import ConfigError
from xaimed.evaluation.between import ALIKE_CAPTION, alike, between_measures, rows_of
from xaimed.evaluation.changes import Change, small_changes
from xaimed.evaluation.contract import NO_EXPLAINER, Findings, Measure, no_rows, row_table
from xaimed.evaluation.experts import expert_maps
from xaimed.evaluation.predictions import Ints
from xaimed.evaluation.similarity import Values, mean_of_known
from xaimed.evaluation.trial import Seen, StoredMaps, Trial, on_image
from xaimed.explain.untouched import untouched

BETWEEN = " × "
"""What stands between the two explainers of a pair."""
CHANGED = "changed"
"""The mean over all small changes."""
WORDS = {
    "noise": "noise",
    "brighter": "brighter",
    "darker": "darker",
    "shifted": "shifted",
    "turned": "turned",
    CHANGED: "small changes",
    "expert": "expert",
}


@dataclass(frozen=True)
class Agreement:
    """Rank correlation and overlap of the highest pixels, between maps that should be alike.

    Attributes:
        samples: how many pictures of a fold are compared, evenly over the classes.
        share: of the pixels that count as a map's highest.
        noise: SD of the noise, as a share of the range of intensities.
        brightness: what is added and taken off, as a share of the same range.
        shift: right and down, as a share of the side, at least a pixel.
        turn: in degrees.
        expert: a folder of maps by experts, named by the samples; none where it is None.
    """

    name: ClassVar[str] = "agreement"
    samples: int | None = 32
    share: float = 0.1
    noise: float = 0.05
    brightness: float = 0.1
    shift: float = 0.02
    turn: float = 2.0
    expert: str | None = None

    def __post_init__(self) -> None:
        """Refuse changes that are not small, and a folder that is not there, before anything is trained."""
        for key, most in (("share", 0.5), ("noise", 0.5), ("brightness", 0.5), ("shift", 0.2)):
            if not 0 < getattr(self, key) <= most:
                where = f"evaluation.{self.name}.{key}"
                raise ConfigError(f"{key} is {getattr(self, key):g}", where=where, fix=f"Use 0 to {most:g}.")
        if not 0 < abs(self.turn) <= 15:
            raise ConfigError(
                f"turn is {self.turn:g}", where=f"evaluation.{self.name}.turn", fix="Use 1 to 15 degrees."
            )
        if self.expert is not None and not Path(self.expert).is_dir():
            raise ConfigError("there is no such folder of experts' maps", where=self.expert, fix="Correct the path.")

    def __call__(self, trial: Trial) -> Findings:
        """Compare the chosen pictures' maps."""
        chosen = trial.chosen(self.samples)
        parts = [*self._pairs(trial, chosen), *self._changed(trial, chosen), *self._experts(trial)]
        rows = pd.concat(parts, ignore_index=True) if parts else no_rows()
        occurring = set(rows["measure"])
        measures = {key: measure for key, measure in self._measures().items() if key in occurring}
        return Findings(rows, measures, self._caption(trial))

    def _pairs(self, trial: Trial, chosen: Ints) -> Iterator[pd.DataFrame]:
        """Every two explainers, where both explain the same class."""
        for (one, first), (other, second) in combinations(trial.maps.items(), 2):
            same = chosen[first.targets[chosen] == second.targets[chosen]]
            if len(same):
                found = alike(first.heatmap[same], second.heatmap[same], self.share, trial.seed)
                yield from rows_of(trial.sample_ids[same], f"{one}{BETWEEN}{other}", found)

    def _changed(self, trial: Trial, chosen: Ints) -> Iterator[pd.DataFrame]:
        """Every explainer asked again about hardly changed pictures, for the classes that it had explained."""
        for seen in trial.batches(chosen):
            changes, margin = self._changes(trial, seen.images.shape[-1])
            pictures = trial.data.preparation.undo(seen.images)
            names = trial.sample_ids[seen.positions]
            found: dict[str, dict[str, Values]] = {name: {} for name in trial.maps}
            for change in changes:
                images = _as_seen(change.of_pictures(pictures, names), trial)
                yield row_table(names, NO_EXPLAINER, f"flipped:{change.name}", _flipped(trial, seen, images))
                for name, stored in trial.maps.items():
                    values = self._after(trial, seen, stored, images, change, margin)
                    found[name] |= {f"{key}:{change.name}": of for key, of in values.items()}
            for name, values in found.items():
                for key in ("spearman", "overlap"):
                    values[f"{key}:{CHANGED}"] = mean_of_known(
                        np.stack([values[f"{key}:{change.name}"] for change in changes])
                    )
                yield from rows_of(names, name, values)

    def _after(
        self, trial: Trial, seen: Seen, stored: StoredMaps, images: Tensor, change: Change, margin: int
    ) -> dict[str, Values]:
        """How alike the maps of changed pictures are to the stored ones, once they are put back in place."""
        side = images.shape[-1]
        targets = torch.from_numpy(stored.targets[seen.positions]).to(images.device)
        maps = stored.explainer(trial.network, images, targets).heatmap.float().cpu()
        before = on_image(torch.from_numpy(stored.heatmap[seen.positions]), side)
        inner = slice(margin, side - margin)
        after = change.of_maps(on_image(maps, side))
        return alike(before[:, inner, inner], after[:, inner, inner], self.share, trial.seed)

    def _experts(self, trial: Trial) -> Iterator[pd.DataFrame]:
        """Every explainer against the expert's maps, wherever there is one."""
        if self.expert is None:
            return
        drawn = expert_maps(Path(self.expert), map(str, trial.sample_ids), trial.data.preparation)
        having = np.flatnonzero([str(name) in drawn for name in trial.sample_ids])
        theirs = torch.stack([drawn[str(name)] for name in trial.sample_ids[having]])
        for name, stored in trial.maps.items():
            found = alike(stored.heatmap[having], theirs, self.share, trial.seed)
            yield from rows_of(trial.sample_ids[having], name, {f"{key}:expert": of for key, of in found.items()})

    def _changes(self, trial: Trial, side: int) -> tuple[list[Change], int]:
        options = {"noise": self.noise, "brightness": self.brightness, "shift": self.shift, "turn": self.turn}
        return small_changes(side, **options, seed=trial.seed)

    def _measures(self) -> dict[str, Measure]:
        found = between_measures(self.share)
        for key, word in WORDS.items():
            trust = key == CHANGED
            found[f"spearman:{key}"] = Measure(f"Rank correlation, {word}", "higher", trust=trust)
            found[f"overlap:{key}"] = Measure(f"Overlap, {word}", "higher")
            found[f"flipped:{key}"] = Measure(f"Prediction changed, {word}", "lower", percent=True, decimals=1)
        return found

    def _caption(self, trial: Trial) -> str:
        few = "" if self.samples is None else f". Up to {self.samples} pictures of a fold, evenly over the classes"
        shift = max(1, round(self.shift * trial.data.preparation.size))
        return (
            f"{ALIKE_CAPTION}{few}. Small changes: noise of SD {self.noise:g}, brightness ± {self.brightness:g} (of "
            f"the range of intensities), a shift by {shift} px right and down, a turn by {self.turn:g}°; the class "
            "first explained is explained again, and the map is put back in place and compared at image resolution, "
            "without the margin that came in over the edge. Prediction changed: the decision itself, whatever "
            f"explains it. Pairs of explainers (…{BETWEEN}…): on the coarser of the two grids, where both explain the "
            "same class" + ("" if self.expert is None else ". Experts: their maps on the explainer's grid")
        )


def _as_seen(pictures: Tensor, trial: Trial) -> Tensor:
    """Pictures in [0, 1] as the network's input."""
    preparation = trial.data.preparation
    mean, std = (pictures.new_tensor(values)[:, None, None] for values in (preparation.mean, preparation.std))
    return (pictures - mean) / std


def _flipped(trial: Trial, seen: Seen, images: Tensor) -> Values:
    """1 where the decision on a changed picture is another one, else 0; of several labels, where any is."""
    with untouched(trial.network):
        after = trial.network(images).float().cpu().numpy()
    kind, before = trial.predictions.kind, trial.predictions.logits[seen.positions]
    changed = _decided(kind, before) != _decided(kind, after)
    flipped: Values = changed.reshape(len(changed), -1).any(1).astype(np.float64)
    return flipped


def _decided(kind: str, logits: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
    if kind == "multiclass":
        return np.asarray(logits.argmax(1))
    return np.asarray(logits >= 0 if kind == "multilabel" else logits > 0)
