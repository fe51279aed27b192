"""What does a study have to show so far? Every row with the predictions of its runs, whether all are there or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from xaimed.evaluation.gathered import Gathered
from xaimed.evaluation.metrics import per_fold
from xaimed.evaluation.predictions import Predictions, pool
from xaimed.evaluation.statistics.resampled import Resampled, resampled
from xaimed.store.run import Run
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import Value
from xaimed.studies.reproduction.study import Row, Study
from xaimed.studies.result import RunResult, result_of

STRIDE = 1000
"""Folds of runs that differ only in what repeats are told apart by this much."""


@dataclass(frozen=True)
class RowResult:
    """A row of the study and what there is of it.

    Attributes:
        row: what it is.
        results: of its runs, those that were begun.
        problem: why an ensemble could not vote or not be explained; empty where it could.
    """

    row: Row
    results: tuple[RunResult, ...]
    problem: str = ""

    @property
    def there(self) -> list[RunResult]:
        """The runs that have at least one finished fold."""
        return [result for result in self.results if result.predictions is not None]

    @cached_property
    def predictions(self) -> Predictions | None:
        """The rows of all its runs; where runs repeat, the folds of the second are numbered from 1000, and so on."""
        tables = []
        for i, result in enumerate(self.there):
            assert result.predictions is not None
            frame = result.predictions.frame
            kind, classes = result.predictions.kind, result.predictions.classes
            tables.append(Predictions(kind, classes, frame.assign(fold=frame["fold"] + STRIDE * i)))
        return pool(tables) if tables else None

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """A line of metrics for every finished fold of every run."""
        assert self.predictions is not None
        return per_fold(self.predictions)

    @cached_property
    def pooled(self) -> Resampled:
        """The metrics of all of it, resampled by patient."""
        assert self.predictions is not None
        return resampled(self.predictions)

    @cached_property
    def findings(self) -> list[Gathered]:
        """What every evaluation found, over all its runs: every picture once, with its mean over runs that repeat."""
        found: dict[str, list[Gathered]] = {}
        for each in (each for result in self.there for each in result.findings()):
            found.setdefault(each.key, []).append(each)
        return [_joined(those) for _, those in sorted(found.items())]

    @property
    def stamps(self) -> list[str]:
        """What must be said beside every figure of it."""
        return sorted({stamp for result in self.results for stamp in result.facts["stamps"]})

    @property
    def missing(self) -> str:
        """What is not there of it, in words; empty where all is."""
        absent = len(self.row.members) - len(self.results)
        runs = f"{absent} of {len(self.row.members)} runs" if absent and len(self.row.members) > 1 else ""
        if absent and not runs:
            return f"not made: {self.problem.rstrip('.')}" if self.problem else "not made"
        several = 1 < len(self.row.members) == len(self.results)
        of = [f" of {member.label}" if several else "" for member in self.row.members]
        folds = [
            f"folds {', '.join(map(str, result.missing))}{whose}"
            for result, whose in zip(self.results, of, strict=False)
            if result.missing
        ]
        return "; ".join(filter(None, [runs, *folds, self.problem.rstrip(".")]))


@dataclass(frozen=True)
class Results:
    """All that a table or a figure of a study is made from.

    Attributes:
        study: what was asked for.
        rows: what there is of it.
        folder: where its page lies, and what people have answered.
        configs: by the name of a member, its composed configuration, whether it was begun or not.
    """

    study: Study
    rows: tuple[RowResult, ...]
    folder: Path | None = None
    configs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def paper(self) -> Paper | None:
        """What was published."""
        return self.study.paper

    def row(self, name: str) -> RowResult:
        """One row."""
        return next(row for row in self.rows if row.row.name == name)

    def named(self, names: Sequence[str] = ()) -> list[RowResult]:
        """The rows of these names in this order; without names all but the nested ones."""
        if not names:
            return [row for row in self.rows if not row.row.members[0].nested]
        here = {row.row.name: row for row in self.rows}
        return [here[name] for name in names if name in here]

    def config_of(self, row: RowResult) -> Mapping[str, Any] | None:
        """The configuration of a row's first run, as it was made or else as it would be; an ensemble has none."""
        begun = [result.facts["config"] for result in row.results if "dataset" in result.facts["config"]]
        asked = [self.configs[member.name] for member in row.row.members if member.name in self.configs]
        return next(iter([*begun, *asked]), None)

    def there(self, names: Sequence[str] = ()) -> list[RowResult]:
        """Of those, the rows that have predictions."""
        return [row for row in self.named(names) if row.predictions is not None]

    def published(self, table: str, row: str, column: str) -> Value | None:
        """The printed number beside a cell, if one is printed."""
        return self.paper.values.get(f"{table}.{row}.{column}") if self.paper else None

    @cached_property
    def unlike(self) -> str:
        """Why nothing here can be held against what was published; empty where it can."""
        if self.study.stamp:
            return self.study.stamp
        stamps = sorted({stamp for row in self.rows for stamp in row.stamps})
        return ", ".join([*stamps, *self.study.changed])


def results_of(
    study: Study,
    runs: Mapping[str, Run],
    *,
    folder: Path | None = None,
    problems: Mapping[str, str] | None = None,
    configs: Mapping[str, Mapping[str, Any]] | None = None,
) -> Results:
    """Read what there is.

    Args:
        study: the study.
        runs: by the name of the member, the run that was begun or voted.
        folder: where its page lies.
        problems: by the name of an ensemble, what could not be done of it.
        configs: by the name of the member, its composed configuration.
    """
    rows = []
    for row in study.rows:
        found = [result_of(runs[member.name]) for member in row.members if member.name in runs]
        told = [problems[member.name] for member in row.members if member.name in problems] if problems else []
        rows.append(RowResult(row, tuple(found), "; ".join(dict.fromkeys(told))))
    return Results(study, tuple(rows), folder=folder, configs=configs or {})


def folder_of(study: Study, output: Path) -> Path:
    """Where the tables and figures of a study lie; a profile has a folder of its own."""
    return output / "studies" / (f"{study.name}-{study.profile}" if study.profile else study.name)


def _joined(those: Sequence[Gathered]) -> Gathered:
    """One evaluation over runs that repeat."""
    first, *others = those
    if not others:
        return first
    rows = pd.concat([each.rows for each in those], ignore_index=True)
    by_picture = rows.groupby(["sample_id", "explainer", "measure"], sort=False, as_index=False)
    return replace(
        first,
        rows=by_picture.agg({"value": "mean", "group": "first"}),
        measures={key: measure for each in those for key, measure in each.measures.items()},
        captions=tuple(dict.fromkeys(caption for each in those for caption in each.captions)),
    )
