"""Are errors more often highly uncertain than what is right? Shares above a threshold, and the AUROC for errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from xaimed.evaluation.doubt import OUTCOMES, PERCENTILE, RIGHT, WRONG, Doubt, doubts
from xaimed.evaluation.gathered import short_names
from xaimed.evaluation.shares import FEW
from xaimed.evaluation.statistics.bootstrap import RESAMPLES, Interval
from xaimed.evaluation.statistics.intervals import wilson
from xaimed.evaluation.uncertainty import CRITICAL
from xaimed.reporting.tables import Cell, Estimate, Table
from xaimed.studies.published.parts import Value
from xaimed.studies.reproduction.results import Results, RowResult
from xaimed.studies.reproduction.tables.against import against_table, bounds_of, lacking, line_against
from xaimed.studies.reproduction.verdict import Bounds, cell

FALSE, TRUE = OUTCOMES[True, False], OUTCOMES[False, True]


@dataclass(frozen=True)
class Shares:
    """A line for each row of the study and each uncertainty; the shares of one of them beside what was published.

    Attributes:
        title: what it shows.
        measures: which uncertainties, by their keys; all that were evaluated without.
        threshold: from where on doubt is high; without one the percentile.
        percentile: of the pictures that are right.
        rows: which rows of the study; all without.
        beside: the published table.
        column: its column with the shares.
        outcomes: by kind of prediction, the row of the published table.
        compared: the measure whose shares are held against it.
    """

    title: str
    measures: tuple[str, ...] = ()
    threshold: float | None = None
    percentile: float = PERCENTILE
    rows: tuple[str, ...] = ()
    beside: str = ""
    column: str = ""
    outcomes: Mapping[str, str] = field(default_factory=dict)
    compared: str = CRITICAL

    def __call__(self, results: Results) -> list[Table]:
        """The tables; none where no uncertainty was evaluated."""
        found = [(row, each) for row in results.there(self.rows) for each in self._doubts(row)]
        if not found:
            return []
        binary = any(kind in OUTCOMES.values() for _, each in found for kind in each.above)
        kinds = [FALSE, TRUE] if binary else [WRONG, RIGHT]
        lines = [
            line for row, each in found if each.key == self.compared for line in self._compared(results, row, each)
        ]
        columns = ("Uncertainty, of", "Errors", "AUROC ↑", "High above", *(f"High: {kind} (%)" for kind in kinds))
        body = tuple(_line(row, each, kinds, len(results.there(self.rows)) > 1) for row, each in found)
        notes = (*self._notes(found), *lacking(results, self.rows))
        return [Table(self.title, columns, body, notes), *against_table(self.title, lines, (self._read(),))]

    def _doubts(self, row: RowResult) -> list[Doubt]:
        assert row.predictions is not None
        found = doubts(row.findings, row.predictions, self.threshold, self.percentile)
        return [each for each in found if not self.measures or each.key in self.measures]

    def _compared(self, results: Results, row: RowResult, each: Doubt) -> list[tuple[Cell, ...]]:
        lines = []
        for kind, published in self.outcomes.items():
            value = results.published(self.beside, published, self.column)
            if value is not None and kind in each.above and each.above[kind].n:
                called = f"{row.row.label}, {kind}"
                what, ours = f"high: {each.title.lower()} (%)", each.above[kind]
                printed = _printed(results, value)
                lines.append(
                    line_against(
                        value, ours, row=called, what=what, decimals=1, unlike=results.unlike, published=printed
                    )
                )
        return lines

    def _read(self) -> str:
        return f"Published: Wilson's interval, where the paper lets one count n. Ours: high is above {self._above()}."

    def _above(self) -> str:
        if self.threshold is not None:
            return f"{self.threshold:g}"
        return f"the {self.percentile:g}th percentile of the pictures that are right"

    def _notes(self, found: list[tuple[RowResult, Doubt]]) -> list[str]:
        notes = [
            f"Errors: misclassified, of all pictures that have this uncertainty. High: above {self._above()}. AUROC: "
            "how often an error is more in doubt than what is right; 0.5 is chance. –: there are no such predictions.",
            f"In brackets 95 % intervals, then how many there are: patients drawn again {RESAMPLES} times; Wilson's "
            f"for shares of fewer than {FEW} patients and of 0 or 100 %.",
        ]
        if any(each.errors in (0, each.auroc.n) for _, each in found):
            notes.append("Where nothing, or everything, is misclassified, no doubt can find the errors: undefined.")
        return notes


def _line(row: RowResult, each: Doubt, kinds: list[str], several: bool) -> tuple[Cell, ...]:
    of = short_names([each.explainer])[each.explainer]
    name = f"{each.title}, {of}"
    level: Cell = "–" if each.threshold != each.threshold else f"{each.threshold:.3g}"
    return (
        f"{row.row.label}: {name}" if several else name,
        f"{each.errors} of {each.auroc.n}",
        cell(bounds_of(each.auroc), 3),
        level,
        *(_share(each.above.get(kind)) for kind in kinds),
    )


def _share(found: Interval | None) -> Cell:
    """Such as ``83.0 (49.0 to 97.0), n = 8``."""
    if found is None or not found.n:
        return "–"
    return f"{Estimate(100 * found.value, None, 1, 100 * found.low, 100 * found.high)}, n = {found.n}"


def _printed(results: Results, value: Value) -> Bounds | None:
    """The printed share with Wilson's interval, where its n is known."""
    samples = results.paper.samples_of(value) if results.paper else None
    if samples is None:
        return None
    share = float(value.printed.value) / value.scale
    found = wilson(round(share * samples.n), samples.n)
    return Bounds(float(value.printed.value), value.scale * found.low, value.scale * found.high)
