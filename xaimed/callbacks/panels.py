"""What does a chosen case look like? Its picture beside the maps of every explainer, one PNG each and an overview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torchvision.transforms.v2 import functional

from xaimed.callbacks.cases import Chosen
from xaimed.data.evidence import evidence_mask
from xaimed.data.module import FoldData
from xaimed.data.preparation import Preparation
from xaimed.data.reading import read_picture
from xaimed.reporting.canvas import save_figure
from xaimed.reporting.cases import Case, PanelMap, caption
from xaimed.reporting.overview import draw_overview
from xaimed.reporting.panels import draw_panel

TITLES = {
    "gradcam": ("Grad-CAM", ""),
    "mc_gradcam": ("MC-dropout mean", "MC-dropout uncertainty (SD)"),
    "gradcam_plusplus": ("Grad-CAM++", ""),
    "hirescam": ("HiResCAM", ""),
    "layercam": ("LayerCAM", ""),
    "xgradcam": ("XGrad-CAM", ""),
    "scorecam": ("Score-CAM", ""),
    "eigencam": ("Eigen-CAM", ""),
    "ablationcam": ("Ablation-CAM", ""),
    "fusion": ("Fusion", ""),
    "integrated_gradients": ("Integrated gradients", ""),
    "gradient_shap": ("Gradient SHAP", ""),
    "occlusion": ("Occlusion", ""),
    "ensemble_gradcam": ("Grad-CAM, members' mean", "Spread over members (SD)"),
    "lime": ("LIME", ""),
    "lime_bf16": ("LIME (bf16)", ""),
    "shap_kernel": ("Kernel SHAP", ""),
    "shap_kernel_bf16": ("Kernel SHAP (bf16)", ""),
    "shap_partition": ("Partition SHAP", ""),
    "shap_partition_bf16": ("Partition SHAP (bf16)", ""),
}
OVERVIEW = "overview.png"
LARGEST = 512


def draw_cases(
    cases: Sequence[Chosen],
    data: FoldData,
    stored: Mapping[str, Mapping[str, npt.NDArray[Any]]],
    stamps: Sequence[str],
    folder: Path,
    notes: Mapping[str, str] | None = None,
) -> None:
    """Draw every case and an overview of all into ``folder``.

    Args:
        cases: what to draw.
        data: the fold's data.
        stored: the stored maps, by the explainer's name.
        stamps: what must be visible on every picture.
        folder: where the PNG files go.
        notes: what else to say of a sample, by its name.
    """
    rows = {name: row for row, name in enumerate(data.manifest.frame["sample_id"].astype(str))}
    stamp = ", ".join(stamps) or None
    drawn = []
    for chosen in cases:
        case = _case(chosen, rows[chosen.sample_id], data, stored, (notes or {}).get(chosen.sample_id, ""))
        save_figure(draw_panel(case, stamp=stamp), folder / chosen.file)
        drawn.append(case)
    if drawn:
        title = f"{data.manifest.name} · fold {data.split.fold}"
        save_figure(draw_overview(drawn, title=title, stamp=stamp), folder / OVERVIEW)


def _case(
    chosen: Chosen, row: int, data: FoldData, stored: Mapping[str, Mapping[str, npt.NDArray[Any]]], note: str
) -> Case:
    entry = data.manifest.frame.iloc[row]
    picture = shown(data.preparation.framed(read_picture(data.manifest.root / entry["path"])))
    header, subline = caption(
        true=chosen.true,
        predicted=chosen.predicted,
        correct=chosen.correct,
        probability=chosen.probability,
        fold=chosen.fold,
        sample_id=chosen.sample_id,
    )
    maps = [part for name, found in stored.items() for part in _maps_of(chosen, name, found, data)]
    mask = shown_mask(evidence_mask(data.manifest.root, entry["mask_path"]), data.preparation, picture.shape[-2:])
    return Case(picture.numpy(), tuple(maps), header, " · ".join(filter(None, [subline, note])), mask)


def _maps_of(chosen: Chosen, name: str, maps: Mapping[str, npt.NDArray[Any]], data: FoldData) -> list[PanelMap]:
    (at,) = np.flatnonzero(maps["sample_id"] == chosen.sample_id)
    title, spread = TITLES.get(name, (name, f"{name} uncertainty"))
    explained = data.manifest.task.classes[int(maps["targets"][at])]
    # The mean over dropout passes can favour another class than the plain prediction; the reader must know.
    title = title if explained == chosen.predicted else f"{title}, for {explained}"
    found = [PanelMap(title, maps["heatmap"][at], "heatmap")]
    if "uncertainty" in maps:
        found.append(PanelMap(spread, maps["uncertainty"][at], "uncertainty"))
    return found


def shown(picture: Tensor) -> Tensor:
    """What is seen of the picture, in its own proportions and in [0, 1], no larger than a page can show."""
    scaled: Tensor = functional.to_dtype(picture, torch.float32, scale=True)
    height, width = scaled.shape[-2:]
    if max(height, width) <= LARGEST:
        return scaled
    shrink = LARGEST / max(height, width)
    smaller: Tensor = functional.resize(scaled, [round(height * shrink), round(width * shrink)], antialias=True)
    return smaller


def shown_mask(mask: Tensor | None, preparation: Preparation, shape: torch.Size) -> npt.NDArray[np.bool_] | None:
    """What is seen of the evidence, at the size of the shown picture, where there is any."""
    if mask is None:
        return None
    whole = preparation.framed(mask)[None].float()
    resized = functional.resize(whole, list(shape), interpolation=functional.InterpolationMode.NEAREST)[0] > 0.5
    return resized.numpy() if bool(resized.any()) else None
