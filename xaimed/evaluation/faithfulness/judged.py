"""Which maps are judged, and by which network? The stored ones, the controls beside them, and a lean copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from xaimed.errors import ConfigError
from xaimed.evaluation.controls import controls_beside, random_beside
from xaimed.evaluation.predictions import Ints
from xaimed.evaluation.trial import StoredMaps, Trial
from xaimed.explain.contract import predicted_class
from xaimed.explain.lean import Lean, Precision
from xaimed.explain.untouched import untouched

PRECISION_SAID = {"fp32": "Network in fp32", "bf16": "Network in bf16, its probabilities good to two or three digits"}
CLASS_SAID = "the class that the map explains (for controls, the predicted class)"


def samples_said(samples: int | None) -> str:
    """Which samples are judged, for a caption."""
    return "All samples" if samples is None else f"Up to {samples} samples a fold, chosen evenly over the classes"


def refuse_precision(precision: str, evaluation: str) -> None:
    """Refuse a precision that nothing computes in."""
    if precision not in PRECISION_SAID:
        raise ConfigError(
            f"'{precision}' is no precision", where=f"{evaluation}.precision", fix=f"Say {' or '.join(PRECISION_SAID)}."
        )


@dataclass(frozen=True)
class Judged:
    """A map of each of the chosen samples.

    Attributes:
        heatmap: ``[n, h, w]``, raw.
        targets: ``[n]``, the classes of which it speaks.
        random: the name of the random control on the same grid; a control's is its own.
    """

    heatmap: npt.NDArray[np.float32]
    targets: Ints
    random: str


def judged_maps(trial: Trial, positions: Ints) -> dict[str, Judged]:
    """The maps of every explainer at these positions, by its name, and after them the controls; or nothing at all."""
    if not trial.maps:
        return {}
    shapes = [_shape(stored.heatmap) for stored in trial.maps.values()]
    found = {name: _of_explainer(stored, positions, trial.maps) for name, stored in trial.maps.items()}
    predicted = predicted_class(torch.from_numpy(trial.predictions.logits[positions])).numpy()
    controls = controls_beside(shapes, trial.sample_ids[positions], trial.seed)
    return found | {
        name: Judged(heatmap, predicted, random_beside(_shape(heatmap), shapes)) for name, heatmap in controls.items()
    }


def _of_explainer(stored: StoredMaps, positions: Ints, beside: Mapping[str, StoredMaps]) -> Judged:
    random = random_beside(_shape(stored.heatmap), [_shape(each.heatmap) for each in beside.values()])
    return Judged(stored.heatmap[positions], stored.targets[positions], random)


def _shape(heatmap: npt.NDArray[np.float32]) -> tuple[int, int]:
    return int(heatmap.shape[1]), int(heatmap.shape[2])


def lean_copy(trial: Trial, precision: Precision) -> Lean:
    """A copy of the network that is quick to ask."""
    like = next(trial.batches(np.arange(1))).images
    with untouched(trial.network):
        return Lean(trial.network, like, precision)
