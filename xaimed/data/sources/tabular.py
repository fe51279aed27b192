"""What stands in this table file? CSV or Parquet, with names as text and free columns as numbers where they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from xaimed.errors import DataError

OBTAIN = "It must be a CSV or Parquet table with one row per picture, whose columns dataset.path, dataset.label … name."


def read_table(file: Path, text: Sequence[str]) -> pd.DataFrame:
    """A CSV or Parquet table; CSV as text throughout, Parquet with the columns of ``text`` as text."""
    if not file.is_file():
        raise DataError("there is no such table", where=file, fix=OBTAIN)
    try:
        if file.suffix.lower() not in {".parquet", ".pq"}:
            return _comma_separated(file)
        table = pd.read_parquet(file)
    except ImportError:
        raise DataError(
            "reading Parquet needs the package pyarrow", where=file, fix="pip install 'xaimed[parquet]', or use CSV."
        ) from None
    except (ValueError, OSError) as error:  # pandas' and pyarrow's own errors are among these
        raise DataError(
            f"it cannot be read as a table: {' '.join(str(error).split())}", where=file, fix=OBTAIN
        ) from error
    return table.assign(**{name: _text(table[name]) for name in text if name in table})


def _comma_separated(file: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
    except UnicodeDecodeError as error:
        raise DataError(
            "it is not written in UTF-8", where=file, fix="Save it as 'CSV UTF-8', or as Parquet."
        ) from error
    header = str(table.columns[0])
    if len(table.columns) == 1 and (";" in header or "\t" in header):
        mark = "semicolons" if ";" in header else "tabs"
        raise DataError(f"its columns are parted by {mark}, not by commas", where=file, fix="Save it with commas.")
    return table


def _text(column: pd.Series[Any]) -> pd.Series[str]:
    """Values as they would stand in a CSV file; whole numbers without a fraction."""
    whole = pd.api.types.is_float_dtype(column) and bool((column.dropna() % 1 == 0).all())
    missing = column.isna()
    text = column.fillna(0).astype("int64").astype(str) if whole else column.astype(object).astype(str)
    return text.mask(missing, "")


def numeric(free: pd.DataFrame) -> pd.DataFrame:
    """Text columns that hold nothing but numbers as numbers; an empty entry is then NaN."""
    numbers = {
        str(name): pd.to_numeric(free[name].replace("", None), errors="coerce")
        for name in free
        if pd.api.types.is_string_dtype(free[name])
    }
    kept = {
        name: values
        for name, values in numbers.items()
        if values.notna().any() and (values.notna() | (free[name] == "")).all()
    }
    return free.assign(**kept)
