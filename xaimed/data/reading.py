"""What do the bytes of a picture say? Its pixels, upright and in their own value range, or why there are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from xaimed.errors import UnreadableImageError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp"})
"""What the name of a picture may end with, in lower case."""

FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP")
LOSSY = ("JPEG", "MPO", "WEBP")

TIFF_PHOTOMETRIC, WHITE_IS_ZERO = 262, 0

Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.float32]


def read_picture(path: Path) -> Tensor:
    """The picture at ``path`` as ``[C, H, W]``, turned upright by its EXIF orientation.

    ``C`` is 1 where all channels are equal, however they are stored, and 3 otherwise; transparency is dropped.
    Eight bits come as uint8; sixteen bits as float32 with 0 … 65535 at 0 … 1, so that nothing is clipped.

    Raises:
        UnreadableImageError: with the reason, when there is no such picture or it is damaged.
    """
    pixels, _ = _decode(path)
    stacked = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    return torch.from_numpy(np.array(stacked, order="C"))


def read_mask(path: Path) -> Tensor:
    """The mask at ``path`` as bool ``[H, W]``: true where a pixel is not black.

    In the lossy formats black is frayed around an edge, so there a pixel counts from half the brightest value on.
    """
    pixels, lossy = _decode(path)
    value = pixels if pixels.ndim == 2 else pixels.max(axis=2)
    return torch.from_numpy(value > (value.max() / 2 if lossy else 0))


def _decode(path: Path) -> tuple[Pixels, bool]:
    """The pixels ``[H, W]`` or ``[H, W, 3]``, and whether their format is a lossy one."""
    _refuse_what_is_no_file(path)
    try:
        with Image.open(path, formats=FORMATS) as picture:
            _refuse_a_bomb(picture)
            upright = ImageOps.exif_transpose(picture)
            return _pixels(upright, inverted=_is_inverted(picture)), picture.format in LOSSY
    except UnreadableImageError as error:
        raise UnreadableImageError(error.what, where=path) from None
    except UnidentifiedImageError:
        raise UnreadableImageError("it is no JPEG, PNG, TIFF, BMP or WebP picture", where=path) from None
    except Image.DecompressionBombError as error:
        raise UnreadableImageError(f"decompression bomb: {error}", where=path) from error
    except Exception as error:  # a decoder may raise anything when its bytes are damaged
        raise UnreadableImageError(f"damaged: {error or type(error).__name__}", where=path) from error


def _refuse_what_is_no_file(path: Path) -> None:
    if path.is_dir():
        raise UnreadableImageError("it is a folder", where=path)
    if not path.exists():
        raise UnreadableImageError("there is no such file", where=path)
    if not path.is_file():  # opening a named pipe would wait for ever
        raise UnreadableImageError("it is not a regular file", where=path)
    if path.stat().st_size == 0:
        raise UnreadableImageError("the file is empty", where=path)


def _refuse_a_bomb(picture: Image.Image) -> None:
    """Pillow only warns up to twice its limit."""
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and picture.width * picture.height > limit:
        raise UnreadableImageError(
            f"decompression bomb: {picture.width} × {picture.height} pixels, more than {limit} in all"
        )


def _is_inverted(picture: Image.Image) -> bool:
    """Whether white is stored as zero and Pillow leaves it so, which it does for 16 bits."""
    tags = getattr(picture, "tag_v2", {})
    return picture.mode.startswith("I") and tags.get(TIFF_PHOTOMETRIC) == WHITE_IS_ZERO


def _pixels(picture: Image.Image, inverted: bool) -> Pixels:
    if picture.mode.startswith("I"):
        values = _unit_range(np.asarray(picture), highest=65535)
        return 1 - values if inverted else values
    if picture.mode == "F":
        return _unit_range(np.asarray(picture), highest=1)
    if picture.mode in {"1", "L", "LA"}:
        return np.asarray(picture.convert("L"))
    picture.info.pop("transparency", None)  # Pillow would advise to keep it
    colour = np.asarray(picture.convert("RGB"))
    red, green, blue = colour[..., 0], colour[..., 1], colour[..., 2]
    return red if np.array_equal(red, green) and np.array_equal(green, blue) else colour


def _unit_range(values: npt.NDArray[np.generic], highest: int) -> npt.NDArray[np.float32]:
    """Values from 0 to ``highest`` brought to 0 … 1; any others have a scale that nobody knows."""
    exact = values.astype(np.float64)
    if not (exact.min() >= 0 and exact.max() <= highest):
        raise UnreadableImageError(f"its values run from {exact.min():g} to {exact.max():g}, outside 0 to {highest}")
    return (exact / highest).astype(np.float32)
