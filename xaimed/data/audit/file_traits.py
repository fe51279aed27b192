"""What does the file say before a pixel is decoded? Its format, depth, tags and compression tables."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from PIL import Image

from xaimed.data.audit.families import FORMATS

BITS = {"1": 1, "I;16": 16, "I;16B": 16, "I;16L": 16, "I": 32, "F": 32}
CHANNELS = {"LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4, "YCbCr": 3}
EXIF = 34665


def file_traits(path: Path) -> dict[str, float]:
    """The families ``file``, ``bytes`` and ``dimensions`` of one file; what it does not say is NaN."""
    traits: dict[str, float] = {f"is {name}": 0.0 for name in FORMATS}
    size = path.stat().st_size
    traits["log bytes"] = math.log2(size) if size else math.nan
    try:
        with Image.open(path) as picture:
            width, height = picture.size
            info = picture.info
            traits[f"is {picture.format}"] = 1.0
            traits["bits stored"] = BITS.get(picture.mode, 8)
            traits["channels stored"] = CHANNELS.get(picture.mode, 1)
            traits["is progressive"] = float(bool(info.get("progressive")))
            traits["has EXIF"] = float("exif" in info or EXIF in (getattr(picture, "tag_v2", None) or {}))
            traits["has colour profile"] = float("icc_profile" in info)
            traits["dots per inch"] = _resolution(info.get("dpi"))
            traits |= _tables(picture)
            traits |= {"width": width, "height": height, "aspect ratio": width / height}
            traits["bits per pixel"] = 8 * size / (width * height)
    except Exception:  # formats that Pillow does not know have no such traits; damaged files are quarantined elsewhere
        return traits
    return traits


def _resolution(dpi: Any) -> float:
    try:
        return float(dpi[0])
    except (TypeError, IndexError, ValueError, ZeroDivisionError):
        return math.nan


def _tables(picture: Image.Image) -> dict[str, float]:
    """Mean steps of a JPEG's quantisation tables, and how many luma samples share a chroma sample."""
    tables = getattr(picture, "quantization", None) or {}
    layers = getattr(picture, "layer", None) or []
    means = [sum(table) / len(table) for _, table in sorted(tables.items())]
    return {
        "luma quantisation": means[0] if means else math.nan,
        "chroma quantisation": means[1] if len(means) > 1 else math.nan,
        "chroma subsampling": float(layers[0][1] * layers[0][2]) if len(layers) > 1 else math.nan,
    }
