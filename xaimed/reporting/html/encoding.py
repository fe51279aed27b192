"""How does a picture or a map get into a page, and how small? As much of it as a reader sees, within a budget."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from xaimed.reporting.colours import MapKind, colour_map
from xaimed.reporting.html.document import data_uri

Floats = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint8]

FINEST = 64
"""The most cells of a map along a side; a finer one is averaged, for it is looked at, not measured."""
MAP_BYTES, PICTURE_BYTES = 10_000_000, 12_000_000
"""What maps and pictures may take of a page: of very many the maps are coarser and the pictures smaller."""
GRIDS, SIDES = (FINEST, 48, 32, 24, 16), (512, 384, 256, 192, 128)
TRIED = 24
IN_TEXT = 4 / 3
QUALITY = 72


def picture_uri(pixels: Pixels, quality: int = QUALITY, side: int | None = None) -> str:
    """A picture, lossy, as an address; of at most that many pixels along a side where one is given."""
    return data_uri(_compressed(pixels, quality, side), "image/webp")


def _compressed(pixels: Pixels, quality: int, side: int | None) -> bytes:
    content, image = io.BytesIO(), Image.fromarray(pixels)
    if side:
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
    image.save(content, format="WEBP", quality=quality, method=4)
    return content.getvalue()


def side_for(pictures: Sequence[Pixels]) -> int:
    """The largest side at which all of them stay within what they may take, judged by some from all over."""
    some = pictures[:: max(1, len(pictures) // TRIED)]
    for side in SIDES[:-1]:
        taken = sum(len(_compressed(pixels, QUALITY, side)) for pixels in some)
        if taken / max(1, len(some)) * len(pictures) * IN_TEXT <= PICTURE_BYTES:
            return side
    return SIDES[-1]


def encoded(values: npt.ArrayLike, cells: int = FINEST) -> list[Any]:
    """A map as rows, columns, its raw maximum and bytes from none to that maximum; nothing where it cannot be drawn."""
    raw = np.asarray(values, dtype=np.float64)
    if not np.isfinite(raw).all() or raw.max() <= 0:
        return []
    coarse = _coarser(raw, cells)
    strength = np.round(255 * np.clip(coarse / raw.max(), 0, 1)).astype(np.uint8)
    return [*strength.shape, float(f"{raw.max():.5g}"), base64.b64encode(strength.tobytes()).decode("ascii")]


def colours_of(kind: MapKind) -> str:
    """256 colours as they are drawn, three bytes each."""
    ramp = colour_map(kind)(0.2 + 0.8 * np.linspace(0, 1, 256))[:, :3]
    return base64.b64encode(np.round(255 * ramp).astype(np.uint8).tobytes()).decode("ascii")


def _coarser(raw: Floats, cells: int) -> Floats:
    if max(raw.shape) <= cells:
        return raw
    height, width = (min(cells, side) for side in raw.shape)
    small = Image.fromarray(raw.astype(np.float32)).resize((width, height), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float64)


def grid_for(maps: Sequence[npt.ArrayLike | None]) -> int:
    """The finest grid on which all of these maps stay within what they may take."""
    shapes = [np.shape(each) for each in maps if each is not None]
    for cells in GRIDS[:-1]:
        if sum(min(height, cells) * min(width, cells) for height, width in shapes) * IN_TEXT <= MAP_BYTES:
            return cells
    return GRIDS[-1]
