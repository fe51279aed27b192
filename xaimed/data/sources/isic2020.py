"""What does ISIC 2020 hold? Dermoscopic pictures of skin lesions: melanoma or not, or by their diagnosis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from xaimed.data.manifest import Manifest
from xaimed.data.published import PATIENTS, PICTURES, WHOLE, Counts
from xaimed.data.sources.rows import completed, one_of, read_csv
from xaimed.data.task import Kind, Task
from xaimed.data.walking import absolute, existing_folder
from xaimed.errors import ConfigError, DataError

BINARY, DIAGNOSIS = "binary", "diagnosis"
MELANOMA = ("benign", "malignant")

DIAGNOSES = {
    "unknown": 27124,
    "nevus": 5193,
    "melanoma": 584,
    "seborrheic keratosis": 135,
    "lentigo NOS": 44,
    "lichenoid keratosis": 37,
    "solar lentigo": 7,
    "cafe-au-lait macule": 1,
    "atypical melanocytic proliferation": 1,
}
"""Every diagnosis with its number of pictures."""

TABLES = ("ISIC_2020_Training_GroundTruth.csv", "ISIC_2020_Training_GroundTruth_v2.csv", "train.csv")
FOLDERS = ("train", "jpeg/train", "ISIC_2020_Training_JPEG/train", "ISIC_2020_Training_Dicom/train")
SUFFIXES = (".jpg", ".jpeg", ".png", ".dcm")
FREE = {"sex": "sex", "age_approx": "age", "anatom_site_general_challenge": "site", "diagnosis": "diagnosis"}

OBTAIN = (
    "Download the training set of the SIIM-ISIC Melanoma Classification Challenge 2020 (DOI 10.34970/2020-ds01): the "
    f"pictures and {TABLES[0]}. Give as dataset.root the folder that holds the table and the pictures in train/."
)


class ISIC2020:
    """33 126 dermoscopic pictures of 2 056 patients, 584 of them melanoma; no published split of the labelled part.

    ``target=binary`` is benign or malignant. ``target=diagnosis`` is the multi-class reading of the hybrid paper, which
    speaks of seven classes and names basal cell carcinoma among them: the 2020 set has nine diagnoses and no such
    carcinoma, and seven of the nine have more than one picture. Those seven are the classes by default, so two
    pictures are left out; other choices by ``classes``. Columns sex, age, site, diagnosis.

    Args:
        root: the folder that holds the table and the pictures.
        target: ``binary`` or ``diagnosis``.
        classes: for ``diagnosis``, which diagnoses to keep, in this order.
        masks: pattern of evidence masks, such as ``masks/{name}.png``.
        name: what the dataset is called.
    """

    def __init__(
        self,
        root: str | Path,
        target: str = BINARY,
        classes: Sequence[str] | None = None,
        masks: str | None = None,
        name: str = "isic2020",
    ) -> None:
        self.root = absolute(root)
        self.target = one_of(target, (BINARY, DIAGNOSIS), "dataset.target")
        if target == BINARY and classes is not None:
            raise ConfigError("classes go with target=diagnosis", where="dataset.classes", fix="Leave them out.")
        repeated = tuple(name for name, count in DIAGNOSES.items() if count > 1)
        self.classes = MELANOMA if target == BINARY else repeated if classes is None else tuple(map(str, classes))
        for entry in self.classes if target == DIAGNOSIS else ():
            one_of(entry, tuple(DIAGNOSES), "dataset.classes")
        if len(self.classes) < 2 or len(set(self.classes)) != len(self.classes):
            raise ConfigError(f"{list(self.classes)} are not two or more different classes", where="dataset.classes")
        self.masks = masks
        self.name = name

    def published(self) -> Counts:
        """Pictures by class; pictures and patients in all where none is left out."""
        if self.target == DIAGNOSIS:
            return {WHOLE: {name: DIAGNOSES[name] for name in self.classes}}
        return {WHOLE: {PICTURES: 33126, PATIENTS: 2056, "benign": 32542, "malignant": 584}}

    def manifest(self) -> Manifest:
        """One row per picture, in the order of the published table."""
        existing_folder(self.root, OBTAIN)
        file = self._first(TABLES, "table", Path.is_file)
        folder = self._first(FOLDERS, "folder of pictures", Path.is_dir)
        table = read_csv(
            file,
            ("image_name", "patient_id", "target", *FREE),
            OBTAIN,
            dtype={"image_name": str, "patient_id": str, "sex": str, "diagnosis": str},
            keep_default_na=False,
            na_values={"age_approx": ["", "NA", "nan"]},
        )
        present = [suffix for suffix in SUFFIXES if (folder / f"{table['image_name'].iloc[0]}{suffix}").is_file()]
        inside = folder.relative_to(self.root).as_posix()
        frame = pd.DataFrame(
            {
                "path": [f"{inside}/{name}{(present or SUFFIXES)[0]}" for name in table["image_name"]],
                "label": table["diagnosis"] if self.target == DIAGNOSIS else self._melanoma(table, file),
                "group": table["patient_id"],
                **{new: table[old] for old, new in FREE.items()},
            }
        )
        frame["sample_id"] = table["image_name"]
        if self.target == DIAGNOSIS:
            frame = frame[frame["label"].isin(self.classes)]
        kind = Kind.BINARY if self.target == BINARY else Kind.MULTICLASS
        return Manifest(self.name, self.root, Task(kind, self.classes), completed(frame, self.root, self.masks))

    def _melanoma(self, table: pd.DataFrame, file: Path) -> list[str]:
        foreign = ~table["target"].isin([0, 1])
        if foreign.any():
            row = int(foreign.to_numpy().argmax())
            raise DataError(f"the target '{table['target'].iloc[row]}' is not 0 or 1", where=f"{file}: row {row + 2}")
        return [MELANOMA[int(target)] for target in table["target"]]

    def _first(self, names: Sequence[str], what: str, exists: Callable[[Path], bool]) -> Path:
        for name in names:
            if exists(self.root / name):
                return self.root / name
        raise DataError(f"the {what} is missing (looked for {', '.join(names)})", where=self.root, fix=OBTAIN)
