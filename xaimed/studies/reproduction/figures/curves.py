"""How did the training of every row go? Loss and accuracy, training and validation, fold by fold and in the mean."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from xaimed.reporting.learning_curves import learning_curves_figure
from xaimed.studies.reproduction.figures.said import even, remarks_on, stamp_of
from xaimed.studies.reproduction.results import Results, RowResult

PAGE = 4  # rows


@dataclass(frozen=True)
class Curves:
    """Loss and accuracy of each row of the study side by side; ensembles, which are not trained, have none.

    Attributes:
        title: what it shows.
        rows: which rows of the study; all without.
    """

    title: str
    rows: tuple[str, ...] = ()

    def __call__(self, results: Results) -> list[Figure]:
        """Up to four rows on a figure; none while nothing is trained."""
        found = [(row, _histories(row)) for row in results.named(self.rows)]
        trained = [(row, histories) for row, histories in found if histories]
        return [self._page(results, trained[part]) for part in even(len(trained), PAGE)]

    def _page(self, results: Results, page: list[tuple[RowResult, dict[str, pd.DataFrame]]]) -> Figure:
        rows = [row for row, _ in page]
        kept = {row.row.label: _kept(row) for row in rows}
        protocols = sorted({result.facts["note"] for row in rows for result in row.there})
        return learning_curves_figure(
            {row.row.label: histories for row, histories in page},
            title=self.title,
            subline=" · ".join(["loss as it is trained on", *protocols]),
            kept=kept,
            notes=remarks_on(results, results.named(self.rows)),
            stamp=stamp_of(results, rows),
        )


def _histories(row: RowResult) -> dict[str, pd.DataFrame]:
    """The epochs of every finished fold of every run of the row."""
    return {
        f"{i}/{fold}": history
        for i, result in enumerate(row.there)
        for fold, history in sorted(result.history().items())
    }


def _kept(row: RowResult) -> dict[str, int]:
    found = {}
    for i, result in enumerate(row.there):
        for fold in result.history():
            facts = result.run.fold(fold).facts()
            if facts.get("best_epoch") is not None:
                found[f"{i}/{fold}"] = int(facts["best_epoch"])
    return found
