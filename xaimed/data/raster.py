"""What does a JPEG, PNG, TIFF, BMP or WebP file show? Decoded by Pillow, upright, nothing clipped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from xaimed.data.brightness import Pixels, one_channel_if_grey, refuse_a_bomb, unit_range
from xaimed.errors import UnreadableImageError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp"})

FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP")
LOSSY = ("JPEG", "MPO", "WEBP")
SEVERAL_PICTURES = ("PNG", "TIFF", "WEBP")  # not MPO: there the second is a preview or the other eye's view

TIFF_PHOTOMETRIC, WHITE_IS_ZERO = 262, 0


def decode_raster(path: Path) -> tuple[Pixels, bool]:
    """The pixels, and whether their format is a lossy one."""
    try:
        with Image.open(path, formats=FORMATS) as picture:
            refuse_a_bomb(picture.width, picture.height)
            _refuse_several(picture)
            upright = ImageOps.exif_transpose(picture)
            return _pixels(upright, inverted=_is_inverted(picture)), picture.format in LOSSY
    except UnidentifiedImageError:
        raise UnreadableImageError("it is no JPEG, PNG, TIFF, BMP, WebP or DICOM picture") from None
    except Image.DecompressionBombError as error:
        raise UnreadableImageError(f"decompression bomb: {error}") from error


def _refuse_several(picture: Image.Image) -> None:
    """A stack or an animation: nobody said which of its pictures is meant."""
    count = getattr(picture, "n_frames", 1)
    if picture.format in SEVERAL_PICTURES and count > 1:
        raise UnreadableImageError(f"it holds {count} pictures, and nothing says which is meant")


def _is_inverted(picture: Image.Image) -> bool:
    """Whether white is stored as zero and Pillow leaves it so, which it does for 16 bits."""
    tags = getattr(picture, "tag_v2", {})
    return picture.mode.startswith("I") and tags.get(TIFF_PHOTOMETRIC) == WHITE_IS_ZERO


def _pixels(picture: Image.Image, inverted: bool) -> Pixels:
    if picture.mode.startswith("I"):
        values = unit_range(np.asarray(picture), 0, 65535)
        return 1 - values if inverted else values
    if picture.mode == "F":
        return unit_range(np.asarray(picture), 0, 1)
    if picture.mode in {"1", "L", "LA"}:
        return np.asarray(picture.convert("L"))
    picture.info.pop("transparency", None)  # Pillow would advise to keep it
    return one_channel_if_grey(np.asarray(picture.convert("RGB")))
