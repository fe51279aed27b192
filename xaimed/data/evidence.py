"""Where is the finding of each picture? In a mask that its name leads to, or in boxes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from torch import Tensor

from xaimed.data.boxes import Box, box_path
from xaimed.data.reading import read_mask
from xaimed.data.walking import stem
from xaimed.errors import ConfigError, DataError

PLACEHOLDERS = "{path}, {folder}, {stem}, {name}"


def evidence_mask(root: Path, mask_path: object) -> Tensor | None:
    """The mask that a row of a manifest names, as bool ``[H, W]``; None where it names none, so that nobody knows."""
    nothing = mask_path is None or mask_path != mask_path or not str(mask_path)  # a table may come with NaN
    return None if nothing else read_mask(root / str(mask_path))


def masks_by_pattern(root: Path, paths: Sequence[str], pattern: str) -> list[str]:
    """The mask of each picture, relative to the root, or nothing where it has none.

    Args:
        root: where the dataset lies.
        paths: the pictures, relative to the root.
        pattern: the mask's relative path, in which ``{path}`` is the picture's relative path, ``{stem}`` the same
            without suffix, ``{folder}`` its folder and ``{name}`` its name without suffix: ``masks/{stem}.png``.
    """
    try:
        wanted = [
            pattern.format(path=path, stem=stem(path), folder=Path(path).parent.as_posix(), name=Path(path).stem)
            for path in paths
        ]
    except (KeyError, IndexError, ValueError, AttributeError):
        raise ConfigError(
            f"'{pattern}' is no pattern for masks", where="dataset.masks", fix=f"Use {PLACEHOLDERS} in it."
        ) from None
    found = [mask if (root / mask).is_file() else "" for mask in wanted]
    if paths and not any(found):
        raise DataError("no picture has a mask", where=root, fix=f"For {paths[0]} it would be {wanted[0]}.")
    return found


def boxes_by_column(
    frame: pd.DataFrame, columns: Sequence[str], paths: Sequence[str], keys: Sequence[str]
) -> list[str]:
    """The boxes of each picture as a mask path, or nothing where it has none.

    Args:
        frame: a table of boxes, any number of rows per picture; a row without numbers says that there is no box.
        columns: what its columns for x, y, width and height are called.
        paths: the pictures, relative to the root.
        keys: the picture that each row of the table belongs to, as one of ``paths``.
    """
    numbers = frame[list(columns)].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    given = frame[list(columns)].notna().to_numpy() & (frame[list(columns)].astype(str) != "").to_numpy()
    found: dict[str, list[Box]] = {}
    for key, row, said in zip(keys, numbers.tolist(), given.tolist(), strict=True):
        if any(said):
            found.setdefault(key, []).append((row[0], row[1], row[2], row[3]))
    if foreign := found.keys() - set(paths):
        raise DataError(f"there are boxes for '{min(foreign)}', which is no picture of this dataset")
    return [box_path(found[path], path) if path in found else "" for path in paths]
