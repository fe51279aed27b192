"""Which pixels belong to which zone? Boxes with names, the areas of a label image, or nine fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from xaimed.data.preparation import Preparation
from xaimed.errors import ConfigError

Areas = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int64]

BOX = "[top, bottom, left, right] as shares of the picture's height and width"


def nine_fields() -> dict[str, tuple[float, float, float, float]]:
    """The picture in three rows and three columns, named as the reader sees them."""
    return {
        f"{row}_{column}": (i / 3, (i + 1) / 3, j / 3, (j + 1) / 3)
        for i, row in enumerate(("top", "middle", "bottom"))
        for j, column in enumerate(("left", "centre", "right"))
    }


def checked_boxes(boxes: Mapping[str, Sequence[float]]) -> dict[str, tuple[float, float, float, float]]:
    """Named boxes whose numbers make sense."""
    found = {}
    for name, numbers in boxes.items():
        try:
            top, bottom, left, right = map(float, numbers)
        except (TypeError, ValueError):
            raise ConfigError(f"zone '{name}' is {numbers!r}, not four numbers", fix=f"Give {BOX}.") from None
        if not (0 <= top < bottom <= 1 and 0 <= left < right <= 1):
            raise ConfigError(f"zone '{name}' is {list(numbers)}, which is no box", fix=f"Give {BOX}.")
        found[name] = (top, bottom, left, right)
    return found


def areas_of_boxes(
    boxes: Mapping[str, tuple[float, float, float, float]], preparation: Preparation
) -> dict[str, Areas]:
    """The pixels ``[size, size]`` of what the network sees whose middles lie in each box of the whole picture."""
    middles = (np.arange(preparation.resized) + 0.5) / preparation.resized
    return {
        name: _seen(
            ((middles >= top) & (middles < bottom))[:, None] & ((middles >= left) & (middles < right)),
            preparation,
            name,
        )
        for name, (top, bottom, left, right) in boxes.items()
    }


def areas_of_labels(path: Path, names: Sequence[str], preparation: Preparation) -> dict[str, Areas]:
    """The pixels of each area of a label image, which is stretched like the pictures.

    Args:
        path: a picture whose pixels are whole numbers: 0 for no zone, 1 for the first name, 2 for the second.
        names: of the zones.
        preparation: what is done to the pictures.
    """
    labels = _label_image(path)
    if labels.max() != len(names) or labels.min() < 0:
        raise ConfigError(
            f"the labels run from {labels.min()} to {labels.max()}, and there are {len(names)} names",
            where=path,
            fix="Name the labels 1, 2, … in their order; 0 is no zone.",
        )
    rows, columns = (
        ((np.arange(preparation.resized) + 0.5) * length / preparation.resized).astype(int) for length in labels.shape
    )
    stretched = labels[rows[:, None], columns]
    return {name: _seen(stretched == label, preparation, name) for label, name in enumerate(names, 1)}


def place(name: str, area: Areas) -> str:
    """The zone as it is printed; with the side on which the reader sees it, where it keeps to one."""
    columns = np.flatnonzero(area.any(0))
    said = name.replace("_", " ")
    if 2 * (columns[-1] + 1) <= area.shape[1]:
        return f"{said} (image left)"
    return f"{said} (image right)" if 2 * columns[0] >= area.shape[1] else said


def _label_image(path: Path) -> Labels:
    try:
        with Image.open(path) as picture:
            labels = np.asarray(picture)
    except OSError as error:
        raise ConfigError(f"the label image cannot be read: {error}", where=path) from error
    if labels.ndim != 2 or labels.dtype.kind not in "uib":
        raise ConfigError("a label image has one channel of whole numbers", where=path, fix="Save it as a grey PNG.")
    return labels.astype(np.int64)


def _seen(area: Areas, preparation: Preparation, name: str) -> Areas:
    seen: Areas = preparation.framed(torch.from_numpy(area)).numpy()
    if not seen.any():
        raise ConfigError(f"zone '{name}' holds no pixel of what the network sees", fix="Make it larger.")
    return seen
