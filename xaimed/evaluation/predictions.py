"""What did a model say of every sample? One row each, from which every figure can be derived again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from xaimed.errors import StoreError, TrainingError
from xaimed.store.writing import write_bytes

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

TEXT = ("sample_id", "group")
UNKNOWN = -1
"""A multi-label truth that nobody knows; the value of ``xaimed.data.task.UNKNOWN``, whose module would import torch."""


@dataclass(frozen=True)
class Predictions:
    """The table of predictions of one or several folds.

    Columns: ``sample_id, group, fold, label, predicted, logit:<class>…, p:<class>…``. A binary table has one logit
    column, that of the positive class ``classes[1]``, and two probabilities. A multi-label table has 0/1 columns
    ``y:<class>…`` and ``predicted:<class>…`` in place of ``label`` and ``predicted``.

    Attributes:
        kind: ``multiclass``, ``binary`` or ``multilabel``.
        classes: the class names, in the order of the logits.
        frame: the rows; logits and probabilities are float32.
    """

    kind: str
    classes: tuple[str, ...]
    frame: pd.DataFrame

    def __len__(self) -> int:
        """How many rows."""
        return len(self.frame)

    @property
    def logits(self) -> Floats:
        """Logits ``[n, outputs]``."""
        return self.frame[logit_columns(self.kind, self.classes)].to_numpy(dtype=np.float32)

    @property
    def probabilities(self) -> Floats:
        """Probabilities ``[n, classes]``."""
        return self.frame[[f"p:{name}" for name in self.classes]].to_numpy(dtype=np.float32)

    @property
    def targets(self) -> Ints:
        """The truth: class indices ``[n]``, or for multi-label 0/1 ``[n, classes]``."""
        return self._decisions("label", "y:")

    @property
    def predicted(self) -> Ints:
        """The decision, in the form of ``targets``."""
        return self._decisions("predicted", "predicted:")

    @property
    def correct(self) -> npt.NDArray[np.bool_]:
        """Which rows are right; for multi-label, right in every class that is known."""
        same: npt.NDArray[np.bool_] = (self.targets == self.predicted) | (self.targets == UNKNOWN)
        return np.all(same, axis=1) if self.kind == "multilabel" else same

    @property
    def folds(self) -> list[int]:
        """The folds that have rows, ascending."""
        return sorted(int(fold) for fold in self.frame["fold"].unique())

    @property
    def samples(self) -> int:
        """How many different samples; in repeated folds fewer than rows."""
        return int(self.frame["sample_id"].nunique())

    @property
    def repeats(self) -> list[list[int]]:
        """The folds in order, a new list wherever samples come again: within a repeat each stands once."""
        found: list[list[int]] = []
        seen: set[str] = set()
        for fold, ids in self.frame.groupby("fold")["sample_id"]:
            if not found or not seen.isdisjoint(ids):
                found.append([])
                seen = set()
            found[-1].append(int(str(fold)))
            seen.update(ids)
        return found

    def of_folds(self, *folds: int) -> Predictions:
        """Only the rows of these folds."""
        return replace(self, frame=self.frame[self.frame["fold"].isin(folds)].reset_index(drop=True))

    def _decisions(self, column: str, prefix: str) -> Ints:
        if self.kind == "multilabel":
            return self.frame[[prefix + name for name in self.classes]].to_numpy(dtype=np.int64)
        index = {name: i for i, name in enumerate(self.classes)}
        return np.array([index[name] for name in self.frame[column]], dtype=np.int64)


def logit_columns(kind: str, classes: Sequence[str]) -> list[str]:
    """The names of the logit columns."""
    return [f"logit:{name}" for name in (classes[1:] if kind == "binary" else classes)]


def columns_of(kind: str, classes: Sequence[str]) -> list[str]:
    """The header of a table of predictions."""
    if kind == "multilabel":
        decisions = [f"y:{name}" for name in classes] + [f"predicted:{name}" for name in classes]
    else:
        decisions = ["label", "predicted"]
    return [*TEXT, "fold", *decisions, *logit_columns(kind, classes), *(f"p:{name}" for name in classes)]


def prediction_table(
    kind: str,
    classes: Sequence[str],
    *,
    sample_ids: Sequence[str],
    groups: Sequence[str],
    fold: int,
    targets: npt.ArrayLike,
    logits: npt.ArrayLike,
    probabilities: npt.ArrayLike,
) -> Predictions:
    """The table of one fold, from what the network gave; the decision follows from the probabilities.

    Args:
        kind: ``multiclass``, ``binary`` or ``multilabel``.
        classes: the class names, in the order of the logits.
        sample_ids: one per row.
        groups: the patient of every row.
        fold: the fold in which these samples were held out.
        targets: class indices ``[n]``, or for multi-label 0/1 ``[n, classes]``.
        logits: ``[n, outputs]``.
        probabilities: ``[n, classes]``.
    """
    truth = np.asarray(targets, dtype=np.int64)
    score, chance = np.asarray(logits, dtype=np.float32), np.asarray(probabilities, dtype=np.float32)
    unusable = np.flatnonzero(~(np.isfinite(score).all(axis=1) & np.isfinite(chance).all(axis=1)))
    if len(unusable):
        raise TrainingError(
            f"the network gave NaN or infinity for {len(unusable)} of {len(truth)} samples",
            where=f"fold {fold}, sample {sample_ids[unusable[0]]}",
            fix="Lower the learning rate or train in fp32.",
        )
    names = np.asarray(classes, dtype=object)
    if kind == "multilabel":
        decisions: list[Iterable[object]] = [*truth.T, *(chance >= 0.5).astype(np.int64).T]
    else:
        decisions = [names[truth], names[chance.argmax(axis=1)]]
    values = [list(map(str, sample_ids)), list(map(str, groups)), np.full(len(truth), fold), *decisions]
    header = columns_of(kind, classes)
    # As objects: pandas would keep text in Arrow where that is installed, and Arrow takes no name that is not UTF-8.
    columns = {
        name: pd.Series(value, dtype="object" if isinstance(value, list) or name in ("label", "predicted") else None)
        for name, value in zip(header, [*values, *score.T, *chance.T], strict=True)
    }
    return Predictions(kind, tuple(classes), pd.DataFrame(columns))


def pool(tables: Iterable[Predictions]) -> Predictions:
    """The rows of several folds in one table; folds of different classes are refused."""
    parts = list(tables)
    if not parts:
        raise StoreError("there are no predictions to pool", fix="Train at least one fold.")
    first = parts[0]
    for part in parts[1:]:
        if (part.kind, part.classes) != (first.kind, first.classes):
            raise StoreError(
                f"these folds do not belong together: {first.kind} of {list(first.classes)} "
                f"and {part.kind} of {list(part.classes)}",
                fix="Pool only folds of one run.",
            )
    return replace(first, frame=pd.concat([part.frame for part in parts], ignore_index=True))


def write_predictions(path: Path, predictions: Predictions) -> None:
    """Write the table as CSV: text quoted, each float32 in its shortest exact form; equal rows give equal bytes."""
    frame = predictions.frame[columns_of(predictions.kind, predictions.classes)]
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(frame.columns)
    writer.writerows(zip(*(_cells(frame[name]) for name in frame.columns), strict=True))
    # Names from foreign file systems may hold bytes that are no UTF-8; they come back as they went out.
    write_bytes(path, text.getvalue().encode("utf-8", errors="surrogateescape"))


def _cells(column: pd.Series) -> list[object]:
    values = column.to_numpy()
    if values.dtype.kind == "f":
        return list(values.astype(np.float32))  # printed by NumPy: the shortest text that reads back as itself
    return [int(value) for value in values] if values.dtype.kind in "iub" else [str(value) for value in values]
