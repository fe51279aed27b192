"""Which rows train, which choose, which are reported? The protocol decides, stratified and by patient."""

from __future__ import annotations

import typing
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from xaimed.data.manifest import Manifest
from xaimed.data.randomness import seed_for
from xaimed.data.stratify import distribute
from xaimed.data.task import Kind
from xaimed.errors import ConfigError, DataError

Rows = npt.NDArray[np.int64]


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
        roles: list[list[str]] = [[] for _ in range(len(manifest))]
        for role, rows in (("train", self.train), ("select", self.select), ("report", self.report)):
            for row in rows:
                roles[row].append(role)
        table = manifest.frame[["sample_id", "group"]].assign(role=["+".join(role) for role in roles])
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


@dataclass(frozen=True)
class KFold:
    """Stratified k-fold by patient, as in the papers: a fold is both what chooses the checkpoint and what is reported.

    Args:
        folds: how many.
        fold: run this one alone.
    """

    folds: int = 5
    fold: int | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that make no folds."""
        if self.folds < 2:
            raise ConfigError(f"{self.folds} folds are not enough to hold one out", where="protocol.folds")
        _check_fold(self.fold, self.folds)

    @property
    def note(self) -> str:
        """The weakness of this protocol."""
        return "checkpoint chosen on the reported fold"

    def splits(self, manifest: Manifest, seed: int) -> list[Split]:
        """One split per fold; every row is reported in exactly one."""
        _require_patients(manifest, self.folds, "folds")
        part = self._part(manifest, seed_for(seed, "k-fold"))
        return [
            Split(fold, np.flatnonzero(part != fold), np.flatnonzero(part == fold), np.flatnonzero(part == fold))
            for fold in range(self.folds)
        ]

    def _part(self, manifest: Manifest, seed: int) -> Rows:
        """The fold that reports each row."""
        if manifest.task.kind is Kind.MULTILABEL:
            return distribute(manifest.groups, manifest.labels, [1 / self.folds] * self.folds, seed)
        part = np.empty(len(manifest), dtype=np.int64)
        folds = StratifiedGroupKFold(self.folds, shuffle=True, random_state=seed % 2**32)
        for fold, (_, held_out) in enumerate(folds.split(part, manifest.labels, manifest.groups)):
            part[held_out] = fold
        return part


@dataclass(frozen=True)
class Holdout:
    """One split by ratio, stratified and by patient, in which choosing and reporting use different patients.

    Args:
        train: share that trains.
        select: share that chooses the checkpoint.
        report: share that is reported.
        fold: there is only fold 0.
    """

    train: float = 0.8
    select: float = 0.1
    report: float = 0.1
    fold: int | None = None

    def __post_init__(self) -> None:
        """Refuse shares that are no shares."""
        shares = (self.train, self.select, self.report)
        if min(shares) <= 0 or abs(sum(shares) - 1) > 1e-6:
            raise ConfigError(
                f"the shares {shares} must be positive and add up to 1",
                where="protocol.train, protocol.select, protocol.report",
            )
        _check_fold(self.fold, 1)

    @property
    def note(self) -> str:
        """What makes this protocol sound."""
        return "checkpoint chosen on a separate set"

    def splits(self, manifest: Manifest, seed: int) -> list[Split]:
        """The one split."""
        _require_patients(manifest, 3, "parts (train, select, report)")
        part = distribute(
            manifest.groups, _indicator(manifest), [self.train, self.select, self.report], seed_for(seed, "hold-out")
        )
        return [Split(0, *(np.flatnonzero(part == role) for role in range(3)))]


def _check_fold(fold: int | None, folds: int) -> None:
    if fold is not None and not 0 <= fold < folds:
        raise ConfigError(f"there is no fold {fold}", where="protocol.fold", fix=f"Folds run from 0 to {folds - 1}.")


def _indicator(manifest: Manifest) -> npt.NDArray[np.int64]:
    """0/1 matrix ``[rows, classes]``, whatever the kind of task."""
    if manifest.task.kind is Kind.MULTILABEL:
        return manifest.labels
    return np.eye(len(manifest.task.classes), dtype=np.int64)[manifest.labels]


def _require_patients(manifest: Manifest, parts: int, what: str) -> None:
    """Refuse a dataset that cannot be cut so that every part sees every class."""
    groups = manifest.groups
    everyone = len(np.unique(groups))
    if everyone < parts:
        raise DataError(f"{everyone} patients are fewer than {parts} {what}", where=manifest.root)
    for name, has in zip(manifest.task.classes, _indicator(manifest).T, strict=True):
        patients = len(np.unique(groups[has == 1]))
        if patients < parts:
            raise DataError(
                f"class '{name}' has {patients} patients ({int(has.sum())} pictures), fewer than {parts} {what}",
                where=manifest.root,
                fix="Ask for fewer folds, add patients, or leave the class out.",
            )
