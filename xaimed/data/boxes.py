"""How is a box an evidence mask? As a mask path that holds the boxes and names the picture they lie in.

``box:12,30,40,50@images/1.png``: x and y of the upper left corner, width and height, in pixels of the upright picture;
several boxes are separated by semicolons.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from xaimed.errors import DataError

Box = tuple[float, float, float, float]
"""x, y, width, height."""

_BOXES = re.compile(r"^(?P<root>.*?)(?:^|/)box:(?P<boxes>[^@]+)@(?P<picture>.+)$", re.DOTALL)


def box_path(boxes: Sequence[Box], picture: str) -> str:
    """The mask path of boxes in the picture at a relative path.

    Raises:
        DataError: when a box has no area or lies before the picture's corner.
    """
    for x, y, width, height in boxes:
        if not (all(map(math.isfinite, (x, y, width, height))) and width > 0 and height > 0 and x >= 0 and y >= 0):
            raise DataError(
                f"the box x={x:g}, y={y:g}, width={width:g}, height={height:g} is none",
                where=picture,
                fix="Give x and y from 0 on, and a width and height above 0, all four in pixels.",
            )
    return "box:" + ";".join(",".join(f"{value:.10g}" for value in box) for box in boxes) + "@" + picture


def boxes_of(path: Path) -> tuple[list[Box], Path] | None:
    """The boxes that a mask path holds and the picture they lie in; nothing when it is the path of a file."""
    if not (found := _BOXES.match(path.as_posix())):
        return None
    try:
        boxes = [_box(part) for part in found["boxes"].split(";")]
    except ValueError:
        raise DataError("these are no boxes", where=path, fix="A box is box:x,y,width,height@picture.") from None
    root = Path(found["root"]) if found["root"] else Path("/" if path.is_absolute() else "")
    return boxes, root / found["picture"]


def _box(text: str) -> Box:
    x, y, width, height = map(float, text.split(","))
    return x, y, width, height


def box_mask(boxes: Sequence[Box], height: int, width: int) -> npt.NDArray[np.bool_]:
    """True inside any box, whose edges are rounded to whole pixels and which covers at least one.

    Raises:
        DataError: when a box lies wholly outside the picture.
    """
    mask = np.zeros((height, width), dtype=bool)
    for x, y, wide, high in boxes:
        left, top = round(x), round(y)
        if left >= width or top >= height:
            raise DataError(f"a box at x={x:g}, y={y:g} lies outside a picture of {width} × {height} pixels")
        mask[top : max(round(y + high), top + 1), left : max(round(x + wide), left + 1)] = True
    return mask
