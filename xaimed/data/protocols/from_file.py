"""How were others' folds cut? As an ``assignment.csv`` says that one of their runs has written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from xaimed.config.many import many
from xaimed.config.nearmiss import near_miss
from xaimed.data.assignment import read_assignment
from xaimed.data.manifest import Manifest
from xaimed.data.protocol import ON_THE_REPORTED, Rows, Split, check_fold, require_every_class
from xaimed.errors import DataError


@dataclass(frozen=True)
class FromFile:
    """The folds of an earlier run, or of somebody else's, sample by sample; the seed decides nothing.

    Args:
        file: an ``assignment.csv``.
        fold: run this one alone.
    """

    file: str
    fold: int | None = None

    @property
    def note(self) -> str:
        """Where the folds come from, and whether they kept choosing and reporting apart."""
        both = read_assignment(Path(self.file))["role"].eq("select+report").any()
        return f"folds read from {Path(self.file).name}; " + (
            ON_THE_REPORTED if both else "checkpoint chosen on a separate set"
        )

    def splits(self, manifest: Manifest, seed: int) -> list[Split]:
        """The folds of the file; samples that it does not name take no part."""
        table = read_assignment(Path(self.file))
        check_fold(self.fold, table["fold"].nunique())
        rows = self._rows(table, manifest)
        return [
            self._split(manifest, int(fold), table["role"].to_numpy(dtype=object)[mask], rows[mask])
            for fold in range(table["fold"].nunique())
            for mask in [(table["fold"] == fold).to_numpy()]
        ]

    def _split(self, manifest: Manifest, fold: int, role: npt.NDArray[np.object_], rows: Rows) -> Split:
        parts = [
            np.sort(rows[[wanted in said.split("+") for said in role]]) for wanted in ("train", "select", "report")
        ]
        if lacking := [name for name, part in zip(("train", "select", "report"), parts, strict=True) if not len(part)]:
            raise DataError(f"fold {fold} has nothing to {lacking[0]}", where=self.file)
        require_every_class(manifest, parts[0], f"{self.file}: fold {fold}")
        return Split(fold, *parts)

    def _rows(self, table: pd.DataFrame, manifest: Manifest) -> Rows:
        """The manifest's row of every line."""
        row_of = {sample: row for row, sample in enumerate(manifest.frame["sample_id"])}
        unknown = sorted(set(table["sample_id"]) - set(row_of))
        if unknown:
            raise DataError(
                f"{many(len(unknown), 'sample')} of the assignment cannot be found in '{manifest.name}' or read there, "
                f"e.g. '{unknown[0]}'",
                where=self.file,
                fix=near_miss(unknown[0], row_of) or "Use the dataset that it was made with.",
            )
        rows = np.array([row_of[sample] for sample in table["sample_id"]], dtype=np.int64)
        moved = np.flatnonzero(manifest.groups[rows] != table["group"].to_numpy(dtype=str))
        if len(moved):
            line = table.iloc[int(moved[0])]
            raise DataError(
                f"'{line['sample_id']}' is of patient '{line['group']}' in the assignment and of patient "
                f"'{manifest.groups[rows[moved[0]]]}' in the dataset",
                where=self.file,
                fix="Patients of other names may lie on both sides of a split; use the dataset that it was made with.",
            )
        return rows
