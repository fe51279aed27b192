"""Who was where? All folds as one table, on disk with a hash, so that others can use the very same ones."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pandas as pd

from xaimed.data.manifest import Manifest
from xaimed.data.protocol import Split
from xaimed.errors import DataError
from xaimed.store.writing import write_text

COLUMNS = ("fold", "sample_id", "group", "role")
ROLES = ("train", "select", "report", "select+report")
_FIRST_LINE = "# xaimed assignment "


def assignment(splits: Sequence[Split], manifest: Manifest) -> pd.DataFrame:
    """``fold, sample_id, group, role`` of every row of every fold."""
    tables = []
    for split in splits:
        table = split.table(manifest)
        table.insert(0, "fold", split.fold)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def assignment_hash(table: pd.DataFrame) -> str:
    """Sixteen hex digits that change with any fold, sample, patient or role."""
    return _digest(table.to_csv(index=False, lineterminator="\n"))


def write_assignment(path: Path, table: pd.DataFrame) -> None:
    """The table as CSV, below a line with its hash."""
    body = table.to_csv(index=False, lineterminator="\n")
    write_text(path, f"{_FIRST_LINE}{_digest(body)}\n{body}")


def read_assignment(path: Path) -> pd.DataFrame:
    """The table as it was written; refused when a letter of it was changed."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"the assignment cannot be read ({error})", where=path, fix="Check protocol.file.") from error
    first, _, body = text.partition("\n")
    if not first.startswith(_FIRST_LINE):
        raise DataError(
            f"this is no assignment: its first line is not '{_FIRST_LINE}<hash>'",
            where=path,
            fix="Use the assignment.csv of a run.",
        )
    if first.removeprefix(_FIRST_LINE).strip() != _digest(body):
        raise DataError(
            "the assignment was changed after it was written: its hash does not fit",
            where=path,
            fix="Restore the file of the run it comes from.",
        )
    names = {"sample_id": str, "group": str, "role": str}
    try:
        table = pd.read_csv(StringIO(body), dtype=names, keep_default_na=False)
    except ValueError as error:  # pandas' own errors are among these
        raise DataError(f"it cannot be read as CSV: {' '.join(str(error).split())}", where=path) from error
    _check(table, path)
    return table


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:16]


def _check(table: pd.DataFrame, path: Path) -> None:
    """Refuse a table that no protocol would have written, hash or not."""
    if tuple(table.columns) != COLUMNS:
        raise DataError(f"the columns are {list(table.columns)}, not {list(COLUMNS)}", where=path)
    if not pd.api.types.is_integer_dtype(table["fold"]) or not len(table):
        raise DataError("the folds are not whole numbers", where=path)
    if sorted(set(table["fold"])) != list(range(table["fold"].nunique())):
        raise DataError(f"the folds are {sorted(set(table['fold']))}, not 0, 1, 2, …", where=path)
    if len(foreign := table.loc[~table["role"].isin(ROLES)]):
        row = foreign.iloc[0]
        raise DataError(f"'{row['role']}' is not one of the roles {list(ROLES)}", where=f"{path}: {row['sample_id']}")
    if len(twice := table.loc[table.duplicated(["fold", "sample_id"])]):
        row = twice.iloc[0]
        raise DataError(f"'{row['sample_id']}' stands in fold {row['fold']} more than once", where=path)
