"""Which classes are mistaken for which? The pooled confusion matrices of all runs, each above the published one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xaimed.evaluation.summary import pooled_confusion
from xaimed.reporting.results import counted
from xaimed.reporting.tables import Cell, Table
from xaimed.studies.published.parts import Matrix
from xaimed.studies.reproduction.addresses import Addresses, Beside, plain
from xaimed.studies.reproduction.comparison import missing, said_once, stamped
from xaimed.studies.reproduction.results import Results, RowResult
from xaimed.studies.reproduction.tables.asked import one_of

Block = tuple[str, list[tuple[Cell, ...]]]


@dataclass(frozen=True)
class Confusion:
    """True classes down, predicted ones across, under the name of every run; the published counts below ours.

    Attributes:
        title: what it shows.
        beside: the published table whose rows have matrices, or by row the name of a matrix; matrices that are named
            as our rows are found without.
        rows: which rows of the study; all without.
        each: an axis of the grid; each of its options has a table of its own.
    """

    title: str
    beside: Beside = ""
    rows: Sequence[str] = ()
    each: str = ""

    def __call__(self, results: Results) -> list[Table]:
        """A table for every option of the axis, and for every set of classes."""
        if self.each:
            one_of(self.each, results.study.axes, "each")
        groups: dict[tuple[str, tuple[str, ...]], list[RowResult]] = {}
        for row in results.there(self.rows):
            assert row.predictions is not None
            groups.setdefault((row.row.place.get(self.each, ""), row.predictions.classes), []).append(row)
        tables = []
        for (option, _), rows in groups.items():
            label = results.study.axes[self.each].get(option, "") if self.each else ""
            title = f"{self.title}, {label}" if label else self.title
            tables.append(self._table(results, title, rows))
        return tables

    def _table(self, results: Results, title: str, rows: Sequence[RowResult]) -> Table:
        blocks: list[str] = []
        cells: list[tuple[Cell, ...]] = []
        told: dict[str, str] = {}
        columns: tuple[str, ...] = ()
        for row in rows:
            assert row.predictions is not None
            confusion = pooled_confusion(row.predictions)
            down, across = str(confusion.index.name), str(confusion.columns.name)
            columns = (f"{down} ↓ {across} →", *map(str, confusion.columns))
            pairs = zip(confusion.index, confusion.to_numpy(), strict=True)
            ours: list[tuple[Cell, ...]] = [(str(name), *map(int, counts)) for name, counts in pairs]
            matrix = Addresses(results.paper, self.beside).matrix(row.row.name)
            printed, why = _printed(matrix, row) if matrix else ([], "")
            blocks += [row.row.label] * len(ours) + [f"{row.row.label}, published"] * len(printed)
            cells += [*ours, *printed]
            told[row.row.label] = f"{counted(row.predictions.samples, len(row.predictions.repeats))}{why}"
        notes = ["Counts over the predictions of all folds together.", *said_once(told), *missing(rows)]
        return Table(stamped(title, results), columns, tuple(cells), tuple(notes), tuple(blocks))


def _printed(matrix: Matrix, row: RowResult) -> tuple[list[tuple[Cell, ...]], str]:
    """The published matrix in the order of our classes, and where it stands; none where the classes are others."""
    assert row.predictions is not None
    order: Mapping[str, int] = {plain(label): i for i, label in enumerate(matrix.labels)}
    names = row.predictions.classes
    if row.predictions.kind == "multilabel" or set(order) != {plain(name) for name in names}:
        return [], f"; published ({matrix.place}) for other classes: {', '.join(matrix.labels)}"
    index = [order[plain(name)] for name in names]
    lines: list[tuple[Cell, ...]] = [
        (name, *(matrix.counts[i][j] for j in index)) for name, i in zip(names, index, strict=True)
    ]
    return lines, f"; published n = {matrix.total} ({matrix.place})"
