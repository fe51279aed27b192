"""How well is every class told from the rest? The area under its ROC curve, and that which was published."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from xaimed.evaluation.statistics.bootstrap import RESAMPLES, SEED
from xaimed.reporting.tables import Cell, Table
from xaimed.studies.reproduction.addresses import Addresses, Beside, plain
from xaimed.studies.reproduction.comparable import unlike
from xaimed.studies.reproduction.comparison import Line, compared, missing, ranged, stamped
from xaimed.studies.reproduction.measured import Measured, measured, measured_of_class
from xaimed.studies.reproduction.printed_bounds import printed_bounds
from xaimed.studies.reproduction.results import Results, RowResult

MEAN = "mean of classes"


@dataclass(frozen=True)
class Areas:
    """Under the name of every run its classes, one against the rest; of a binary task the class that is looked for.

    Attributes:
        title: what it shows.
        beside: where it was published, such as ``areas`` or ``areas.{class}.area``.
        rows: which rows of the study; all without.
        classes: which classes; all without.
    """

    title: str
    beside: Beside = ""
    rows: Sequence[str] = ()
    classes: Sequence[str] = ()

    def __call__(self, results: Results) -> list[Table]:
        """All areas, and those that were published beside the published ones."""
        blocks: list[str] = []
        cells: list[tuple[Cell, ...]] = []
        lines: list[Line] = []
        there = results.there(self.rows)
        for row in there:
            for name, found in self._of(row).items():
                bounds = found.bounds("auc")
                blocks.append(row.row.label)
                cells.append((name, _positives(found, name), ranged(bounds, 3, 1)))
                lines += _line(results, self.beside, row, name, found)
        if not cells:
            return []
        notes = missing(results.named(self.rows))
        how = (
            "Areas of one class against all others, over the predictions of all folds together; in brackets the 95 % "
            f"interval: percentile bootstrap by patient, {RESAMPLES} resamples, seed {SEED}."
        )
        columns = ("Class", "Pictures of it", "AUC")
        return [
            Table(stamped(self.title, results), columns, tuple(cells), (how, *notes), tuple(blocks)),
            *compared(f"{self.title}, beside what was published", lines, results, first="Class", notes=notes),
        ]

    def _of(self, row: RowResult) -> dict[str, Measured]:
        """Every class that is asked for, and the mean where there are several."""
        assert row.predictions is not None
        every = row.predictions.classes[1:] if row.predictions.kind == "binary" else row.predictions.classes
        wanted = {plain(name) for name in self.classes}
        found = {name: measured_of_class(row, name) for name in every if not wanted or plain(name) in wanted}
        return {**found, MEAN: measured(row)} if len(found) == len(every) > 1 else found


def _positives(found: Measured, name: str) -> Cell:
    """How many different pictures are of the class."""
    frame = found.predictions.frame
    return "" if name == MEAN else int(frame.loc[frame["label"] == name, "sample_id"].nunique())


def _line(results: Results, beside: Beside, row: RowResult, name: str, found: Measured) -> list[Line]:
    value = None if name == MEAN else Addresses(results.paper, beside).of(row.row.name, "auc", name)
    if value is None or results.paper is None:
        return []
    ours = found.bounds("auc", value.column.over)
    why = "the class has no pictures" if math.isnan(ours.value) else unlike(results, row, value)
    return [Line(row.row.label, name, value, printed_bounds(results.paper, value), ours, why)]
