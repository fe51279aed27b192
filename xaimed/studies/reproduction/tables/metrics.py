"""How well did every row do? Laid out as in the paper, and cell by cell beside what was published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from xaimed.evaluation.metrics import METRICS
from xaimed.reporting.intervals import estimate
from xaimed.reporting.results import heading
from xaimed.reporting.tables import Cell, Table
from xaimed.studies.published.parts import Value
from xaimed.studies.reproduction.results import Results, RowResult
from xaimed.studies.reproduction.verdict import Bounds, cell, difference, verdict


@dataclass(frozen=True)
class Metrics:
    """Rows are runs, columns are metrics: mean ± SD over folds; then published, reproduced, difference and verdict.

    Attributes:
        title: what it shows.
        metrics: the columns, by their keys, and what the published table calls each.
        beside: the published table.
        rows: which rows of the study; all without.
    """

    title: str
    metrics: Mapping[str, str] = field(default_factory=lambda: {name: name for name in METRICS})
    beside: str = ""
    rows: tuple[str, ...] = ()

    def __call__(self, results: Results) -> list[Table]:
        """Both tables; the second only where something is published."""
        there = results.there(self.rows)
        if not there:
            return []
        compared = [line for row in there for line in self._compared(results, row)]
        notes = [f"{row.row.label}: {row.missing}." for row in results.named(self.rows) if row.missing]
        tables = [self._laid_out(there, notes)]
        if compared:
            columns = ("Run", "Metric", "Published", "Reproduced", "Difference", "Verdict")
            tables.append(Table(f"{self.title}, beside what was published", columns, tuple(compared), tuple(notes)))
        return tables

    def _laid_out(self, there: list[RowResult], notes: list[str]) -> Table:
        lines: list[tuple[Cell, ...]] = []
        for row in there:
            spread = row.metrics[list(self.metrics)].agg(["mean", "std"])
            cells = [estimate(key, float(spread[key]["mean"]), float(spread[key]["std"])) for key in self.metrics]
            lines.append((row.row.label, len(row.metrics), *cells))
        return Table(self.title, ("Run", "Folds", *(heading(key) for key in self.metrics)), tuple(lines), tuple(notes))

    def _compared(self, results: Results, row: RowResult) -> list[tuple[Cell, ...]]:
        lines: list[tuple[Cell, ...]] = []
        for key, column in self.metrics.items():
            value = results.published(self.beside, row.row.name, column)
            if value is None:
                continue
            unit, decimals = (100, 2) if METRICS[key].percent else (1, 3)
            found = row.pooled.interval(key)
            ours = Bounds(unit * found.value, unit * found.low, unit * found.high)
            published = Bounds(float(value.printed.value) * (unit / value.scale))
            said = verdict(published, ours, results.unlike)
            apart = cell(difference(published, ours), decimals)
            lines.append((row.row.label, heading(key), _printed(value), cell(ours, decimals), apart, str(said)))
        return lines


def _printed(value: Value) -> str:
    return value.printed.text
