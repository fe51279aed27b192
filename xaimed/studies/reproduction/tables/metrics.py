"""How well did every row do? Laid out as in the paper, and value by value beside what was published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xaimed.evaluation.metrics import METRICS
from xaimed.reporting.intervals import estimate, interval_notes
from xaimed.reporting.results import SPREAD, heading
from xaimed.reporting.tables import Cell, Table
from xaimed.studies.reproduction.addresses import Addresses, Beside
from xaimed.studies.reproduction.comparable import unlike
from xaimed.studies.reproduction.comparison import Line, compared, missing, ranged, said_once, stamped
from xaimed.studies.reproduction.measured import measured
from xaimed.studies.reproduction.printed_bounds import printed_bounds
from xaimed.studies.reproduction.results import Results, RowResult
from xaimed.studies.reproduction.tables.asked import known, one_of

RUNS, METRICS_DOWN = "runs", "metrics"


@dataclass(frozen=True)
class Metrics:
    """Runs and their metrics: mean ± SD over folds, or of a single split the value with its interval.

    Attributes:
        title: what it shows.
        metrics: the metrics, by their keys, and what the published table calls each, or the address of the value.
        beside: where it was published: see ``addresses.Beside``.
        rows: which rows of the study; all without.
        down: what stands down the first column, ``runs`` or ``metrics``.
    """

    title: str
    metrics: Mapping[str, str] = field(default_factory=lambda: {name: name for name in METRICS})
    beside: Beside = ""
    rows: Sequence[str] = ()
    down: str = RUNS

    def __post_init__(self) -> None:
        """Refuse what is no metric, or no way to lay them out."""
        known(self.metrics)
        one_of(self.down, (RUNS, METRICS_DOWN), "down")

    def __call__(self, results: Results) -> list[Table]:
        """Both tables; the second only where something is published."""
        there = results.there(self.rows)
        if not there:
            return []
        notes = missing(results.named(self.rows))
        lines = [line for row in there for line in self._lines(results, row)]
        return [
            self._laid_out(results, there, notes),
            *compared(f"{self.title}, beside what was published", lines, results, notes=notes),
        ]

    def _laid_out(self, results: Results, there: Sequence[RowResult], notes: Sequence[str]) -> Table:
        folded = any(len(row.metrics) > 1 for row in there)
        cells = {row.row.label: [_cell(row, key, folded) for key in self.metrics] for row in there}
        columns: tuple[str, ...] = ("Run", *map(heading, self.metrics))
        lines: list[tuple[Cell, ...]] = [(name, *values) for name, values in cells.items()]
        if self.down == METRICS_DOWN:
            columns = ("Metric", *cells)
            lines = [(heading(key), *(each[i] for each in cells.values())) for i, key in enumerate(self.metrics)]
        how = [f"{SPREAD}."] if folded else interval_notes(there[0].pooled)
        return Table(stamped(self.title, results), columns, tuple(lines), (*_sizes(there), *how, *notes))

    def _lines(self, results: Results, row: RowResult) -> list[Line]:
        addresses, found = Addresses(results.paper, self.beside), []
        for key, column in self.metrics.items():
            value = addresses.of(row.row.name, column)
            if value is not None:
                assert results.paper is not None
                ours = measured(row).bounds(key, value.column.over)
                published, why = printed_bounds(results.paper, value), unlike(results, row, value)
                found.append(Line(row.row.label, METRICS[key].title, value, published, ours, why))
        return found


def _cell(row: RowResult, key: str, folded: bool) -> Cell:
    if folded:
        return estimate(key, float(row.metrics[key].mean()), float(row.metrics[key].std()))
    unit, decimals = (100, 2) if METRICS[key].percent else (1, 3)
    return ranged(measured(row).bounds(key).times(unit), decimals, unit)


def _sizes(there: Sequence[RowResult]) -> list[str]:
    """How many folds of how many samples."""
    told = {}
    for row in there:
        assert row.predictions is not None
        count = len(row.metrics)
        runs = f" of {len(row.there)} runs" if len(row.there) > 1 else ""
        told[row.row.label] = f"{count} fold{'' if count == 1 else 's'}{runs}, n = {row.predictions.samples} samples"
    return said_once(told)
