"""What do the bytes of a picture say? Its pixels, upright and in their own value range, or why there are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL
import torch
from torch import Tensor

from xaimed.data import dicom, raster
from xaimed.data.boxes import box_mask, boxes_of
from xaimed.data.brightness import Pixels
from xaimed.errors import UnreadableImageError

SUFFIXES = raster.SUFFIXES | dicom.SUFFIXES
"""What the name of a picture may end with, in lower case."""


def read_picture(path: Path) -> Tensor:
    """The picture at ``path`` as ``[C, H, W]``, turned upright by its EXIF orientation.

    ``C`` is 1 where all channels are equal, however they are stored, and 3 otherwise; transparency is dropped.
    Eight bits come as uint8; sixteen bits as float32 with 0 … 65535 at 0 … 1, so that nothing is clipped. A grey
    DICOM picture comes as float32 as it is to be shown: through its lookup tables and window, white as 1.

    Raises:
        UnreadableImageError: with the reason, when there is no such picture or it is damaged.
    """
    pixels, _ = _decode(path)
    stacked = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    return torch.from_numpy(np.array(stacked, order="C"))


def read_mask(path: Path) -> Tensor:
    """The mask at ``path`` as bool ``[H, W]``: true where a pixel is not black, or inside a box (``data/boxes.py``).

    In the lossy formats black is frayed around an edge, so there a pixel counts from half the brightest value on.
    """
    if found := boxes_of(path):
        boxes, picture = found
        height, width = read_picture(picture).shape[-2:]
        return torch.from_numpy(box_mask(boxes, height, width))
    pixels, lossy = _decode(path)
    value = pixels if pixels.ndim == 2 else pixels.max(axis=2)
    return torch.from_numpy(value > (value.max() / 2 if lossy else 0))


def decoder_versions() -> str:
    """What decodes here: verdicts on files and cached pixels hold only for these."""
    return " ".join([f"Pillow {PIL.__version__}", *dicom.decoder_versions()])


def _decode(path: Path) -> tuple[Pixels, bool]:
    """The pixels ``[H, W]`` or ``[H, W, 3]``, and whether their format is a lossy one."""
    _refuse_what_is_no_file(path)
    try:
        if dicom.is_dicom(path):
            return dicom.decode_dicom(path), False
        return raster.decode_raster(path)
    except UnreadableImageError as error:
        raise UnreadableImageError(error.what, where=path) from error.__cause__
    except PermissionError as error:
        raise UnreadableImageError("permission to read it is denied", where=path) from error
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
