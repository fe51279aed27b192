"""Which classes does every row mistake for which? Confusion matrices pooled over folds, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd
from matplotlib.figure import Figure

from xaimed.evaluation.predictions import Predictions
from xaimed.evaluation.summary import pooled_confusion
from xaimed.reporting.confusions import MANY, confusions_figure
from xaimed.studies.published.parts import Matrix
from xaimed.studies.reproduction.figures.said import counted_over, even, plainly, remarks_on, stamp_of
from xaimed.studies.reproduction.results import Results, RowResult

PAGE, FEW = 6, 2
"""Rows on a page; the latter where there are many classes."""


@dataclass(frozen=True)
class Confusions:
    """A matrix for each row of the study, and the published one behind it where it is named.

    Attributes:
        title: what it shows.
        rows: which rows of the study; all without.
        beside: by row, the published matrix.
    """

    title: str
    rows: tuple[str, ...] = ()
    beside: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, results: Results) -> list[Figure]:
        """Up to six rows on a figure; none while no row has predictions."""
        there = results.there(self.rows)
        return [self._page(results, there[part]) for part in even(len(there), _most(there))]

    def _page(self, results: Results, rows: list[RowResult]) -> Figure:
        matrices, notes = {}, remarks_on(results, results.named(self.rows))
        for row in rows:
            assert row.predictions is not None
            matrices[row.row.label] = pooled_confusion(row.predictions)
            if printed := self._published(results, row):
                matrices[f"{row.row.label}, published (n = {printed.total})"] = _as_table(printed, row.predictions)
                if results.unlike and not any("published" in note for note in notes):
                    notes.append(f"What is published is not comparable: {results.unlike}.")
        square = rows[0].predictions is not None and rows[0].predictions.kind != "multilabel"
        of = "the true class" if square else "those known"
        return confusions_figure(
            matrices,
            title=self.title,
            subline=f"{counted_over(rows)} · pooled over folds: count and % of {of}",
            notes=notes,
            stamp=stamp_of(results, rows),
        )

    def _published(self, results: Results, row: RowResult) -> Matrix | None:
        return results.paper.matrices.get(self.beside.get(row.row.name, "")) if results.paper else None


def _most(rows: list[RowResult]) -> int:
    classes = max((len(row.predictions.classes) for row in rows if row.predictions is not None), default=0)
    return PAGE if classes < MANY else FEW


def _as_table(matrix: Matrix, predictions: Predictions) -> pd.DataFrame:
    """The published counts, under our names of the classes where these differ in their spelling alone."""
    ours = {plainly(name): name for name in predictions.classes}
    names = [ours.get(plainly(name), name) for name in matrix.labels]
    table = pd.DataFrame(list(matrix.counts), index=pd.Index(names), columns=pd.Index(names))
    order = [name for name in predictions.classes if name in names]
    if len(order) == len(names):
        table = table.loc[order, order]
    return table.rename_axis(index="true", columns="predicted")
