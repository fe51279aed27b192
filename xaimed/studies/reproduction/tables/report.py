"""What does the classification report say? Every class, the accuracy, the means over classes, and what was printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from xaimed.reporting.tables import Cell, Estimate, Table
from xaimed.studies.published.parts import MACRO, WEIGHTED, Matrix, Value
from xaimed.studies.reproduction.addresses import Addresses, Beside, plain
from xaimed.studies.reproduction.class_report import ACCURACY, MEASURES, ClassReport, class_report
from xaimed.studies.reproduction.comparable import unlike
from xaimed.studies.reproduction.comparison import Line, compared, missing, stamped
from xaimed.studies.reproduction.printed_bounds import printed_bounds
from xaimed.studies.reproduction.results import Results, RowResult

MEANS = "Macro: the plain mean over classes. Weighted: by the pictures of each class."


@dataclass(frozen=True)
class Report:
    """Under the name of every run precision, recall and F1 of each class, and the same as it was published.

    Attributes:
        title: what it shows.
        beside: the published report by the name of the row: a table whose rows are classes, or one whose columns are of
            classes; without, nothing stands beside.
        rows: which rows of the study; all without.
    """

    title: str
    beside: Beside = ""
    rows: Sequence[str] = ()

    def __call__(self, results: Results) -> list[Table]:
        """The reports, and value by value what was published."""
        blocks: list[str] = []
        cells: list[tuple[Cell, ...]] = []
        lines: list[Line] = []
        there = results.there(self.rows)
        for row in there:
            found, addresses = class_report(row), self._addresses(results, row)
            printed = {(name, measure): addresses.of(row.row.name, measure, name) for name, measure in found.places}
            ours, theirs = list(_ours(found)), list(_theirs(found, printed))
            blocks += [row.row.label] * len(ours) + [f"{row.row.label}, published"] * len(theirs)
            cells += [*ours, *theirs]
            lines += _lines(results, row, found, printed, addresses.matrix(row.row.name))
        if not cells:
            return []
        notes = missing(results.named(self.rows))
        columns = ("Class", "Precision", "Recall", "F1", "Support")
        return [
            Table(stamped(self.title, results), columns, tuple(cells), (MEANS, *notes), tuple(blocks)),
            *compared(f"{self.title}, beside what was published", lines, results, first="Value", notes=notes),
        ]

    def _addresses(self, results: Results, row: RowResult) -> Addresses:
        """Where this row was published; of a report whose rows are classes the row is that of the class."""
        place = Addresses(results.paper, self.beside).template(row.row.name)
        table = results.paper.tables.get(place) if results.paper else None
        return Addresses(results.paper, f"{place}.{{class}}.{{column}}" if table and table.report else place)


def _ours(found: ClassReport) -> Iterator[tuple[Cell, ...]]:
    for name in found.names:
        values = {measure: found.bounds(name, measure).value for measure in MEASURES if (name, measure) in found.places}
        yield (name, *(_number(values[each]) if each in values else "" for each in MEASURES), found.support(name))


def _theirs(found: ClassReport, printed: dict[tuple[str, str], Value | None]) -> Iterator[tuple[Cell, ...]]:
    """The same lines as they are printed; those of which nothing is printed are left out."""
    for name in found.names:
        values = [printed.get((name, each)) for each in (*MEASURES, "support")]
        if any(values):
            yield (name, *("" if value is None else value.printed.text for value in values))


def _number(value: float) -> Estimate:
    return Estimate(value, None, 2)


def _lines(
    results: Results,
    row: RowResult,
    found: ClassReport,
    printed: dict[tuple[str, str], Value | None],
    matrix: Matrix | None,
) -> Iterator[Line]:
    for (name, measure), value in printed.items():
        if value is None or measure == "support" or results.paper is None:
            continue
        samples = results.paper.samples_of(value)
        spelt = {plain(label): label for label in (samples.classes if samples else {})}
        label = spelt.get(plain(name), "")
        average = {"macro": MACRO, "weighted": WEIGHTED}.get(name, "")
        metric = ACCURACY if name == ACCURACY else measure
        told = replace(value, column=replace(value.column, metric=metric, label=label, average=average))
        fitting = matrix if matrix and matrix.of == value.column.of else None
        published = printed_bounds(results.paper, told, fitting)
        ours, title = found.bounds(name, measure), ACCURACY if name == ACCURACY else f"{name}: {measure}"
        why = "ours is undefined" if np.isnan(ours.value) else unlike(results, row, value)
        yield Line(row.row.label, title, told, published, ours, why)
