"""What do the stored predictions say? Every table of a run or of several, rebuilt without a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from xaimed.config.labels import STAMP as SHUFFLED_STAMP
from xaimed.evaluation.differences import Differences, differences
from xaimed.evaluation.metrics import per_repeat
from xaimed.evaluation.summary import pooled_confusion
from xaimed.reporting.branches import branches_table
from xaimed.reporting.differences import differences_table
from xaimed.reporting.results import confusion_table, repeats_table, run_table, runs_table
from xaimed.reporting.tables import Table, to_csv, to_markdown
from xaimed.reporting.terminal import TerminalTable
from xaimed.reporting.trust import compared_table, trust_table
from xaimed.store.writing import write_text
from xaimed.studies.differences import MOST, reported
from xaimed.studies.result import RunResult


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


def differences_of(results: Sequence[RunResult]) -> Differences | None:
    """The tests between runs that report the same samples; None where there is nothing to compare, or too much."""
    done = [
        replace(reported(result.run, result.predictions, result.metrics()), name=result.name)
        for result in results
        if result.predictions is not None
    ]
    return differences(done) if 2 <= len(done) <= MOST else None


def numbers_of(results: Sequence[RunResult]) -> dict[str, int]:
    """What runs are called where their names would fill a line: 1, 2, 3, as in the table of trust."""
    done = [result.name for result in results if result.predictions is not None]
    return {name: number for number, name in enumerate(done, start=1)}


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
    read = [differences_table(tests, numbers_of(results))] if tests else []
    write_text(files[0], "\n".join(map(to_markdown, (*trust, table, *read))))
    write_text(files[1], to_csv(table))
    if tests is None:
        files.pop().unlink(missing_ok=True)
    else:
        write_text(files[2], to_csv(differences_table(tests)))
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
            console.print(TerminalTable(differences_table(tests, numbers_of(results))))
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
