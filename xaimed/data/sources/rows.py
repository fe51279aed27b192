"""What do the tables of all sources share? Unique names, a patient for every picture, evidence masks, one order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from xaimed.config.nearmiss import near_miss
from xaimed.data.evidence import masks_by_pattern
from xaimed.data.walking import sample_ids
from xaimed.errors import ConfigError, DataError

FIRST = ("sample_id", "path", "label", "group", "split", "mask_path")


def completed(frame: pd.DataFrame, root: Path, masks: str | None = None) -> pd.DataFrame:
    """The table with what can be told from its paths, the columns of the contract first.

    Args:
        frame: the columns ``path`` and ``group``, the labels, and free columns.
        root: where the dataset lies.
        masks: pattern of the evidence masks; the table's own column, or none, by default.
    """
    paths = frame["path"].tolist()
    if "sample_id" not in frame:
        frame = frame.assign(sample_id=sample_ids(paths))
    if masks is not None:
        frame = frame.assign(mask_path=masks_by_pattern(root, paths, masks))
    for column in ("split", "mask_path"):
        if column not in frame:
            frame = frame.assign(**{column: ""})
    nobody = frame["group"].isna() | (frame["group"].astype(str) == "")
    if nobody.any():
        raise DataError(
            f"{int(nobody.sum())} of {len(frame)} pictures have no patient",
            where=root / paths[int(nobody.to_numpy().argmax())],
            fix="A picture of nobody could end up on both sides of a split: say whose it is.",
        )
    first = [column for column in FIRST if column in frame]
    return frame[[*first, *(column for column in frame if column not in first)]].reset_index(drop=True)


def one_of(value: str, options: Sequence[str], where: str) -> str:
    """The value of an option, if it is among those that there are."""
    if value not in options:
        raise ConfigError(f"there is no '{value}' to choose", where=where, fix=near_miss(str(value), options))
    return value


def read_csv(file: Path, columns: Sequence[str], advice: str, **options: Any) -> pd.DataFrame:
    """A CSV table that must have certain columns."""
    if not file.is_file():
        raise DataError("this table of the dataset is missing", where=file, fix=advice)
    try:
        table: pd.DataFrame = pd.read_csv(file, **options)
    except (ValueError, OSError) as error:  # pandas' own errors are ValueErrors
        raise DataError(f"it cannot be read as CSV: {' '.join(str(error).split())}", where=file) from error
    require_columns(table, columns, file)
    return table


def require_columns(table: pd.DataFrame, columns: Sequence[str], file: Path) -> None:
    """Refuse a table that lacks a column, naming the near misses."""
    for column in columns:
        if column not in table.columns:
            raise DataError(
                f"the table has no column '{column}'", where=file, fix=near_miss(column, map(str, table.columns))
            )
    if not len(table):
        raise DataError("the table has no rows", where=file)
