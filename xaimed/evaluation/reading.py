"""Is this file a whole table of predictions? Read strictly, naming the file and the row that is not."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from xaimed.errors import StoreError
from xaimed.evaluation.predictions import TEXT, UNKNOWN, Predictions, columns_of

FIX = "Move the fold directory away and run the same command again."


def read_predictions(path: Path) -> Predictions:
    """Read what ``write_predictions`` wrote; anything else is refused with the place of the damage."""
    header, rows = _records(path)
    kind, classes = _task_of(header, path)
    if len(rows) == 0:
        raise StoreError("the table of predictions has no rows", where=path, fix=FIX)
    parse = {name: _parser(name, kind, classes) for name in header}
    columns: dict[str, list[object]] = {name: [] for name in header}
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise _damaged(f"{len(row)} cells where {len(header)} belong", path, number)
        for name, cell in zip(header, row, strict=True):
            try:
                columns[name].append(parse[name](cell))
            except ValueError as problem:
                raise _damaged(f"column '{name}': {problem}", path, number) from None
    frame = pd.DataFrame({name: pd.Series(values, dtype=_dtype(name)) for name, values in columns.items()})
    twice = np.flatnonzero(frame.duplicated(["fold", "sample_id"]))
    if len(twice):
        raise _damaged(
            f"sample '{frame['sample_id'].iloc[twice[0]]}' stands here a second time", path, int(twice[0]) + 1
        )
    return Predictions(kind, classes, frame)


def _records(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        text = path.read_bytes().decode("utf-8", errors="surrogateescape")
    except OSError as problem:
        raise StoreError(f"the predictions cannot be read ({problem.strerror})", where=path, fix=FIX) from None
    if not text.endswith("\n"):
        raise StoreError("the table of predictions is cut off or empty", where=path, fix=FIX)
    records: list[list[str]] = []
    try:
        records.extend(csv.reader(_lines(text), strict=True))
    except csv.Error as problem:
        raise _damaged(str(problem), path, max(len(records), 1)) from None
    return records[0], records[1:]


def _lines(text: str) -> list[str]:
    # Only "\n" ends a line here: str.splitlines would also cut inside a quoted name at "\r" or U+2028.
    return [line + "\n" for line in text[:-1].split("\n")]


def _task_of(header: Sequence[str], path: Path) -> tuple[str, tuple[str, ...]]:
    classes = tuple(name[2:] for name in header if name.startswith("p:"))
    logits = sum(name.startswith("logit:") for name in header)
    if any(name.startswith("y:") for name in header):
        kind = "multilabel"
    else:
        kind = "binary" if (logits, len(classes)) == (1, 2) else "multiclass"
    if not classes or list(header) != columns_of(kind, classes):
        raise StoreError("this is not a table of predictions: its header is foreign", where=path, fix=FIX)
    return kind, classes


def _parser(name: str, kind: str, classes: tuple[str, ...]) -> Callable[[str], object]:
    if name in TEXT:
        return str
    if name == "fold":
        return int
    if name in ("label", "predicted") and kind != "multilabel":
        return lambda cell: _one_of(cell, classes)
    if name.startswith("y:"):
        return lambda cell: int(_one_of(cell, ("0", "1", str(UNKNOWN))))
    if name.startswith("predicted:"):
        return lambda cell: int(_one_of(cell, ("0", "1")))
    return _finite


def _one_of(cell: str, allowed: tuple[str, ...]) -> str:
    if cell not in allowed:
        raise ValueError(f"'{cell}' is not one of {list(allowed)}")
    return cell


def _finite(cell: str) -> np.float32:
    value = np.float32(cell)
    if not np.isfinite(value):
        raise ValueError(f"'{cell}' is not a finite number")
    return value


def _dtype(name: str) -> str:
    if name.startswith(("logit:", "p:")):
        return "float32"
    return "int64" if name == "fold" or name.startswith(("y:", "predicted:")) else "object"


def _damaged(what: str, path: Path, row: int) -> StoreError:
    return StoreError(f"the table of predictions is damaged: {what}", where=f"{path}: row {row}", fix=FIX)
