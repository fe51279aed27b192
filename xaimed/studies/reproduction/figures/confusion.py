"""Which classes does every row mistake for which? Confusion matrices pooled over folds, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd
from matplotlib.figure import Figure

from xaimed.evaluation.summary import pooled_confusion
from xaimed.reporting.confusions import confusions_figure
from xaimed.studies.published.parts import Matrix
from xaimed.studies.reproduction.figures.said import counted_over, remarks_on, stamp_of
from xaimed.studies.reproduction.results import Results, RowResult

PAGE = 6  # matrices


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
        return [self._page(results, there[i : i + PAGE]) for i in range(0, len(there), PAGE)]

    def _page(self, results: Results, rows: list[RowResult]) -> Figure:
        matrices, notes = {}, remarks_on(results, results.named(self.rows))
        for row in rows:
            assert row.predictions is not None
            matrices[row.row.label] = pooled_confusion(row.predictions)
            if printed := self._published(results, row):
                matrices[f"{row.row.label}, published (n = {printed.total})"] = _as_table(printed)
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


def _as_table(matrix: Matrix) -> pd.DataFrame:
    names = list(matrix.labels)
    down, across = pd.Index(names, name="true"), pd.Index(names, name="predicted")
    return pd.DataFrame(list(matrix.counts), index=down, columns=across)
