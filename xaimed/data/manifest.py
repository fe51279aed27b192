"""What is in this dataset? One table, the only thing that the rest of xaimed knows of a dataset."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from xaimed.data.task import UNKNOWN, Kind, Task
from xaimed.errors import DataError

REQUIRED = ("sample_id", "path", "group", "split", "mask_path")


class Source(Protocol):
    """Anything that can make a manifest: the whole contract of a dataset."""

    def manifest(self) -> Manifest:
        """The table of this dataset."""
        ...


@dataclass(frozen=True)
class Manifest:
    """One row per sample.

    Columns: ``sample_id`` (unique), ``path`` (relative to ``root``), ``label`` (a class name; for multi-label one
    column per class instead: 0, 1, or ``UNKNOWN``), ``group`` (the patient), ``split`` (published split or empty),
    ``mask_path`` (evidence mask relative to ``root``, or boxes, or empty), and any free columns (sex, age, severity).
    """

    name: str
    root: Path
    task: Task
    frame: pd.DataFrame

    def __post_init__(self) -> None:
        """Refuse a table that breaks the contract."""
        labels = self.task.classes if self.task.kind is Kind.MULTILABEL else ("label",)
        missing = [column for column in (*REQUIRED, *labels) if column not in self.frame.columns]
        if missing:
            raise DataError(f"the manifest of '{self.name}' lacks the columns {missing}", where=self.root)
        twice = self.frame["sample_id"][self.frame["sample_id"].duplicated()]
        if len(twice):
            raise DataError(f"sample_id '{twice.iloc[0]}' stands in the manifest more than once", where=self.root)
        if self.task.kind is Kind.MULTILABEL:
            self._refuse_foreign_values(labels)
        else:
            foreign = self.frame.loc[~self.frame["label"].isin(self.task.classes)]
            if len(foreign):
                row = foreign.iloc[0]
                raise DataError(
                    f"'{row['label']}' is not one of the classes {list(self.task.classes)}",
                    where=f"{self.root}: sample {row['sample_id']}",
                    fix="Correct the label or name the class.",
                )

    def _refuse_foreign_values(self, labels: Sequence[str]) -> None:
        for name in labels:
            foreign = self.frame.loc[~self.frame[name].isin([0, 1, UNKNOWN])]
            if len(foreign):
                row = foreign.iloc[0]
                raise DataError(
                    f"'{row[name]}' is no value of the label '{name}'",
                    where=f"{self.root}: sample {row['sample_id']}",
                    fix=f"Use 1, 0, or {UNKNOWN} where nobody knows.",
                )

    def __len__(self) -> int:
        """How many samples."""
        return len(self.frame)

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """Class indices ``[n]``; for multi-label the matrix ``[n, classes]`` of 0, 1 and ``UNKNOWN``."""
        if self.task.kind is Kind.MULTILABEL:
            return self.frame[list(self.task.classes)].to_numpy(dtype=np.int64)
        index = {name: i for i, name in enumerate(self.task.classes)}
        return np.array([index[name] for name in self.frame["label"]], dtype=np.int64)

    @property
    def positives(self) -> npt.NDArray[np.bool_]:
        """Which classes each sample has for certain ``[n, classes]``, whatever the kind of task."""
        if self.task.kind is Kind.MULTILABEL:
            return np.equal(self.labels, 1)
        return np.equal(self.labels[:, None], np.arange(len(self.task.classes)))

    @property
    def groups(self) -> npt.NDArray[np.str_]:
        """The patient of every row."""
        return self.frame["group"].astype(str).to_numpy(dtype=str)

    def class_counts(self) -> dict[str, int]:
        """How many samples each class has."""
        if self.task.kind is Kind.MULTILABEL:
            return {name: int((self.frame[name] == 1).sum()) for name in self.task.classes}
        counts = self.frame["label"].value_counts()
        return {name: int(counts.get(name, 0)) for name in self.task.classes}

    def paths(self) -> list[Path]:
        """Absolute paths of the pictures."""
        return [self.root / path for path in self.frame["path"]]

    def select(self, keep: Sequence[bool] | npt.NDArray[np.bool_]) -> Manifest:
        """The same dataset with only the rows marked true."""
        return replace(self, frame=self.frame.loc[np.asarray(keep, dtype=bool)].reset_index(drop=True))

    def fingerprint(self) -> str:
        """Sixteen hex digits that change with any row, label, patient or class, and not with where the root lies.

        Nor with the name, which a folder takes from its root.
        """
        digest = hashlib.sha256(repr((self.task.kind.value, self.task.classes)).encode())
        digest.update(self.frame.to_csv(index=False).encode())
        return digest.hexdigest()[:16]
