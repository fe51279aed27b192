"""What does CheXpert hold? Chest X-rays of adults under 14 labels at once, some of them marked as uncertain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from xaimed.config.nearmiss import near_miss
from xaimed.data.manifest import Manifest
from xaimed.data.published import PATIENTS, PICTURES, Counts
from xaimed.data.sources.rows import completed, one_of, read_csv
from xaimed.data.task import UNKNOWN, Kind, Task
from xaimed.data.walking import absolute, existing_folder
from xaimed.errors import ConfigError, DataError

LABELS = (
    "No Finding",
    "Enlarged Cardiomediastinum",
    "Cardiomegaly",
    "Lung Opacity",
    "Lung Lesion",
    "Edema",
    "Consolidation",
    "Pneumonia",
    "Atelectasis",
    "Pneumothorax",
    "Pleural Effusion",
    "Pleural Other",
    "Fracture",
    "Support Devices",
)

UNCERTAIN = {"ignore": UNKNOWN, "zeros": 0, "ones": 1}
"""What an uncertain label counts as, by policy."""

OTHERS = "others"
"""In a mapping of policies: every label that is not named."""

ALL, FRONTAL, LATERAL = "all", "frontal", "lateral"

COUNTS: dict[str, Counts] = {
    ALL: {"train": {PICTURES: 223414, PATIENTS: 64540}, "val": {PICTURES: 234, PATIENTS: 200}},
    FRONTAL: {"train": {PICTURES: 191027}, "val": {PICTURES: 202}},
    LATERAL: {"train": {PICTURES: 32387}, "val": {PICTURES: 32}},
}
"""By projection. The 224 316 pictures of the publication include 668 of a test set that is not handed out with it."""

FILES = {"train": "train.csv", "val": "valid.csv"}
FREE = {"Sex": "sex", "Age": "age", "Frontal/Lateral": "projection", "AP/PA": "view"}

OBTAIN = (
    "Register for CheXpert (Irvin et al. 2019) at the Stanford AIMI Center, download CheXpert-v1.0 or its small "
    "version, unpack it, and give as dataset.root the folder that holds train.csv, valid.csv, train/ and valid/."
)


class CheXpert:
    """223 648 chest radiographs of 64 740 patients with 14 labels, split into train and valid by its authors.

    A label that a report does not mention counts as absent. One that it mentions with uncertainty follows the policy:
    ``ignore`` keeps it as unknown, so that losses and metrics leave it out; ``zeros`` and ``ones`` decide it, for all
    labels alike or label by label, for which policy is best depends on the finding. The valid set was read by
    radiologists and has none. Columns sex, age, projection (Frontal, Lateral), view (AP, PA, …).

    Args:
        root: the folder that holds ``train.csv``, ``valid.csv`` and the pictures.
        uncertain: ``ignore``, ``zeros`` or ``ones``; or a policy for each label by its name, and for all that are not
            named under ``others`` (``ignore`` where that is not given).
        projection: ``frontal``, ``lateral`` or ``all``.
        labels: some of the 14 labels; all by default.
        masks: pattern of evidence masks, such as ``masks/{stem}.png``.
        name: what the dataset is called.
    """

    def __init__(
        self,
        root: str | Path,
        uncertain: str | Mapping[str, str] = "ignore",
        projection: str = ALL,
        labels: Sequence[str] | None = None,
        masks: str | None = None,
        name: str = "chexpert",
    ) -> None:
        self.root = absolute(root)
        self.policies = _policies(uncertain)
        self.projection = one_of(projection, tuple(COUNTS), "dataset.projection")
        self.labels = LABELS if labels is None else tuple(map(str, labels))
        if foreign := [label for label in self.labels if label not in LABELS]:
            raise ConfigError(
                f"CheXpert has no label '{foreign[0]}'", where="dataset.labels", fix=near_miss(foreign[0], LABELS)
            )
        if not self.labels or len(set(self.labels)) != len(self.labels):
            raise ConfigError(f"{list(self.labels)} are not one or more different labels", where="dataset.labels")
        self.masks = masks
        self.name = name

    def published(self) -> Counts:
        """Pictures and patients of each split, in the projection asked for."""
        return COUNTS[self.projection]

    def manifest(self) -> Manifest:
        """One row per picture, in the order of the published tables."""
        existing_folder(self.root, OBTAIN)
        table = pd.concat([self._table(split) for split in FILES], ignore_index=True)
        if self.projection != ALL:
            table = table[table["projection"] == self.projection.capitalize()].reset_index(drop=True)
        if not len(table):
            raise DataError(f"there is no {self.projection} picture in the tables", where=self.root)
        frame = completed(table, self.root, self.masks)
        return Manifest(self.name, self.root, Task(Kind.MULTILABEL, self.labels), frame)

    def _table(self, split: str) -> pd.DataFrame:
        file = self.root / FILES[split]
        table = read_csv(file, ("Path", *FREE, *self.labels), OBTAIN)
        # Paths begin with the name of whichever version they were published in.
        path = table["Path"].str.extract(r"((?:train|valid)/.+)$", expand=False)
        patient = path.str.extract(r"/(patient\d+)/", expand=False)
        if patient.isna().any():
            row = int(patient.isna().to_numpy().argmax())
            raise DataError(
                f"the path '{table['Path'].iloc[row]}' does not tell the patient",
                where=f"{file}: row {row + 2}",
                fix="Paths look like CheXpert-v1.0/train/patient00001/study1/view1_frontal.jpg.",
            )
        labels = table[list(self.labels)].fillna(0)
        labels = labels.mask(labels == -1, pd.Series(self.policies)[list(self.labels)], axis=1)
        whole = labels.isin([0, 1, UNKNOWN])
        if not whole.to_numpy().all():
            name = str(whole.columns[~whole.all()][0])
            row = int((~whole[name]).to_numpy().argmax())
            raise DataError(
                f"'{labels[name].iloc[row]}' is no value of the label '{name}'",
                where=f"{file}: row {row + 2}",
                fix="CheXpert writes 1, 0, -1 (uncertain) or nothing.",
            )
        free = table[list(FREE)].rename(columns=FREE)
        free["view"] = free["view"].fillna("")
        return pd.concat(
            [pd.DataFrame({"path": path, "group": patient, "split": split}), labels.astype("int8"), free], axis=1
        )


def _policies(uncertain: str | Mapping[str, str]) -> dict[str, int]:
    """What an uncertain label counts as, by label."""
    asked = {OTHERS: uncertain} if isinstance(uncertain, str) else {str(key): uncertain[key] for key in uncertain}
    for label, policy in asked.items():
        one_of(label, (*LABELS, OTHERS), "dataset.uncertain")
        one_of(policy, tuple(UNCERTAIN), "dataset.uncertain")
    return {label: UNCERTAIN[asked.get(label, asked.get(OTHERS, "ignore"))] for label in LABELS}
