"""What do the vertebrae X-rays hold? Normal spines, scoliosis and spondylolisthesis; sex and age in the file names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from xaimed.config.nearmiss import near_miss
from xaimed.data.manifest import Manifest
from xaimed.data.published import PICTURES, WHOLE, Counts
from xaimed.data.sources.rows import completed
from xaimed.data.task import Kind, Task
from xaimed.data.walking import absolute, existing_folder, natural, pictures_below
from xaimed.errors import ConfigError, DataError

FOLDERS = {"Normal": "Normal", "Scoliosis": "Scol", "Spondylolisthesis": "Spond"}
"""The folder of each class."""

COUNTS = {"Normal": 71, "Scoliosis": 188, "Spondylolisthesis": 79}

OBTAIN = (
    "Download 'Vertebrae X-ray images' (King Abdullah University Hospital, Jordan University of Science and "
    "Technology; on Kaggle as yasserhessein/the-vertebrae-xray-images), unpack it, and give as "
    "dataset.root the folder that holds Normal/, Scol/ and Spond/."
)

_COPY = re.compile(r"(?:_\d+|\s*\(\d+\)|\s*-?\s*copy)+$", re.IGNORECASE)
_PATIENT = re.compile(r"[A-Za-z]*\s*\d+")
_SEX = re.compile(r"(?P<sex>M|F|Male|Female)\.?", re.IGNORECASE)
_AGE = re.compile(r"(?P<age>\d{1,3})\s*-?(?:y|yrs?|years?|y\.?\s*o)?\.?(?:\s*old)?\.?", re.IGNORECASE)
OLDEST = 120


class Vertebrae:
    """338 spine radiographs of 338 subjects: 71 normal, 188 scoliosis, 79 spondylolisthesis; no published split.

    File names such as ``N1,N,40,M_1_0.jpg`` or ``N10, Rt TAIS, M, 16 yrs.jpg`` begin with the patient, numbered anew
    in each folder, and carry sex and age where they are known; pictures that differ only in a trailing ``_1_0``,
    ``(2)`` or ``copy`` are of one patient.

    Args:
        root: the folder that holds ``Normal``, ``Scol`` and ``Spond``.
        classes: a subset of Normal, Scoliosis, Spondylolisthesis; only then may the others be missing.
        masks: pattern of evidence masks, such as ``masks/{stem}.png``.
        name: what the dataset is called.
    """

    def __init__(
        self,
        root: str | Path,
        classes: Sequence[str] | None = None,
        masks: str | None = None,
        name: str = "vertebrae",
    ) -> None:
        wanted = tuple(FOLDERS) if classes is None else tuple(map(str, classes))
        if foreign := [entry for entry in wanted if entry not in FOLDERS]:
            raise ConfigError(
                f"the vertebrae have no class '{foreign[0]}'",
                where="dataset.classes",
                fix=near_miss(foreign[0], FOLDERS),
            )
        if len(wanted) < 2 or len(set(wanted)) != len(wanted):
            raise ConfigError(f"{list(wanted)} are not two or more different classes", where="dataset.classes")
        self.root = absolute(root)
        self.classes = wanted
        self.masks = masks
        self.name = name

    def published(self) -> Counts:
        """Table 1 of the paper, for the classes asked for."""
        counts = {name: COUNTS[name] for name in self.classes}
        return {WHOLE: {PICTURES: sum(counts.values()), **counts}}

    def manifest(self) -> Manifest:
        """One row per picture; two classes are a binary task of which the second is the positive one."""
        existing_folder(self.root, OBTAIN)
        paths = [(path, name) for name in self.classes for path in self._paths(name)]
        frame = pd.DataFrame([{"path": path, "label": name, **_facts(path)} for path, name in paths])
        kind = Kind.BINARY if len(self.classes) == 2 else Kind.MULTICLASS
        return Manifest(self.name, self.root, Task(kind, self.classes), completed(frame, self.root, self.masks))

    def _paths(self, name: str) -> list[str]:
        folder = self.root / FOLDERS[name]
        pictures = list(pictures_below(folder))
        if not pictures:
            raise DataError(
                f"the folder of the class '{name}' is {'empty' if folder.is_dir() else 'missing'}",
                where=folder,
                fix=f"{OBTAIN} To do without this class, name the others in dataset.classes.",
            )
        return sorted((picture.relative_to(self.root).as_posix() for picture in pictures), key=natural)


def _facts(path: str) -> dict[str, str | float]:
    """Patient, sex and age from a file name; sex is empty and age NaN where it does not say."""
    whole = Path(path).stem
    shorter = _COPY.sub("", whole)
    name = shorter if re.search(r"\d", shorter) else whole  # "N (3)" has no other number than that of the copy
    first, *others = [part.strip() for part in re.split(r"[,;_]", name)]
    patient = _PATIENT.match(first)
    sexes = [found["sex"][0].upper() for part in others if (found := _SEX.fullmatch(part))]
    ages = [float(found["age"]) for part in others if (found := _AGE.fullmatch(part)) and int(found["age"]) <= OLDEST]
    who = patient[0].replace(" ", "").upper() if patient else name
    return {
        "group": f"{Path(path).parts[0]}/{who}",
        "sex": sexes[0] if sexes else "",
        "age": ages[0] if ages else float("nan"),
    }
