"""By which numbers are one fold's pictures normalised? By those it was trained with, kept beside its weights."""

from __future__ import annotations

from pathlib import Path

from xaimed.data.channels import measured_channels
from xaimed.data.dataset import ManifestDataset
from xaimed.data.preparation import FOLD, Preparation, three
from xaimed.data.protocol import Split
from xaimed.errors import StoreError
from xaimed.store.fold import NORMALIZATION
from xaimed.store.writing import read_json, write_json
from xaimed.studies.plan import Plan, preparation_of


def preparation_of_fold(plan: Plan, split: Split, folder: Path) -> Preparation:
    """How the pictures of a fold that lies in ``folder``, begun or finished, are made ready for the network."""
    preparation = preparation_of(plan.config)
    if preparation.normalization != FOLD:
        return preparation
    if (folder / NORMALIZATION).is_file():
        return normalized_as_written(preparation, folder / NORMALIZATION)
    seed, pixels = int(plan.config["seed"]), plan.pixels
    training = ManifestDataset(plan.manifest, split.train, preparation, seed=seed, fold=split.fold, pixels=pixels)
    return preparation.normalized_by(*measured_channels(training))


def write_normalization(preparation: Preparation, folder: Path) -> None:
    """Keep the numbers beside what is trained with them."""
    numbers = {"mean": list(preparation.mean), "std": list(preparation.std)}
    write_json(folder / NORMALIZATION, {"normalization": preparation.normalization, **numbers})


def normalized_as_written(preparation: Preparation, file: Path) -> Preparation:
    """The preparation with the numbers that a fold keeps in this file."""
    try:
        written = read_json(file)
        return preparation.normalized_by(three(written["mean"]), three(written["std"]))
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"these are no means and deviations of three channels ({error})",
            where=file,
            fix=f"Move {file.parent.name} away and run again.",
        ) from error
