"""What do label columns decide? A class by its name or number, one 0/1 column of several, or any number of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from xaimed.config.nearmiss import near_miss
from xaimed.data.task import UNKNOWN, Kind, Task
from xaimed.data.walking import natural
from xaimed.errors import ConfigError, DataError

AUTO = "auto"
TASKS = (AUTO, *(kind.value for kind in Kind))


def labelled(
    table: pd.DataFrame, label: str | Sequence[str], classes: Sequence[str] | None, task: str, file: Path
) -> tuple[Task, pd.DataFrame]:
    """The task, and its columns of the manifest.

    Args:
        table: the table, label columns as text.
        label: the column, or several 0/1 columns.
        classes: the classes in the order wanted.
        task: the kind of task, or ``auto``.
        file: where the table comes from.
    """
    if isinstance(label, str):
        if task == Kind.MULTILABEL:
            label = (label,)
        else:
            return _named(table[label].str.strip(), classes, task, file)
    if classes is not None and tuple(classes) != tuple(label):
        raise ConfigError(
            "with several label columns these are the classes",
            where="dataset.classes",
            fix="Leave dataset.classes out.",
        )
    numbers = _indicators(table[list(label)], file)
    if task in {AUTO, Kind.MULTILABEL}:
        return Task(Kind.MULTILABEL, tuple(label)), numbers
    applying = (numbers == 1).sum(axis=1)
    if (applying != 1).any():
        row = int((applying != 1).to_numpy().argmax())
        raise DataError(
            f"{applying.iloc[row]} of the classes {list(label)} apply, not one",
            where=f"{file}: row {row + 2}",
            fix="Correct the row, or use dataset.task=multilabel.",
        )
    names = np.array(label, dtype=object)[numbers.to_numpy().argmax(axis=1)]
    return _task(tuple(label), task, file), pd.DataFrame({"label": names}, index=table.index)


def _named(column: pd.Series[str], classes: Sequence[str] | None, task: str, file: Path) -> tuple[Task, pd.DataFrame]:
    """Classes by name, or by their position in ``classes``."""
    if (column == "").any():
        row = int((column == "").to_numpy().argmax())
        raise DataError("a row has no label", where=f"{file}: row {row + 2}", fix="Give it one or take it away.")
    found = sorted(column.unique(), key=natural)
    named = tuple(found) if classes is None else tuple(classes)
    if len(set(named)) != len(named):
        raise ConfigError(f"a class is named twice in {list(named)}", where="dataset.classes")
    positions = {str(position): name for position, name in enumerate(named)}
    if not set(found) <= set(named) and set(found) <= positions.keys():
        column = column.map(positions)
        found = [positions[number] for number in found]
    if foreign := [name for name in found if name not in named]:
        row = int((column == foreign[0]).to_numpy().argmax())
        raise DataError(
            f"the label '{foreign[0]}' is not one of the classes {list(named)}",
            where=f"{file}: row {row + 2}",
            fix=near_miss(foreign[0], named),
        )
    if absent := [name for name in named if name not in found]:
        raise DataError(f"no picture is of the class '{absent[0]}'", where=file, fix=near_miss(absent[0], found))
    return _task(named, task, file), pd.DataFrame({"label": column})


def _task(classes: tuple[str, ...], task: str, file: Path) -> Task:
    if len(classes) < 2:
        raise DataError(f"there is only one class, '{classes[0]}'", where=file, fix="Two or more are needed.")
    if task == Kind.BINARY and len(classes) != 2:
        raise DataError(
            f"a binary task has two classes, not {len(classes)}", where=file, fix="Use dataset.task=multiclass."
        )
    if task == AUTO:
        task = Kind.BINARY if len(classes) == 2 else Kind.MULTICLASS
    return Task(Kind(task), classes)


def _indicators(columns: pd.DataFrame, file: Path) -> pd.DataFrame:
    """Columns of text that says 0, 1 or -1, as numbers."""
    numbers = pd.DataFrame({name: pd.to_numeric(columns[name], errors="coerce") for name in columns})
    good = numbers.isin([0, 1, UNKNOWN])
    if not good.to_numpy().all():
        name = str(good.columns[~good.all()][0])
        row = int((~good[name]).to_numpy().argmax())
        raise DataError(
            f"'{columns[name].iloc[row]}' is no value of the label '{name}'",
            where=f"{file}: row {row + 2}",
            fix=f"Use 1, 0, or {UNKNOWN} where nobody knows.",
        )
    return numbers.astype("int8")
