"""At which threshold does a map fit the findings best? That of the pictures that chose the checkpoint."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from xaimed.data.randomness import seed_for
from xaimed.evaluation.localisation.overlap import Masks, iou, positive
from xaimed.evaluation.trial import Trial, has_mask

CANDIDATES = np.arange(1, 20) / 20
"""The thresholds that are tried, as shares of the map's maximum."""


class Tuning:
    """The pictures that a threshold may be tuned on: those with a finding among the rows that chose the checkpoint.

    Args:
        trial: the fold under test.
        most: so many pictures at most, those first in the order of a hash of their names.
    """

    def __init__(self, trial: Trial, most: int) -> None:
        rows = trial.data.manifest.frame.iloc[trial.data.split.select]
        names = iter(rows["sample_id"].astype(str))
        picked: list[tuple[int, str, Tensor, Tensor]] = []
        for images, masks in trial.selection() if most else ():
            evident = has_mask(masks) & (masks == 1).flatten(1).any(1)
            for image, mask, useful in zip(images, masks, evident, strict=True):
                name = next(names)
                if useful:
                    picked.append((seed_for("tuned", name), name, image, mask == 1))
            picked = sorted(picked, key=lambda each: each[:2])[:most]
        self.sample_ids = [name for _, name, _, _ in picked]
        self.images = [image for _, _, image, _ in picked]
        self.masks: Masks = np.array([mask.numpy() for _, _, _, mask in picked], dtype=bool)

    def __len__(self) -> int:
        """How many pictures; where there are none, nothing is tuned."""
        return len(self.images)

    def explained(self, trial: Trial) -> dict[str, Tensor]:
        """Raw maps ``[n, h, w]`` of these pictures by every explainer of the trial, of the predicted classes."""
        size = trial.data.batch_size
        batches = [torch.stack(self.images[start : start + size]) for start in range(0, len(self), size)]
        return {
            name: torch.cat([stored.explainer(trial.network, images).heatmap.cpu() for images in batches])
            for name, stored in trial.maps.items()
        }

    def threshold(self, maps: Tensor) -> float:
        """The candidate at which the mean intersection over union of these raw maps is largest."""
        shown = positive(maps, self.masks.shape[-1])
        fit = [iou(shown, self.masks, float(candidate)).mean() for candidate in CANDIDATES]
        return float(CANDIDATES[int(np.argmax(fit))])
