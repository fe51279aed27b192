"""How much of a map lies in each part of the anatomy? Mean activation and uncertainty, zone by zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from xaimed.data.preparation import Preparation
from xaimed.errors import ConfigError
from xaimed.evaluation.contract import Findings, Measure, no_rows, row_table
from xaimed.evaluation.localisation.overlap import Values, positive
from xaimed.evaluation.trial import Trial, on_image
from xaimed.evaluation.zones import Areas, areas_of_boxes, areas_of_labels, checked_boxes, nine_fields, place

ACTIVATION, UNCERTAINTY = "activation", "uncertainty"
AT_ONCE = 64
CAPTION = (
    "Mean over the zone's pixels, at image resolution (bilinear), of the map of the predicted class as a share of its "
    "own maximum, its negative values left out; undefined for a map without positive values. Uncertainty is a share "
    "of the same maximum. Sides of the anatomy are the patient's own; where the reader sees them stands in brackets"
)


@dataclass(frozen=True)
class Regions:
    """Mean activation and mean uncertainty of every map in every zone.

    Attributes:
        zones: boxes by name, ``[top, bottom, left, right]`` as shares of the whole picture's height and width; nine
            fields of the picture where neither they nor a label image are given.
        label_image: in place of boxes, a grey PNG of whole numbers that is stretched like the pictures.
        names: the zones of its labels 1, 2, …; 0 is no zone.
        name: how the table is called.
    """

    zones: Mapping[str, Sequence[float]] | None = None
    label_image: str | None = None
    names: Sequence[str] = ()
    name: str = "regions"

    def __post_init__(self) -> None:
        """Refuse what says nothing of where zones are, before anything is trained."""
        checked_boxes(self.zones or {})
        if self.zones and self.label_image:
            raise ConfigError("there are both boxes and a label image", fix="Set zones or label_image to null.")
        if self.label_image and not Path(self.label_image).is_file():
            raise ConfigError("there is no such label image", where=self.label_image, fix="Correct the path.")
        if len(set(self.names)) != len(self.names):
            raise ConfigError(f"the names {list(self.names)} are not all different", where="names")

    def __call__(self, trial: Trial) -> Findings:
        """Measure every map of every reported picture."""
        areas = self.areas(trial.data.preparation)
        parts = []
        for name, stored in trial.maps.items():
            for start in range(0, len(stored.heatmap), AT_ONCE):
                some = slice(start, start + AT_ONCE)
                spread = None if stored.uncertainty is None else stored.uncertainty[some]
                means = zone_means(stored.heatmap[some], spread, areas)
                parts += [row_table(trial.sample_ids[some], name, measure, values) for measure, values in means.items()]
        rows = pd.concat(parts, ignore_index=True) if parts else no_rows()
        occurring = set(rows["measure"])
        measures = {
            f"{kind}:{zone}": Measure(f"{kind.capitalize()}, {place(zone, area)}")
            for kind in (ACTIVATION, UNCERTAINTY)
            for zone, area in areas.items()
            if f"{kind}:{zone}" in occurring
        }
        return Findings(rows, measures, CAPTION)

    def areas(self, preparation: Preparation) -> dict[str, Areas]:
        """The pixels of each zone, in what the network sees."""
        if self.label_image:
            return areas_of_labels(Path(self.label_image), list(self.names), preparation)
        return areas_of_boxes(checked_boxes(self.zones) if self.zones else nine_fields(), preparation)


def zone_means(
    heatmap: Values | np.ndarray, uncertainty: Values | np.ndarray | None, areas: Mapping[str, Areas]
) -> dict[str, Values]:
    """The mean ``[B]`` over each zone of raw maps ``[B, h, w]`` and of their spread, as shares of the map's maximum."""
    zones = np.stack([area.ravel() / area.sum() for area in areas.values()], axis=1)
    size = next(iter(areas.values())).shape[0]
    maps = positive(torch.from_numpy(heatmap), size)
    highest = maps.max((1, 2))
    scale = np.where(highest > 0, highest, np.nan)[:, None]
    kinds = {ACTIVATION: maps}
    if uncertainty is not None:
        kinds[UNCERTAINTY] = on_image(torch.from_numpy(uncertainty).double(), size).numpy()
    return {
        f"{kind}:{zone}": values
        for kind, raw in kinds.items()
        for zone, values in zip(areas, (raw.reshape(len(raw), -1) @ zones / scale).T, strict=True)
    }
