"""What does this table say? A row per picture, with columns for labels, patients, splits and evidence as configured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from xaimed.data.dicom_tags import with_dicom_tags
from xaimed.data.evidence import boxes_by_column
from xaimed.data.folder import SPLITS
from xaimed.data.manifest import Manifest
from xaimed.data.sources.labels import AUTO, TASKS, labelled
from xaimed.data.sources.rows import completed, one_of, require_columns
from xaimed.data.sources.tabular import numeric, read_table
from xaimed.data.walking import absolute
from xaimed.errors import ConfigError, DataError

BOX_COLUMNS = ("x", "y", "width", "height")


class Table:
    """A dataset of one's own, described by a CSV or Parquet table.

    ``group``, ``split``, ``sample_id`` and ``mask`` name columns; by default they are those called group, split,
    sample_id and mask_path, if there are. All other columns are kept (sex, age, view) for subgroup results. In a CSV
    file every column that holds nothing but numbers becomes numeric; names, labels and patients stay text (007 is not
    7).

    Args:
        file: the table.
        root: what the paths in the table are relative to; by default the folder of the table.
        path: the column with the pictures' paths.
        label: the column with the class of each picture; or a list of 0/1 columns: labels of which any number apply
            (-1 where nobody knows), or, with ``task=multiclass`` or ``binary``, classes of which exactly one does.
        classes: the classes in the order wanted (of two, the second is the positive one). Where the column holds
            numbers, they are positions in this list. Alphabetical, or in numeric order, by default.
        task: ``binary``, ``multiclass``, ``multilabel``, or ``auto``: multilabel for a list, binary for two classes.
        group: the column with the patients; without one every picture is a patient of its own.
        split: the column with the published split (train, val or validation, test, or empty).
        sample_id: the column with unique names; without one they follow from the paths.
        mask: the column with the paths of evidence masks, empty where there is none.
        masks: or a pattern that leads from a picture to its mask, such as ``masks/{stem}.png``.
        boxes: or the four columns x, y, width and height of a box, empty where there is none.
        boxes_file: the CSV table that the columns of ``boxes`` are in, if it is another; any number of rows per
            picture, with a column called like ``path``.
        dicom_tags: whether the headers of DICOM files become columns.
        name: what the dataset is called; by default like its file.
    """

    def __init__(
        self,
        file: str | Path,
        root: str | Path | None = None,
        path: str = "path",
        label: str | Sequence[str] = "label",
        classes: Sequence[str] | None = None,
        task: str = AUTO,
        group: str | None = None,
        split: str | None = None,
        sample_id: str | None = None,
        mask: str | None = None,
        masks: str | None = None,
        boxes: Sequence[str] | None = None,
        boxes_file: str | Path | None = None,
        dicom_tags: bool = False,
        name: str | None = None,
    ) -> None:
        if sum(option is not None for option in (mask, masks, boxes or boxes_file)) > 1:
            raise ConfigError("evidence comes from one place", where="dataset.mask, dataset.masks, dataset.boxes")
        if boxes is not None and len(boxes) != 4:
            raise ConfigError(
                f"{list(boxes)} are not four columns", where="dataset.boxes", fix="Name x, y, width, height."
            )
        self.file = absolute(file)
        self.root = self.file.parent if root is None else absolute(root)
        self.path = path
        self.label = label if isinstance(label, str) else tuple(map(str, label))
        self.classes = None if classes is None else tuple(map(str, classes))
        self.task = one_of(task, TASKS, "dataset.task")
        self.columns = {"group": group, "split": split, "sample_id": sample_id, "mask_path": mask}
        self.masks = masks
        self.boxes = tuple(map(str, boxes)) if boxes is not None else BOX_COLUMNS if boxes_file else None
        self.boxes_file = None if boxes_file is None else absolute(boxes_file)
        self.dicom_tags = dicom_tags
        self.name = name or self.file.stem

    def manifest(self) -> Manifest:
        """One row per row of the table."""
        labels = (self.label,) if isinstance(self.label, str) else self.label
        named = [self.path, *labels, *(column for column in self.columns.values() if column)]
        table = read_table(self.file, text=[*named, *self.columns])
        require_columns(table, named, self.file)
        frame = pd.DataFrame({"path": table[self.path].map(lambda path: path.replace("\\", "/"))})
        self._refuse_pathless(frame["path"])
        for wanted, column in self.columns.items():
            if (column or wanted) in table:
                frame[wanted] = table[column or wanted]
        task, decided = labelled(table, self.label, self.classes, self.task, self.file)
        frame = pd.concat([frame, decided], axis=1)
        frame["split"] = self._split(frame["split"]) if "split" in frame else ""
        taken = {*named, *frame.columns, *(self.boxes or ())}
        frame = pd.concat([frame, numeric(table[[name for name in table if name not in taken]])], axis=1)
        if self.boxes:
            frame["mask_path"] = self._box_masks(table, frame["path"].tolist(), self.boxes)
        grouped = "group" in frame
        if not grouped:
            frame["group"] = frame.get("sample_id", frame["path"])
        manifest = Manifest(self.name, self.root, task, completed(frame, self.root, self.masks))
        return with_dicom_tags(manifest, grouped=grouped) if self.dicom_tags else manifest

    def _refuse_pathless(self, paths: pd.Series[str]) -> None:
        if (paths == "").any():
            row = int((paths == "").to_numpy().argmax())
            raise DataError("a row names no picture", where=f"{self.file}: row {row + 2}")

    def _split(self, column: pd.Series[str]) -> pd.Series[str]:
        known = {**SPLITS, "": ""}
        split = column.str.strip().str.lower().map(lambda name: known.get(name, "?"))
        if (split == "?").any():
            row = int((split == "?").to_numpy().argmax())
            raise DataError(
                f"'{column.iloc[row]}' is no split",
                where=f"{self.file}: row {row + 2}",
                fix="Use train, val, test, or nothing.",
            )
        return split

    def _box_masks(self, table: pd.DataFrame, paths: list[str], columns: Sequence[str]) -> list[str]:
        if self.boxes_file is None:
            require_columns(table, columns, self.file)
            return boxes_by_column(table, columns, paths, paths)
        boxes = read_table(self.boxes_file, text=(self.path,))
        require_columns(boxes, (self.path, *columns), self.boxes_file)
        return boxes_by_column(boxes, columns, paths, boxes[self.path].tolist())
