"""What fills up the smaller classes? Copies of their training pictures, drawn once into the cache.

Nothing is written beside the data: the copies are rows of the training set alone, with absolute paths.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from torch import Tensor

from xaimed.data.dataset import ManifestDataset
from xaimed.data.imbalance.balance import Balance
from xaimed.data.imbalance.imbalance import NONE, SMOTE_PIXELS
from xaimed.data.imbalance.making import Copy, Recipe, augmented, blended, save_png
from xaimed.data.inspection import key_of
from xaimed.data.manifest import Manifest
from xaimed.data.pixels import Pixels
from xaimed.data.preparation import Preparation
from xaimed.data.protocol import Rows
from xaimed.data.randomness import seed_for
from xaimed.store.cache import cache_root, publish_once

VERSION = 1
"""Raised with every change of how copies are made."""


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """What a fold trains on: the manifest's rows, numbered as everywhere, and after them those of the copies."""

    manifest: Manifest
    rows: Rows


def training_set(
    balance: Balance, preparation: Preparation, recipe: Recipe | None, seed: int, pixels: Pixels | None = None
) -> TrainingSet:
    """The training rows of a fold; its smaller classes filled up with copies, which are drawn unless they are there.

    Args:
        balance: the fold.
        preparation: how large the network sees a picture.
        recipe: what varies an augmented copy.
        seed: the seed of the run.
        pixels: the pictures already decoded and resized.
    """
    manifest, split = balance.manifest, balance.split
    copies = planned_copies(balance, seed) if balance.imbalance.copies != NONE else []
    if not copies:
        return TrainingSet(manifest, split.train)
    smaller = split.train[balance.original.missing[manifest.labels[split.train]] > 0]
    pictures = ManifestDataset(manifest, smaller, preparation, seed=seed, fold=split.fold, pixels=pixels)
    if balance.imbalance.copies == SMOTE_PIXELS:
        how = f"smote {balance.imbalance.neighbours}"
        make = blended(pictures, manifest.labels[smaller], balance.imbalance.neighbours)
    else:
        assert recipe is not None
        how, make = recipe.key, augmented(pictures, recipe)
    key = _key(
        manifest.select(np.isin(np.arange(len(manifest)), smaller)),
        copies,
        f"{how} {preparation.resized} {seed} {split.fold}",
    )
    folder = publish_once(cache_root() / "imbalance" / key, lambda aside: _draw(copies, make, aside))
    return _enlarged(balance, copies, folder)


def planned_copies(balance: Balance, seed: int) -> list[Copy]:
    """As many copies as each class lacks, spread evenly over its training pictures."""
    rows, missing = balance.split.train, balance.original.missing
    labels = balance.manifest.labels[rows]
    copies: list[Copy] = []
    for index in np.flatnonzero(missing).tolist():
        chance = np.random.default_rng(seed_for(seed, balance.split.fold, "copies", index))
        members = chance.permutation(rows[labels == index])
        turns = (divmod(turn, len(members)) for turn in range(int(missing[index])))
        copies.extend(Copy(int(members[position]), number) for number, position in turns)
    return copies


def _draw(copies: Sequence[Copy], make: Callable[[Copy], Tensor], folder: Path) -> None:
    for position, copy in enumerate(copies):
        save_png(make(copy), folder / _file(position))


def _enlarged(balance: Balance, copies: Sequence[Copy], folder: Path) -> TrainingSet:
    """The copies as further rows: of the same patient and class, without the mask, which does not fit them."""
    manifest = balance.manifest
    parents = manifest.frame.iloc[[copy.row for copy in copies]]
    made = parents.assign(
        sample_id=[f"{name}#copy{copy.number}" for name, copy in zip(parents["sample_id"], copies, strict=True)],
        path=[str(folder / _file(position)) for position in range(len(copies))],
        mask_path="",
    )
    rows = np.concatenate([balance.split.train, len(manifest) + np.arange(len(copies))])
    return TrainingSet(replace(manifest, frame=pd.concat([manifest.frame, made], ignore_index=True)), rows)


def _file(position: int) -> str:
    return f"{position:06}.png"


def _key(smaller: Manifest, copies: Sequence[Copy], how: str) -> str:
    """Changes with any file of the smaller classes, with what is copied and with how."""
    digest = hashlib.sha256(f"{VERSION} {key_of(smaller)} {smaller.fingerprint()} {how}".encode())
    digest.update(repr([(copy.row, copy.number) for copy in copies]).encode())
    return digest.hexdigest()[:24]
