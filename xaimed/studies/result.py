"""What has a run given so far? Its predictions, findings and history, read without a model; damaged parts left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from xaimed.errors import StoreError
from xaimed.evaluation.branches import read_branches
from xaimed.evaluation.gathered import Gathered, damaged, gather
from xaimed.evaluation.metrics import per_fold
from xaimed.evaluation.predictions import Predictions, pool
from xaimed.evaluation.reading import read_predictions
from xaimed.evaluation.statistics.resampled import Resampled, resampled
from xaimed.evaluation.trust import Trust
from xaimed.store.fold import BRANCHES, EVALUATIONS, FAILURE, HISTORY, PREDICTIONS
from xaimed.store.run import Run
from xaimed.store.writing import read_json
from xaimed.studies.calibration import Calibrated, calibrated
from xaimed.studies.trust import trust_of


@dataclass(frozen=True)
class RunResult:
    """What a run has given so far.

    Attributes:
        run: where it lies.
        facts: what ``run.json`` says.
        predictions: the rows of all its finished folds, or None while there is none.
        missing: the folds that are not finished.
        failures: of the missing folds, those that failed, and why.
        refused: folds that were edited or damaged, and what is wrong with them; they are not counted.
        called: what a study calls it.
    """

    run: Run
    facts: dict[str, Any]
    predictions: Predictions | None
    missing: list[int]
    failures: dict[int, str]
    refused: dict[int, str]
    called: str = ""

    @property
    def name(self) -> str:
        """What it is called: the run's directory, where no study has a name for it."""
        return self.called or self.run.path.name

    @property
    def stamp(self) -> str:
        """What must be said beside every figure."""
        return ", ".join(self.facts["stamps"])

    def metrics(self) -> pd.DataFrame:
        """One row of metrics per finished fold."""
        return self._metrics

    @cached_property
    def _metrics(self) -> pd.DataFrame:
        assert self.predictions is not None
        return per_fold(self.predictions)

    @cached_property
    def pooled(self) -> Resampled:
        """The metrics of all finished folds together, resampled by patient."""
        assert self.predictions is not None
        return resampled(self.predictions)

    @cached_property
    def calibrated(self) -> Calibrated:
        """How honest the probabilities are."""
        assert self.predictions is not None
        return calibrated(self.run, self.predictions)

    def branches(self) -> pd.DataFrame | None:
        """Of a hybrid, what its branches added to every decision."""
        files = [fold.path / BRANCHES for fold in self.run.finished() if fold.index not in self.refused]
        found = [read_branches(file) for file in files if file.is_file()]
        return pd.concat(found, ignore_index=True) if found else None

    def findings(self) -> list[Gathered]:
        """What every evaluation found, over the folds that are counted."""
        assert self.predictions is not None
        whole = {fold: [place for place in places if place not in self.damaged] for fold, places in self._evaluated()}
        return gather(whole, self.predictions)

    @cached_property
    def damaged(self) -> dict[Path, str]:
        """The folders of evaluations that cannot be read, and why; they are not counted."""
        return damaged([place for _, places in self._evaluated() for place in places])

    def _evaluated(self) -> list[tuple[int, list[Path]]]:
        """The folders of the evaluations of every fold that is counted."""
        counted = self.predictions.folds if self.predictions else []
        folds = [fold for fold in self.run.finished() if fold.index in counted]
        return [(fold.index, sorted((fold.path / EVALUATIONS).glob("[!.]*"))) for fold in folds]

    def trust(self, found: Sequence[Gathered] | None = None) -> Trust:
        """What speaks for this run and what against it."""
        assert self.predictions is not None
        found = self.findings() if found is None else found
        return trust_of(self.name, self.predictions, self.calibrated.found, found, self.facts["stamps"])

    def history(self) -> dict[int, pd.DataFrame]:
        """The epochs of every finished fold; an ensemble has none."""
        folds = (fold for fold in self.run.finished() if fold.index not in self.refused)
        return {fold.index: pd.read_csv(file) for fold in folds if (file := fold.path / HISTORY).is_file()}


def result_of(run: Run) -> RunResult:
    """Read a run; a fold that was edited or damaged is named and left out."""
    facts = run.facts()
    for key in ("identity", "folds", "stamps", "note", "config"):
        if key not in facts:
            raise StoreError(f"run.json does not say '{key}'; this is not a run that xaimed began", where=run.path)
    tables, refused = [], {}
    for fold in run.finished():
        try:
            if fold.index not in facts["folds"]:
                raise StoreError(f"this run has no fold {fold.index}", where=fold.path, fix="Move it away.")
            fold.verify(facts["identity"])
            tables.append(read_predictions(fold.path / PREDICTIONS))
        except StoreError as error:
            refused[fold.index] = str(error)
    predictions = pool(tables) if tables else None
    there = predictions.folds if predictions else []
    missing = [fold for fold in facts["folds"] if fold not in there]
    failures = {
        fold: str(read_json(file)["error"]) for fold in missing if (file := run.fold(fold).partial / FAILURE).is_file()
    }
    return RunResult(run, facts, predictions, missing, failures, refused)
