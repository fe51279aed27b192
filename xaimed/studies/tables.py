"""What do the stored predictions say? Every table of a run or of several, rebuilt without a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from xaimed.config.labels import STAMP as SHUFFLED_STAMP
from xaimed.errors import StoreError
from xaimed.evaluation.branches import read_branches
from xaimed.evaluation.differences import differences
from xaimed.evaluation.gathered import Gathered, damaged, gather
from xaimed.evaluation.metrics import per_fold, per_repeat
from xaimed.evaluation.predictions import Predictions, pool
from xaimed.evaluation.reading import read_predictions
from xaimed.evaluation.statistics.resampled import Resampled, resampled
from xaimed.evaluation.summary import pooled_confusion
from xaimed.evaluation.trust import Trust
from xaimed.reporting.branches import branches_table
from xaimed.reporting.differences import differences_table
from xaimed.reporting.results import confusion_table, repeats_table, run_table, runs_table
from xaimed.reporting.tables import Table, to_csv, to_markdown
from xaimed.reporting.terminal import TerminalTable
from xaimed.reporting.trust import compared_table, trust_table
from xaimed.store.fold import BRANCHES, EVALUATIONS, FAILURE, HISTORY, PREDICTIONS
from xaimed.store.run import Run
from xaimed.store.writing import read_json, write_text
from xaimed.studies.calibration import Calibrated, calibrated
from xaimed.studies.differences import MOST, reported
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
    """

    run: Run
    facts: dict[str, Any]
    predictions: Predictions | None
    missing: list[int]
    failures: dict[int, str]
    refused: dict[int, str]

    @property
    def name(self) -> str:
        """The run's directory."""
        return self.run.path.name

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


def metrics_table(result: RunResult) -> Table:
    """The metrics of a run, fold by fold and as mean ± SD."""
    return run_table(
        result.metrics(),
        title=f"{result.name} · {result.facts['dataset']}",
        missing=result.missing,
        protocol=result.facts["note"],
        stamp=result.stamp,
        pooled=result.pooled,
    )


def pooled_table(result: RunResult) -> Table:
    """The metrics of repeated folds, pooled within each repeat."""
    assert result.predictions is not None
    return repeats_table(per_repeat(result.predictions), title="Pooled within each repeat")


def tables_of(result: RunResult) -> list[Table]:
    """Every table of a run that has at least one finished fold."""
    assert result.predictions is not None
    samples, repeats = result.predictions.samples, len(result.predictions.repeats)
    title = "Confusion matrix, pooled over folds"
    confusion = confusion_table(pooled_confusion(result.predictions), title=title, samples=samples, repeats=repeats)
    branches = result.branches()
    pooled = [pooled_table(result)] if repeats > 1 else []
    found = result.findings()
    trust = [trust_table(result.trust(found))] if found else []
    return [
        *trust,
        metrics_table(result),
        *pooled,
        confusion,
        result.calibrated.table(),
        *([] if branches is None else [branches_table(branches)]),
    ]


def comparison(results: Sequence[RunResult]) -> Table:
    """Runs beside each other; what is missing or stamped is said below."""
    done = [result for result in results if result.predictions is not None]
    notes = [line for result in results for line in _said_of(result)]
    notes += sorted({f"Stamp of {_stamped(results, result.stamp)}: {result.stamp}." for result in done if result.stamp})
    notes += sorted({f"Protocol: {result.facts['note']}." for result in done})
    if len(done) > MOST:
        notes.append(f"Differences are tested between at most {MOST} runs: give fewer of them to xaimed table.")
    if any(SHUFFLED_STAMP in result.facts["stamps"] for result in done):
        notes.append("Labels shuffled: a control; at chance AUC is 0.5, kappa and MCC are 0.")
    return runs_table({result.name: result.metrics() for result in done}, title="Runs", notes=notes)


def differences_of(results: Sequence[RunResult]) -> Table | None:
    """The tests between runs that report the same samples; None where there is nothing to compare, or too much."""
    done = [
        reported(result.run, result.predictions, result.metrics())
        for result in results
        if result.predictions is not None
    ]
    return differences_table(differences(done)) if 2 <= len(done) <= MOST else None


def compared(results: Sequence[RunResult]) -> list[Table]:
    """Several runs: how far each may be trusted, where any was evaluated, and their metrics."""
    done = [result for result in results if result.predictions is not None]
    found = [result.findings() for result in done]
    trusts = [result.trust(each) for result, each in zip(done, found, strict=True)] if any(found) else []
    return [*([compared_table(trusts)] if trusts else []), comparison(results)]


def write_runs_table(results: Sequence[RunResult], folder: Path) -> list[Path]:
    """The comparison as Markdown and CSV, trust above it and the tests of differences below."""
    *trust, table = compared(results)
    tests = differences_of(results)
    files = [folder / "runs.md", folder / "runs.csv", folder / "differences.csv"]
    write_text(files[0], "\n".join(to_markdown(one) for one in (*trust, table, tests) if one))
    write_text(files[1], to_csv(table))
    if tests is None:
        files.pop().unlink(missing_ok=True)
    else:
        write_text(files[2], to_csv(tests))
    return files


def print_results(results: Sequence[RunResult], console: Console) -> None:
    """One run with all its tables, several as one comparison; what is missing is always said."""
    if len(results) == 1 and results[0].predictions is not None:
        for table in tables_of(results[0]):
            console.print(TerminalTable(table))
    elif any(result.predictions is not None for result in results):
        for table in compared(results):
            console.print(TerminalTable(table))
        if tests := differences_of(results):
            console.print(TerminalTable(tests))
        return
    for line in (line for result in results for line in _said_of(result)):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _said_of(result: RunResult) -> list[str]:
    """What a reader must know of what is not in the table."""
    lines = []
    if result.missing:
        lines.append(f"{result.name}: missing folds {', '.join(map(str, result.missing))}.")
    lines += [f"{result.name}: fold {fold} failed: {reason}" for fold, reason in result.failures.items()]
    lines += [f"{result.name}: fold {fold} is not counted: {reason}" for fold, reason in result.refused.items()]
    lines += [f"{result.name}: {place.name} is not counted: {reason}" for place, reason in result.damaged.items()]
    return lines


def _stamped(results: Sequence[RunResult], stamp: str) -> str:
    marked = [result.name for result in results if result.stamp == stamp]
    return "all runs" if len(marked) == len(results) else ", ".join(marked)
