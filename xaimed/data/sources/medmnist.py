"""What does a MedMNIST file hold? Small pictures and labels in three splits, written out once as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image

from xaimed.config.nearmiss import near_miss
from xaimed.data.manifest import Manifest
from xaimed.data.published import PICTURES, Counts
from xaimed.data.sources.medmnist_sets import SETS
from xaimed.data.sources.npz import Npz
from xaimed.data.sources.rows import completed
from xaimed.data.task import Kind, Task
from xaimed.data.walking import absolute, existing_folder
from xaimed.errors import ConfigError, DataError
from xaimed.store.cache import cache_root, publish_directory

SPLITS = ("train", "val", "test")
SIZES = (28, 64, 128, 224)
PER_FOLDER = 1000

OBTAIN = (
    "Download the set's npz file (MedMNIST v2/v3, DOI 10.5281/zenodo.10519652) and give as dataset.root the folder "
    "that holds it, such as pneumoniamnist.npz or, at other sizes than 28, pneumoniamnist_224.npz."
)


class MedMNIST:
    """One of the twelve two-dimensional MedMNIST sets, or a file of one's own in their format.

    The format: arrays ``{train,val,test}_images`` (uint8, ``[n, H, W]`` or ``[n, H, W, 3]``) and
    ``{train,val,test}_labels`` (``[n, 1]`` class numbers, or ``[n, labels]`` of 0 and 1 for several labels at once).
    The pictures are written once, losslessly, into xaimed's cache, under a name that follows from their content.
    Patients are not published: every picture counts as one of its own, so keep to the published split.

    Args:
        root: the folder that holds the file.
        subset: the set, such as ``pneumoniamnist``.
        size: side of the pictures: 28, 64, 128 or 224.
        classes: what the label numbers mean; known for the published sets.
        name: what the dataset is called; by default like its file.
    """

    def __init__(
        self,
        root: str | Path,
        subset: str,
        size: int = 28,
        classes: Sequence[str] | None = None,
        name: str | None = None,
    ) -> None:
        if size not in SIZES:
            raise ConfigError(f"MedMNIST has no size {size}", where="dataset.size", fix=f"Choose from {SIZES}.")
        if subset not in SETS and classes is None:
            raise ConfigError(
                f"'{subset}' is none of the published sets",
                where="dataset.subset",
                fix=f"{near_miss(subset, SETS)} For a file of your own, name its classes in dataset.classes.",
            )
        stem = subset if size == SIZES[0] else f"{subset}_{size}"
        self.file = absolute(root) / f"{stem}.npz"
        self.subset = subset
        self.classes = SETS[subset].classes if classes is None else tuple(map(str, classes))
        self.name = name or stem

    def published(self) -> Counts:
        """Pictures in each split; nothing is known of a file of one's own."""
        if not (known := SETS.get(self.subset)):
            return {}
        return {split: {PICTURES: getattr(known, split)} for split in SPLITS}

    def manifest(self) -> Manifest:
        """One row per picture, in the order of the file."""
        existing_folder(self.file.parent, OBTAIN)
        if not self.file.is_file():
            raise DataError("the file of this set is missing", where=self.file, fix=OBTAIN)
        npz = Npz(self.file)
        self._check(npz)
        labels = {split: npz.array(f"{split}_labels").astype(np.int64) for split in SPLITS}
        root = publish_directory(cache_root() / "medmnist" / f"{self.file.stem}-{npz.fingerprint}", _Export(npz))
        numbers = np.concatenate([labels[split].reshape(len(labels[split]), -1) for split in SPLITS])
        frame = pd.DataFrame(
            {
                "path": [_path(split, row) for split in SPLITS for row in range(len(labels[split]))],
                "split": [split for split in SPLITS for _ in labels[split]],
            }
        )
        frame["sample_id"] = [f"{split}-{row:06d}" for split in SPLITS for row in range(len(labels[split]))]
        frame["group"] = frame["sample_id"]
        kind = self._kind(numbers)
        if kind is Kind.MULTILABEL:
            frame[list(self.classes)] = numbers.astype(np.int8)
        else:
            frame["label"] = np.array(self.classes, dtype=object)[numbers[:, 0]]
        return Manifest(self.name, root, Task(kind, self.classes), completed(frame, root))

    def _check(self, npz: Npz) -> None:
        """Refuse arrays that are missing, that are volumes, or that do not belong together."""
        wanted = [f"{split}_{what}" for split in SPLITS for what in ("images", "labels")]
        if missing := [name for name in wanted if name not in npz.names]:
            raise DataError(f"the array '{missing[0]}' is missing", where=self.file, fix=OBTAIN)
        for split in SPLITS:
            images, labels = npz.shape(f"{split}_images"), npz.shape(f"{split}_labels")
            if not (len(images) == 3 or (len(images) == 4 and images[3] == 3)):
                raise DataError(
                    f"'{split}_images' has the shape {images}: these are volumes, not pictures",
                    where=self.file,
                    fix="Only the two-dimensional sets can be classified here.",
                )
            if images[0] != labels[0]:
                raise DataError(f"'{split}' has {images[0]} pictures and {labels[0]} labels", where=self.file)

    def _kind(self, numbers: npt.NDArray[np.int64]) -> Kind:
        if numbers.shape[1] > 1:
            if numbers.shape[1] != len(self.classes):
                raise DataError(f"{numbers.shape[1]} labels, but {len(self.classes)} classes", where=self.file)
            return Kind.MULTILABEL
        if len(numbers) and not (numbers.min() >= 0 and numbers.max() < len(self.classes)):
            raise DataError(
                f"its labels run from {numbers.min()} to {numbers.max()}, but there are {len(self.classes)} classes",
                where=self.file,
                fix="Name all of them in dataset.classes.",
            )
        return Kind.BINARY if len(self.classes) == 2 else Kind.MULTICLASS


class _Export:
    """Writes every picture of the file into an empty folder."""

    def __init__(self, npz: Npz) -> None:
        self.npz = npz

    def __call__(self, folder: Path) -> None:
        for split in SPLITS:
            for row, pixels in enumerate(self.npz.rows(f"{split}_images")):
                if pixels.dtype != np.uint8:
                    raise DataError(f"'{split}_images' holds {pixels.dtype}, not uint8", where=self.npz.file)
                file = folder / _path(split, row)
                file.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels).save(file, compress_level=1)


def _path(split: str, row: int) -> str:
    """No folder with a hundred thousand files."""
    return f"{split}/{row // PER_FOLDER:03d}/{row:06d}.png"
