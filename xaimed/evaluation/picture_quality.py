"""Could a mistake be the picture's fault? How sharp each picture is, and of what contrast, as the network sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional

from xaimed.evaluation.contract import NO_EXPLAINER, Findings, Measure, row_table
from xaimed.evaluation.trial import Trial

MEASURES = {"sharpness": Measure("Sharpness", "higher"), "contrast": Measure("Contrast", "higher")}
CAPTION = (
    "Of the picture at the network's size, its channels averaged. Contrast: SD of the intensities over their range. "
    "Sharpness: SD of the Laplacian (four neighbours) over the SD of the intensities, low where a picture is blurred"
)
LAPLACIAN = torch.tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])


@dataclass(frozen=True)
class PictureQuality:
    """Sharpness and contrast of every reported picture, neither of which depends on a linear change of brightness."""

    name: ClassVar[str] = "picture_quality"

    def __call__(self, trial: Trial) -> Findings:
        """Measure every picture."""
        parts = []
        for seen in trial.batches():
            ids = trial.sample_ids[seen.positions]
            for measure, values in zip(MEASURES, sharpness_and_contrast(seen.images), strict=True):
                parts.append(row_table(ids, NO_EXPLAINER, measure, values.cpu().numpy()))
        return Findings(pd.concat(parts, ignore_index=True), MEASURES, CAPTION)


def sharpness_and_contrast(images: Tensor) -> tuple[Tensor, Tensor]:
    """Both of each image ``[B, C, H, W]``; NaN for one without any contrast."""
    grey = images.double().mean(1, keepdim=True)
    spread = grey.flatten(1).std(1, correction=0)
    extent = grey.flatten(1).amax(1) - grey.flatten(1).amin(1)
    edges = functional.conv2d(grey, LAPLACIAN.to(grey)[None, None]).flatten(1).std(1, correction=0)
    return edges / spread.where(spread > 0, torch.nan), spread / extent.where(extent > 0, torch.nan)
