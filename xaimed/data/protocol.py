"""Which rows train, which choose, which are reported? A protocol decides; this is what all of them share."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from xaimed.config.many import many
from xaimed.data.manifest import Manifest
from xaimed.data.task import Kind
from xaimed.errors import ConfigError, DataError

Rows = npt.NDArray[np.int64]

ON_THE_REPORTED = "checkpoint chosen on the reported fold"
"""The weakness of the papers' protocol, as every table made with it must say."""


@dataclass(frozen=True, eq=False)
class Split:
    """One fold as row numbers of the manifest."""

    fold: int
    train: Rows
    select: Rows
    """What early stopping and the choice of a checkpoint look at."""
    report: Rows
    """Whose predictions are reported."""

    def table(self, manifest: Manifest) -> pd.DataFrame:
        """``sample_id, group, role`` of every row that takes part; a row with two roles has both ("select+report")."""
        roles = np.full(len(manifest), "", dtype=object)
        for role, rows in (("train", self.train), ("select", self.select), ("report", self.report)):
            roles[rows] = [f"{other}+{role}" if other else role for other in roles[rows]]
        table = manifest.frame[["sample_id", "group"]].assign(role=roles)
        return table[table["role"] != ""].reset_index(drop=True)


class Protocol(typing.Protocol):
    """Anything that can cut a manifest into folds."""

    @property
    def fold(self) -> int | None:
        """The only fold to run, or None for all."""
        ...

    @property
    def note(self) -> str:
        """What a table must say about how its numbers came about."""
        ...

    def splits(self, manifest: Manifest, seed: int) -> list[Split]:
        """All folds, whichever is to be run."""
        ...


def check_fold(fold: int | None, folds: int) -> None:
    """Refuse a fold that there is not."""
    if fold is not None and not 0 <= fold < folds:
        raise ConfigError(f"there is no fold {fold}", where="protocol.fold", fix=f"Folds run from 0 to {folds - 1}.")


def indicator(manifest: Manifest) -> npt.NDArray[np.int64]:
    """0/1 matrix ``[rows, classes]``, whatever the kind of task."""
    if manifest.task.kind is Kind.MULTILABEL:
        return manifest.labels
    return np.eye(len(manifest.task.classes), dtype=np.int64)[manifest.labels]


def require_every_class(manifest: Manifest, train: Rows, where: str | Path) -> None:
    """Refuse a split made elsewhere in which some class has no picture to train with."""
    _require_classes(manifest)
    seen = manifest.positives[train].any(axis=0)
    if not seen.all():
        raise DataError(
            f"no training picture is of class '{manifest.task.classes[int(np.argmin(seen))]}'",
            where=where,
            fix="Leave the class out, or use another protocol.",
        )


def require_patients(manifest: Manifest, parts: int, what: str) -> None:
    """Refuse a dataset that cannot be cut so that every part sees every class."""
    _require_classes(manifest)
    groups = manifest.groups
    everyone = len(np.unique(groups))
    if everyone < parts:
        raise DataError(f"the dataset has {many(everyone, 'patient')}, fewer than {parts} {what}", where=manifest.root)
    for name, has in zip(manifest.task.classes, indicator(manifest).T, strict=True):
        patients = len(np.unique(groups[has == 1]))
        if patients < parts:
            pictures = many(int((has == 1).sum()), "picture")
            raise DataError(
                f"class '{name}' has {many(patients, 'patient')} ({pictures}), fewer than {parts} {what}",
                where=manifest.root,
                fix="Ask for fewer folds, add patients, or leave the class out.",
            )


def _require_classes(manifest: Manifest) -> None:
    classes = manifest.task.classes
    if len(classes) < 2 and manifest.task.kind is not Kind.MULTILABEL:
        raise DataError(f"{list(classes)} leaves nothing to decide", where=manifest.root, fix="Two classes are needed.")
