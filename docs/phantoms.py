"""Draw docs/phantoms.jpg, the sheet of phantoms in the README: ``python docs/phantoms.py``."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from xaimed.data.phantoms.chest import ChestPhantom
from xaimed.data.phantoms.lumbar import LumbarPhantom
from xaimed.data.phantoms.phantom import Phantom
from xaimed.data.phantoms.skin import SkinPhantom
from xaimed.data.phantoms.spine import SpinePhantom
from xaimed.reporting.canvas import INK, LARGE, QUIET, SMALL, axes_at, in_house_style, new_figure

COLUMNS, SIDE, GAP, CAPTION, BAND, EDGE = 6, 1.45, 0.1, 0.4, 0.34, 0.12
OUTLINE = "#00e5ff"
EACH = 12
KINDS = (
    ("Spine radiographs", SpinePhantom),
    ("Paediatric chest radiographs", ChestPhantom),
    ("Sagittal lumbar MRI", LumbarPhantom),
    ("Dermoscopy", SkinPhantom),
)
UNITS = {
    "cobb_angle": "Cobb {:.0f}°",
    "slip_percent": "slip {:.0f} %",
    "opacity": "opacity {:.2f}",
    "herniation_mm": "herniation {:.1f} mm",
    "canal_mm": "canal {:.1f} mm",
    "spur_mm": "spur {:.1f} mm",
    "asymmetry": "asymmetry {:.2f}",
}
TELLS = {
    "Scoliosis": "cobb_angle",
    "Spondylolisthesis": "slip_percent",
    "PNEUMONIA": "opacity",
    "Herniated Disk": "herniation_mm",
    "Spinal Stenosis": "canal_mm",
    "Spondylosis": "spur_mm",
    "benign": "asymmetry",
    "malignant": "asymmetry",
}


@in_house_style
def sheet() -> Figure:
    """Four bands of pictures, the finding outlined where there is one, its severity below."""
    band = BAND + SIDE + CAPTION
    width = 2 * EDGE + COLUMNS * SIDE + (COLUMNS - 1) * GAP
    figure = new_figure(width, EDGE + len(KINDS) * band)
    height = figure.get_size_inches()[1]
    for number, (title, kind) in enumerate(KINDS):
        top = EDGE + number * band
        figure.text(EDGE / width, 1 - (top + 0.12) / height, title, size=LARGE, color=INK, va="center")
        phantom = kind(counts=dict.fromkeys(kind.default_counts, EACH), size=224)
        root, rows = _chosen(phantom)
        for place, row in enumerate(rows):
            axes = axes_at(figure, EDGE + place * (SIDE + GAP), top + BAND - 0.06, SIDE, SIDE)
            axes.set_axis_off()
            axes.imshow(np.asarray(Image.open(root / row["path"]).convert("RGB")))
            if row["mask_path"]:
                mask = np.asarray(Image.open(root / row["mask_path"]).convert("L")) > 0
                axes.contour(mask, levels=[0.5], colors=OUTLINE, linewidths=0.8)
            said = UNITS[TELLS[row["label"]]].format(row[TELLS[row["label"]]]) if row["label"] in TELLS else ""
            axes.text(0, 1.04, row["label"], size=SMALL, color=INK, va="top", transform=_below(axes))
            axes.text(0, 1.14, said, size=SMALL, color=QUIET, va="top", transform=_below(axes))
    return figure


def _below(axes: Any) -> Any:
    """Axes coordinates that count downwards."""
    from matplotlib.transforms import Affine2D

    return Affine2D().scale(1, -1).translate(0, 1) + axes.transAxes


def _chosen(phantom: Phantom) -> tuple[Path, list[dict[Any, Any]]]:
    """Pictures of different patients, as many of every class as there is room for."""
    manifest = phantom.manifest()
    first = manifest.frame.drop_duplicates("group")
    classes = manifest.task.classes
    shown = [COLUMNS // len(classes)] * len(classes) if len(classes) < 4 else [1, 2, 2, 1]
    tables = [first[first["label"] == name].head(count) for name, count in zip(classes, shown, strict=True)]
    return manifest.root, pd.concat(tables).to_dict("records")


if __name__ == "__main__":
    drawn = io.BytesIO()
    sheet().savefig(drawn, format="png")
    Image.open(drawn).convert("RGB").save(Path(__file__).with_name("phantoms.jpg"), quality=85)
