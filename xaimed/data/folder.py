"""Which samples lie in this folder? One per picture; the folder that it lies in is its class."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from xaimed.config.nearmiss import near_miss
from xaimed.data.dicom_tags import with_dicom_tags
from xaimed.data.manifest import Manifest
from xaimed.data.reading import SUFFIXES
from xaimed.data.task import Kind, Task
from xaimed.data.walking import absolute, existing_folder, natural, pictures_below, sample_ids, stem, visible_folders
from xaimed.errors import ConfigError, DataError

SPLITS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
"""Names of published split folders, and what they are called in the manifest."""

TASKS = ("auto", Kind.BINARY.value, Kind.MULTICLASS.value)

LAYOUT = "It must hold one folder of pictures per class (root/Normal/1.png, root/Scoliosis/2.png, …)."


class Folder:
    """Class folders on disk, with or without published split folders above them.

    ``root/<class>/**/<picture>`` or ``root/<train|val|test>/<class>/**/<picture>``. Hidden files are ignored.

    Args:
        root: the folder.
        task: ``binary`` (one logit), ``multiclass``, or ``auto``: binary for two classes.
        classes: the classes in the order wanted (of two, the second is the positive one); alphabetical by default.
        group_pattern: regular expression searched in the file name; its first group, or else all of what it matches,
            is the patient. By default the headers tell with ``dicom_tags``, else every picture is a patient of its
            own.
        masks: name of a folder in ``root`` with evidence masks at the same relative paths as the pictures.
        dicom_tags: whether the headers of DICOM files become columns (patient, photometric, spacing, view, sex, age).
        name: what the dataset is called; by default like its folder.
    """

    def __init__(
        self,
        root: str | Path,
        task: str = "auto",
        classes: Sequence[str] | None = None,
        group_pattern: str | None = None,
        masks: str | None = None,
        dicom_tags: bool = False,
        name: str | None = None,
    ) -> None:
        if task not in TASKS:
            raise ConfigError(f"a folder has no task '{task}'", where="dataset.task", fix=near_miss(task, TASKS))
        self.root = absolute(root)
        self.task = task
        self.classes = None if classes is None else tuple(map(str, classes))
        self.patient = None if group_pattern is None else _compiled(group_pattern)
        self.masks = masks
        self.dicom_tags = dicom_tags
        self.name = name or self.root.name

    def manifest(self) -> Manifest:
        """One row per picture, in natural order of the paths (2.png before 10.png)."""
        folders = self._class_folders()
        classes = self._checked_classes(sorted({folder.name for folder, _ in folders}))
        rows = [
            {"path": picture.relative_to(self.root).as_posix(), "label": folder.name, "split": split}
            for folder, split in folders
            for picture in pictures_below(folder)
        ]
        if not rows:
            raise DataError("there is no picture in the class folders", where=self.root, fix=LAYOUT)
        rows.sort(key=lambda row: natural(row["path"]))
        self._refuse_empty_classes(classes, {row["label"] for row in rows})
        paths = [row["path"] for row in rows]
        frame = pd.DataFrame(rows)
        frame.insert(0, "sample_id", sample_ids(paths))
        frame["group"] = self._groups(paths) if self.patient else frame["sample_id"]
        frame["mask_path"] = self._mask_paths(paths) if self.masks else ""
        manifest = Manifest(self.name, self.root, Task(self._kind(classes), classes), frame)
        return with_dicom_tags(manifest, grouped=self.patient is not None) if self.dicom_tags else manifest

    def _class_folders(self) -> list[tuple[Path, str]]:
        """Every class folder with the split that it belongs to (empty when none is published)."""
        top = [folder for folder in visible_folders(existing_folder(self.root, LAYOUT)) if folder.name != self.masks]
        published = [folder for folder in top if folder.name.lower() in SPLITS]
        if not published:
            return [(folder, "") for folder in top]
        if beside := [folder.name for folder in top if folder not in published]:
            raise DataError(
                f"the folders {beside} stand beside the split folders {[folder.name for folder in published]}",
                where=self.root,
                fix="Put class folders into the split folders, or move what is no class away.",
            )
        return [(folder, SPLITS[split.name.lower()]) for split in published for folder in visible_folders(split)]

    def _checked_classes(self, found: list[str]) -> tuple[str, ...]:
        classes = self.classes or tuple(found)
        if absent := [name for name in classes if name not in found]:
            raise DataError(f"the class '{absent[0]}' has no folder", where=self.root, fix=near_miss(absent[0], found))
        if foreign := [name for name in found if name not in classes]:
            raise DataError(
                f"the folder '{foreign[0]}' is not one of the classes asked for",
                where=self.root / foreign[0],
                fix=f"{near_miss(foreign[0], classes)} Name it in dataset.classes or move it away.",
            )
        if len(set(classes)) != len(classes):
            raise ConfigError(f"a class is named twice in {list(classes)}", where="dataset.classes")
        if not classes:
            raise DataError("there are no class folders", where=self.root, fix=LAYOUT)
        if len(classes) == 1:
            raise DataError(f"there is only one class, '{classes[0]}'", where=self.root, fix=LAYOUT)
        if self.task == Kind.BINARY and len(classes) != 2:
            raise DataError(
                f"a binary task has two classes, not {len(classes)}",
                where=self.root,
                fix="Use dataset.task=multiclass.",
            )
        return classes

    def _refuse_empty_classes(self, classes: tuple[str, ...], filled: set[str]) -> None:
        if empty := [name for name in classes if name not in filled]:
            raise DataError(
                f"the class folder '{empty[0]}' holds no picture",
                where=self.root,
                fix=f"Fill it or take it away; pictures end with {', '.join(sorted(SUFFIXES))}.",
            )

    def _kind(self, classes: tuple[str, ...]) -> Kind:
        if self.task != "auto":
            return Kind(self.task)
        return Kind.BINARY if len(classes) == 2 else Kind.MULTICLASS

    def _groups(self, paths: list[str]) -> list[str]:
        """The patient that each file name tells; a picture of nobody could end up on both sides of a split."""
        assert self.patient is not None
        number = 1 if self.patient.groups else 0
        matches = [self.patient.search(Path(path).name) for path in paths]
        groups = [match[number] or "" if match else "" for match in matches]
        if nobody := [path for path, group in zip(paths, groups, strict=True) if not group]:
            raise DataError(
                f"'{self.patient.pattern}' finds no patient in the names of {len(nobody)} of {len(paths)} pictures",
                where=self.root / nobody[0],
                fix="Widen dataset.group_pattern.",
            )
        return groups

    def _mask_paths(self, paths: list[str]) -> list[str]:
        """The mask of each picture, or nothing where it has none."""
        assert self.masks is not None
        folder = self.root / self.masks
        masks = {stem(mask.relative_to(folder).as_posix()): mask for mask in pictures_below(folder)}
        found = [masks.get(stem(path)) for path in paths]
        if not any(found):
            raise DataError(
                "no mask has the relative path of a picture",
                where=folder,
                fix=f"For {paths[0]} the mask is {self.masks}/{stem(paths[0])}.png.",
            )
        return [mask.relative_to(self.root).as_posix() if mask else "" for mask in found]


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ConfigError(f"'{pattern}' is not a regular expression ({error})", where="dataset.group_pattern") from None
