"""May this run start where another ended? Which of its folds start which of ours, and whom their weights have seen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from xaimed.config.many import many
from xaimed.config.nearmiss import near_miss
from xaimed.data.manifest import Manifest
from xaimed.data.protocol import Split
from xaimed.errors import StoreError, WeightsError
from xaimed.store.fold import SPLIT, WEIGHTS, Fold
from xaimed.store.run import Run
from xaimed.store.writing import sha256_of

STAMP = "starting weights that have seen reported patients"
STARTED_FROM = "started_from"
TRAIN, SELECT = "train", "select"


@dataclass(frozen=True)
class Donor:
    """A run, or one named fold of it, whose weights start another run."""

    run: Run
    named: int | None = None

    def fold_for(self, fold: int, dataset: str) -> Fold:
        """The fold that starts ours: the named one, the same of the same dataset, or else the first that is done."""
        finished = {done.index: done for done in self.run.finished()}
        if not finished:
            raise WeightsError("this run has no finished fold to start from", where=self.run.path)
        same = self.run.facts().get("dataset") == dataset
        wanted = self.named if self.named is not None else fold if same else min(finished)
        if wanted not in finished:
            raise WeightsError(
                f"fold {fold} would start from fold {wanted} of this run, which is not finished",
                where=self.run.path,
                fix=f"Finish it, or name a fold: {self.run.path / 'fold-'}{min(finished)}",
            )
        return finished[wanted]


def donor_at(place: str) -> Donor | None:
    """The run or fold in this folder; None where there is no folder, and the weights are a file or a name."""
    path = Path(place).expanduser()
    if not path.is_dir():
        return None
    path = path.absolute()
    if (path / "run.json").is_file():
        return Donor(Run(path))
    if (path / "fold.json").is_file() and (path.parent / "run.json").is_file():
        return Donor(Run(path.parent), int(path.name.rsplit("-", 1)[-1]))
    runs = [inner.name for inner in path.iterdir() if (inner / "run.json").is_file()]
    raise WeightsError(
        "this folder is neither a run nor a finished fold of one",
        where=place,
        fix=near_miss("", runs) if runs else "Name outputs/runs/<run> or one of its fold-N.",
    )


def identity_of(folds: Sequence[Fold]) -> str:
    """What the weights of these folds are, whatever the place they lie in; a fold that was changed is refused."""
    for fold in {fold.path: fold for fold in folds}.values():
        fold.verify()
    told = "\n".join(sha256_of(fold.path / WEIGHTS) for fold in folds)
    return f"run:{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def stamps_of(
    donor: Donor, folds: Mapping[int, Fold], splits: Sequence[Split], manifest: Manifest, leakage: str
) -> set[str]:
    """What must be said of a run that starts from these folds; refused when they have seen whom a fold reports.

    Args:
        donor: the run that lends its weights.
        folds: which of its folds starts which of ours.
        splits: all folds of our protocol.
        manifest: our samples.
        leakage: ``ignore`` stamps what would be refused otherwise.
    """
    said = set(donor.run.facts().get("stamps", []))
    for split in splits:
        try:
            leaked = _seen_and_reported(folds[split.fold], split, manifest)
        except StoreError as error:
            what = f"it cannot be told whom the starting weights have seen: {error.what}"
            leaked, where = [what], error.where
        else:
            where = folds[split.fold].path
            what = (
                f"fold {split.fold} reports {many(len(leaked), 'patient')} whom its starting weights have seen "
                f"({', '.join(leaked[:3])}{', …' if len(leaked) > 3 else ''})"
            )
        if leaked and leakage != "ignore":
            raise WeightsError(
                what,
                where=where,
                fix="Use the same folds in both runs (protocol=from_file protocol.file=<run>/assignment.csv), or ask "
                "for protocol.leakage=ignore, and everything is stamped.",
            )
        if leaked:
            said.add(STAMP)
    return said


def _seen_and_reported(fold: Fold, split: Split, manifest: Manifest) -> list[str]:
    """The patients that the fold's weights, or those that it started from, were trained on or chosen by.

    Whom our own fold reports and chooses by, as in the papers, may have chosen the other's checkpoint too: that is no
    more than the protocol's note already says.
    """
    groups = pd.Series(manifest.groups)
    reported, chosen_by = set(groups.iloc[split.report]), set(groups.iloc[split.select])
    trained, selected = _seen(fold, manifest.name)
    return sorted(map(str, reported & (trained | (selected - chosen_by))))


def _seen(fold: Fold, dataset: str) -> tuple[set[str], set[str]]:
    """The patients of this dataset that a fold and all its ancestors were trained on, and those they chose by."""
    facts = Run(fold.path.parent).facts()
    trained: set[str] = set()
    selected: set[str] = set()
    if facts.get("dataset") == dataset:
        table = pd.read_csv(fold.path / SPLIT, dtype=str, keep_default_na=False)
        trained |= set(table.loc[table["role"].str.contains(TRAIN), "group"])
        selected |= set(table.loc[table["role"].str.contains(SELECT), "group"])
    parent = facts.get(STARTED_FROM, {}).get(str(fold.index))
    if parent is not None:
        place = Path(parent)
        if not (place / "fold.json").is_file():
            raise StoreError(f"{fold.path.parent.name} itself started from a fold that is gone", where=place)
        earlier = _seen(Fold(place.parent, int(place.name.rsplit("-", 1)[-1])), dataset)
        trained, selected = trained | earlier[0], selected | earlier[1]
    return trained, selected
