"""How do all patients get their turn at being reported? By k-fold, once or several times over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from xaimed.data.manifest import Manifest
from xaimed.data.protocol import ON_THE_REPORTED, Rows, Split, check_fold, require_patients
from xaimed.data.randomness import seed_for
from xaimed.data.stratify import distribute
from xaimed.data.task import Kind
from xaimed.errors import ConfigError


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
        check_numbers(self.folds, 1)
        check_fold(self.fold, self.folds)

    @property
    def note(self) -> str:
        """The weakness of this protocol."""
        return ON_THE_REPORTED

    def splits(self, manifest: Manifest, seed: int) -> list[Split]:
        """One split per fold; every row is reported in exactly one."""
        return [
            Split(fold, train, held_out, held_out) for fold, train, held_out in turns(manifest, self.folds, 1, seed)
        ]


@dataclass(frozen=True)
class RepeatedKFold:
    """Stratified k-fold by patient, cut anew several times; the first time as ``KFold`` cuts.

    Fold numbers run through: repeat 1 of five folds has the folds 5 to 9. Every row is reported once per repeat.

    Args:
        folds: how many in each repeat.
        repeats: how many times.
        fold: run this one alone.
    """

    folds: int = 5
    repeats: int = 3
    fold: int | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that make no folds."""
        check_numbers(self.folds, self.repeats)
        check_fold(self.fold, self.folds * self.repeats)

    @property
    def note(self) -> str:
        """The weakness of this protocol, and that its folds overlap."""
        return f"{ON_THE_REPORTED}; {self.repeats} repeats of {self.folds} folds"

    def splits(self, manifest: Manifest, seed: int) -> list[Split]:
        """One split per fold of every repeat."""
        everyone = turns(manifest, self.folds, self.repeats, seed)
        return [Split(fold, train, held_out, held_out) for fold, train, held_out in everyone]


def check_numbers(folds: int, repeats: int) -> None:
    """Refuse numbers that make no folds."""
    if folds < 2:
        raise ConfigError(f"{folds} folds are not enough to hold one out", where="protocol.folds")
    if repeats < 1:
        raise ConfigError(f"{repeats} repeats make no fold", where="protocol.repeats")


def turns(manifest: Manifest, folds: int, repeats: int, seed: int) -> list[tuple[int, Rows, Rows]]:
    """Number, rows kept and rows held out of every fold of every repeat."""
    require_patients(manifest, folds, "folds")
    found = []
    for repeat in range(repeats):
        part = _part(manifest, folds, seed_for(seed, "k-fold", *([repeat] if repeat else [])))
        found += [
            (repeat * folds + turn, np.flatnonzero(part != turn), np.flatnonzero(part == turn)) for turn in range(folds)
        ]
    return found


def _part(manifest: Manifest, folds: int, seed: int) -> Rows:
    """The fold that holds out each row."""
    if manifest.task.kind is Kind.MULTILABEL:
        return distribute(manifest.groups, manifest.labels, [1 / folds] * folds, seed)
    part = np.empty(len(manifest), dtype=np.int64)
    cut = StratifiedGroupKFold(folds, shuffle=True, random_state=seed % 2**32)
    for fold, (_, held_out) in enumerate(cut.split(part, manifest.labels, manifest.groups)):
        part[held_out] = fold
    return part
