"""What do the paediatric chest X-rays hold? Normal lungs and pneumonia, with the official split or a paper's own."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from xaimed.data.manifest import Manifest
from xaimed.data.published import WHOLE, Counts
from xaimed.data.randomness import seed_for
from xaimed.data.sources.rows import completed, one_of
from xaimed.data.task import Kind, Task
from xaimed.data.walking import absolute, existing_folder, natural, pictures_below
from xaimed.errors import DataError

CLASSES = ("Normal", "Pneumonia")
OFFICIAL, PNEUMONIA = "official", "pneumonia"

COUNTS: dict[str, Counts] = {
    OFFICIAL: {
        "train": {"Normal": 1341, "Pneumonia": 3875},
        "val": {"Normal": 8, "Pneumonia": 8},
        "test": {"Normal": 234, "Pneumonia": 390},
    },
    PNEUMONIA: {
        "train": {"Normal": 1341, "Pneumonia": 3875},
        "val": {"Normal": 121, "Pneumonia": 199},
        "test": {"Normal": 121, "Pneumonia": 199},
    },
}

OBTAIN = (
    "Download 'Chest X-Ray Images (Pneumonia)' (Kermany, Zhang and Goldbaum 2018; DOI 10.17632/rscbjbr9sj, with the "
    "validation folder on Kaggle as paultimothymooney/chest-xray-pneumonia), unpack it, and give as dataset.root the "
    "folder that holds train/, val/ and test/, each with NORMAL/ and PNEUMONIA/."
)

_NAME = re.compile(r"(?P<ill>person\d+_(?P<subtype>bacteria|virus))_|(?P<well>(?:NORMAL\d*-)?IM-\d+)-")


class Kermany:
    """5 856 chest radiographs of children of 1 to 5 years: 1 583 normal, 4 273 with pneumonia (bacterial or viral).

    Official split: train 1 341 / 3 875, val 8 / 8, test 234 / 390. The patient is subtype and number together, for
    numbers are given anew in each subtype (``person12_virus`` is not ``person12_bacteria``); likewise
    ``NORMAL2-IM-0381`` is not taken for ``IM-0381``. The column ``subtype`` is normal, bacteria or virus.

    ``split=pneumonia`` is what the pneumonia paper's section on splits says: training as published, and the remaining
    242 / 398 cut in halves of 121 / 199, here by patient and with equal shares of bacteria and viruses. So cut, and as
    published, no patient lies on two sides. The paper does not say that it kept patients together: 83 of the 443 in
    the rest have several pictures, and cut by picture many of them would lie in both halves. Its confusion matrix,
    however, counts 234 / 390 pictures, which is the official test set: for that reading use
    ``split=official``.

    Args:
        root: the folder that holds ``train``, ``val`` and ``test``.
        split: ``official`` or ``pneumonia``.
        seed: decides which patients are in which half of ``pneumonia``.
        masks: pattern of evidence masks, such as ``masks/{stem}.png``.
        name: what the dataset is called.
    """

    def __init__(
        self,
        root: str | Path,
        split: str = OFFICIAL,
        seed: int = 0,
        masks: str | None = None,
        name: str = "kermany",
    ) -> None:
        self.root = absolute(root)
        self.split = one_of(split, tuple(COUNTS), "dataset.split")
        self.seed = int(seed)
        self.masks = masks
        self.name = name

    def published(self) -> Counts:
        """The counts of the split asked for, and of the whole."""
        parts = COUNTS[self.split]
        return {**parts, WHOLE: {name: sum(part[name] for part in parts.values()) for name in CLASSES}}

    def manifest(self) -> Manifest:
        """One row per picture."""
        existing_folder(self.root, OBTAIN)
        paths = [path for part in COUNTS[OFFICIAL] for name in CLASSES for path in self._paths(part, name)]
        frame = pd.DataFrame(
            {
                "path": paths,
                "label": [Path(path).parts[1].capitalize() for path in paths],
                "split": [Path(path).parts[0] for path in paths],
                **self._patients(paths),
            }
        )
        if self.split == PNEUMONIA:
            frame["split"] = _halved(frame, self.seed)
        frame = completed(frame, self.root, self.masks)
        return Manifest(self.name, self.root, Task(Kind.BINARY, CLASSES), frame)

    def _paths(self, part: str, name: str) -> list[str]:
        folder = self.root / part / name.upper()
        pictures = list(pictures_below(folder))
        if not pictures and part != "val":  # newer versions of the set come without
            raise DataError(
                f"the folder is {'empty' if folder.is_dir() else 'missing'}",
                where=folder,
                fix=OBTAIN,
            )
        return sorted((picture.relative_to(self.root).as_posix() for picture in pictures), key=natural)

    def _patients(self, paths: list[str]) -> dict[str, list[str]]:
        """The patient and the subtype that each file name tells."""
        found = [_NAME.match(Path(path).name) for path in paths]
        if unnamed := [path for path, match in zip(paths, found, strict=True) if match is None]:
            raise DataError(
                f"the names of {len(unnamed)} of {len(paths)} pictures do not tell the patient",
                where=self.root / unnamed[0],
                fix="Names look like person12_virus_34.jpeg, IM-0023-0001.jpeg or NORMAL2-IM-0381-0001.jpeg.",
            )
        return {
            "group": [match["ill"] or match["well"] for match in found if match],
            "subtype": [match["subtype"] or "normal" for match in found if match],
        }


def _halved(frame: pd.DataFrame, seed: int) -> pd.Series[str]:
    """The split column in which all that does not train is cut in two halves by patient."""
    split = frame["split"].copy()
    rest = frame[split != "train"]
    groups = {str(subtype): part["group"] for subtype, part in rest.groupby("subtype")}
    empty = rest["group"].iloc[:0]
    normal, bacteria, virus = (groups.get(subtype, empty) for subtype in ("normal", "bacteria", "virus"))
    chosen = _patients_with(normal, len(normal) // 2, seed_for(seed, "normal"))
    chosen |= _patients_with(bacteria, len(bacteria) // 2, seed_for(seed, "bacteria"))
    lacking = (len(bacteria) + len(virus)) // 2 - int(bacteria.isin(list(chosen)).sum())
    chosen |= _patients_with(virus, lacking, seed_for(seed, "virus"))
    split.loc[rest.index] = np.where(rest["group"].isin(list(chosen)), "val", "test")
    return split


def _patients_with(groups: pd.Series[str], count: int, seed: int) -> set[str]:
    """Patients who have ``count`` pictures together, or as many below that as can be had."""
    sizes = groups.value_counts().sort_index()
    order = np.random.default_rng(seed).permutation(len(sizes))
    reached_by: npt.NDArray[np.int64] = np.full(count + 1, -1, dtype=np.int64)  # the last patient of each sum
    reached_by[0] = len(sizes)
    for patient in order:
        size = int(sizes.iloc[patient])
        before = reached_by[: max(count + 1 - size, 0)] >= 0
        new = np.flatnonzero(before & (reached_by[size:] < 0)) + size
        reached_by[new] = patient
    total = int(np.flatnonzero(reached_by >= 0).max())
    chosen = set()
    while total:
        chosen.add(str(sizes.index[reached_by[total]]))
        total -= int(sizes.iloc[reached_by[total]])
    return chosen
