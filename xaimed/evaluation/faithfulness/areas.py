"""Does the prediction fall when a map's pixels are deleted, and rise when they are inserted, sooner than by chance?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from xaimed.errors import ConfigError
from xaimed.evaluation.contract import Findings, Measure, no_rows, row_table
from xaimed.evaluation.controls import CONTROLS_CAPTION
from xaimed.evaluation.faithfulness.curves import area, blurred, probabilities_along
from xaimed.evaluation.faithfulness.judged import (
    CLASS_SAID,
    PRECISION_SAID,
    Judged,
    judged_maps,
    lean_copy,
    refuse_precision,
    samples_said,
)
from xaimed.evaluation.faithfulness.ranks import counts_along, ranks
from xaimed.evaluation.predictions import Ints
from xaimed.evaluation.trial import Trial
from xaimed.explain.lean import Precision

MEASURES = {
    "deletion": Measure("Deletion area", "lower"),
    "insertion": Measure("Insertion area", "higher"),
    "deletion_gain": Measure("Deletion gain over random", "higher", trust=True, against=0.0, share_of="deletion"),
    "insertion_gain": Measure("Insertion gain over random", "higher", trust=True, against=0.0, share_of="insertion"),
}
GAIN = {"deletion": -1, "insertion": 1}  # the better direction of an area

Chances = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Faithfulness:
    """Deletion and insertion curves of every map, and the areas under them.

    In ``arrays``: ``positions`` ``[steps + 1]``, the shares of pixels changed; ``sample_id`` ``[n]``; and each sample's
    curves as ``deletion|<explainer>`` and ``insertion|<explainer>``, ``[n, steps + 1]``.

    Args:
        samples: how many of a fold are judged; None for all.
        steps: in which the pixels change.
        cells: change so many cells a side, each as a whole; None for single pixels.
        blur: SD of the Gaussian from whose picture insertion starts, in sides of the picture.
        precision: of the network: ``fp32`` or ``bf16``.
    """

    name: ClassVar[str] = "faithfulness"
    samples: int | None = 32
    steps: int = 50
    cells: int | None = None
    blur: float = 0.05
    precision: Precision = "fp32"

    def __post_init__(self) -> None:
        """Refuse what gives no curve."""
        if self.steps < 1:
            raise ConfigError(f"{self.steps} steps give no curve", where="faithfulness.steps", fix="Ask for 50.")
        if self.cells is not None and self.cells < 1:
            raise ConfigError(f"{self.cells} cells cannot be ranked", where="faithfulness.cells", fix="Ask for 14.")
        if not 0 < self.blur < 1:
            raise ConfigError(f"{self.blur} is no share of a side", where="faithfulness.blur", fix="Ask for 0.05.")
        refuse_precision(self.precision, self.name)

    def __call__(self, trial: Trial) -> Findings:
        """Delete and insert the pixels of every map and of the controls."""
        positions = trial.chosen(self.samples)
        judged = judged_maps(trial, positions)
        if not judged:
            return Findings(no_rows(), MEASURES, self.caption)
        side, ids = trial.data.preparation.size, trial.sample_ids[positions]
        counts = counts_along(self.steps, (self.cells or side) ** 2)
        shares = counts / counts[-1]
        chances = self._chances(trial, positions, judged, counts)
        parts, arrays = [], {"positions": shares, "sample_id": ids.astype(str)}
        for name, each in judged.items():
            for measure, sign in GAIN.items():
                curves = _of_class(chances[measure, name], each.targets)
                areas, arrays[f"{measure}|{name}"] = area(curves, shares), curves
                parts.append(row_table(ids, name, measure, areas))
                if name != each.random:
                    by_chance = area(_of_class(chances[measure, each.random], each.targets), shares)
                    parts.append(row_table(ids, name, f"{measure}_gain", sign * (areas - by_chance)))
        return Findings(pd.concat(parts, ignore_index=True), MEASURES, self.caption, arrays)

    def _chances(
        self, trial: Trial, positions: Ints, judged: dict[str, Judged], counts: Ints
    ) -> dict[tuple[str, str], Chances]:
        """Probabilities of every class ``[n, steps + 1, classes]``, by measure and map."""
        lean, task = lean_copy(trial, self.precision), trial.data.manifest.task
        steps = torch.from_numpy(counts)
        parts: dict[tuple[str, str], list[Any]] = {(m, name): [] for m in GAIN for name in judged}
        start = 0
        for seen in trial.batches(positions):
            rows = slice(start, start + len(seen.positions))
            blank, blunt = torch.zeros_like(seen.images), blurred(seen.images, self.blur)
            for name, each in judged.items():
                heatmap, ids = torch.from_numpy(each.heatmap[rows]), trial.sample_ids[seen.positions]
                order = ranks(heatmap, ids, seen.images.shape[-1], trial.seed, self.cells)
                for measure, (first, last) in {
                    "deletion": (seen.images, blank),
                    "insertion": (blunt, seen.images),
                }.items():
                    parts[measure, name].append(probabilities_along(lean, task, first, last, order, steps).numpy())
            start = rows.stop
        return {key: np.concatenate(each) for key, each in parts.items()}

    @property
    def caption(self) -> str:
        """The protocol."""
        unit = "pixels" if self.cells is None else f"cells ({self.cells} a side)"
        return (
            f"Probability of {CLASS_SAID} while {unit} of the picture, most relevant first, are deleted (set to 0 of "
            f"the normalised input, its mean) or inserted into the picture blurred by a Gaussian (SD {self.blur:.1%} "
            f"of its side), in {self.steps} equal steps; area by trapezoids over the share changed, 0 to 1. Ranks are "
            "exact, of the bilinearly drawn map, ties broken by seeded chance. Gain: by how much the area is better "
            f"than random's. {PRECISION_SAID[self.precision]}. {samples_said(self.samples)}. {CONTROLS_CAPTION}"
        )


def _of_class(chances: Chances, targets: Ints) -> Chances:
    return np.take_along_axis(chances, targets[:, None, None], axis=2)[..., 0]
