"""How good is a run on other data? What its folds said of another dataset, stored, and the drop against home."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xaimed.config.many import many
from xaimed.errors import StoreError
from xaimed.evaluation.metrics import fold_metrics, per_fold
from xaimed.evaluation.predictions import Predictions, pool
from xaimed.evaluation.reading import read_predictions
from xaimed.evaluation.statistics.resampled import resampled
from xaimed.evaluation.voting import SOFT, voted
from xaimed.reporting.results import elsewhere_table
from xaimed.reporting.tables import Table
from xaimed.store.run import Run
from xaimed.store.writing import read_json, sha256_of

FOLDER, FACTS = "elsewhere", "asked.json"
SUMMARY_CSV, SUMMARY_MD = "summary.csv", "summary.md"
SET_ASIDE = "set_aside.csv"


@dataclass(frozen=True)
class Elsewhere:
    """What a run's folds said of another dataset.

    Attributes:
        folder: where that lies.
        facts: of which dataset, with which weights, and what was set aside.
        folds: the table of every fold; all of the same samples.
    """

    folder: Path
    facts: dict[str, Any]
    folds: tuple[Predictions, ...]

    @property
    def vote(self) -> Predictions:
        """The mean of the folds' probabilities."""
        return voted(self.folds, SOFT) if len(self.folds) > 1 else self.folds[0]

    def table(self, home: Predictions, stamp: str) -> Table | None:
        """Home against elsewhere, by the same networks; None where none of them is at home any more.

        Args:
            home: what the run's folds said of the pictures they held out.
            stamp: what must be said beside every figure.
        """
        shared = [fold for fold in self.facts["folds"] if fold in home.folds]
        if not shared:
            return None
        here, there = home.of_folds(*shared), pool(self.folds).of_folds(*shared)
        _, note = fold_metrics(self.vote)
        notes = [
            f"Home: n = {many(here.samples, 'different sample')}, each held out by the fold that judges it.",
            f"Elsewhere: n = {many(there.samples, 'sample')} of "
            f"{many(there.frame['group'].nunique(), 'patient')} of {self.facts['dataset']}, "
            f"judged by {many(len(shared), 'fold')}.",
            *([f"Elsewhere: {note}."] if note else []),
            *self.facts["notes"],
            *([f"Stamp: {stamp}."] if stamp else []),
        ]
        title = f"At home and on {self.facts['dataset']}"
        return elsewhere_table(per_fold(here), per_fold(there), resampled(self.vote), title=title, notes=notes)


def read_elsewhere(folder: Path) -> Elsewhere:
    """What is stored; refused where it was edited or damaged."""
    try:
        facts = dict(read_json(folder / FACTS))
        for name, checksum in facts["sealed"].items():
            if sha256_of(folder / Path(name).name) != checksum:
                raise StoreError("this file was changed after it was written", where=folder / name, fix=_again(folder))
        tables = tuple(read_predictions(folder / name) for name in sorted(facts["sealed"], key=_number))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"this is no score on another dataset ({error})"
        raise StoreError(what, where=folder, fix=_again(folder)) from error
    return Elsewhere(folder, facts, tables)


def all_elsewhere(run: Run) -> tuple[list[Elsewhere], list[str]]:
    """Every other dataset that a run was scored on, and in words what cannot be counted."""
    found, refused = [], []
    for file in sorted((run.path / FOLDER).glob(f"*/{FACTS}")):
        try:
            found.append(read_elsewhere(file.parent))
        except StoreError as error:
            refused.append(f"not counted: {error}")
    return found, refused


def _again(folder: Path) -> str:
    return f"Remove {folder.name} and ask again."


def _number(name: str) -> int:
    return int(Path(name).stem.rsplit("-", 1)[-1])
