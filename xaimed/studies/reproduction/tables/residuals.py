"""How far off are the predictions? Mean, spread, skew and tails of the residuals, and the confident mistakes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from xaimed.evaluation.calibration import once
from xaimed.evaluation.doubt import outcomes
from xaimed.evaluation.residuals import CONFIDENT, confident_mistakes, picture_traits, residuals, traits_of_mistakes
from xaimed.evaluation.shares import share_interval
from xaimed.reporting.residuals import mistakes_table
from xaimed.reporting.tables import Cell, Estimate, Table
from xaimed.studies.reproduction.results import Results, RowResult
from xaimed.studies.reproduction.tables.against import lacking

SAID = (
    "Residual: truth (0 or 1) less probability; below 0 the class was overrated. Mean ± SD (divisor n − 1) over "
    "pictures. Skewness: third moment of the standardised residuals, without correction for few; below 0 the long tail "
    "is of what was called the class and is not. Shares with 95 % interval, patients drawn again; Wilson's for few"
)


@dataclass(frozen=True)
class Residuals:
    """A line for each row of the study and class (of two classes the positive one); then each row's worst mistakes.

    Attributes:
        title: what it shows.
        beyond: how far off on either side counts as far.
        rows: which rows of the study; all without.
        confident: from which probability on a mistake is listed.
        most: how many mistakes of a row are listed; 0 for none.
    """

    title: str
    beyond: tuple[float, ...] = (0.5,)
    rows: tuple[str, ...] = ()
    confident: float = CONFIDENT
    most: int = 5

    def __call__(self, results: Results) -> list[Table]:
        """The tables; none while nothing was predicted."""
        there = results.there(self.rows)
        if not there:
            return []
        lines = [line for row in there for line in self._lines(row)]
        sides = [side for limit in self.beyond for side in (f"Below −{limit:g} (%)", f"Above {limit:g} (%)")]
        notes = [f"{SAID}."]
        if any(len(row.there) > 1 for row in there):
            notes.append("Of runs that repeat, the first of each picture.")
        mistakes = {row.row.label: self._mistakes(row) for row in there} if self.most else {}
        notes += [f"{label}: {table.notes[0]}" for label, table in mistakes.items() if not table.rows]
        columns = ("Row: class", "n", "Mean ± SD", "Skewness", *sides)
        summary = Table(self.title, columns, tuple(lines), (*notes, *lacking(results, self.rows)))
        return [summary, *(table for table in mistakes.values() if table.rows)]

    def _lines(self, row: RowResult) -> list[tuple[Cell, ...]]:
        assert row.predictions is not None
        found = residuals(once(row.predictions))
        return [self._line(f"{row.row.label}: {name}", part) for name, part in found.groupby("class", sort=False)]

    def _line(self, name: str, part: pd.DataFrame) -> tuple[Cell, ...]:
        values, patients = part["residual"].to_numpy(dtype=np.float64), part["group"].to_numpy(dtype=str)
        flags = [flag for limit in self.beyond for flag in (values < -limit, values > limit)]
        shares = [share_interval(flag, patients) for flag in flags]
        spread = float(values.std(ddof=1)) if len(values) > 1 else None
        skewness = float(stats.skew(values)) if np.ptp(values) > 0 else float("nan")
        tails = [Estimate(100 * each.value, None, 1, 100 * each.low, 100 * each.high) for each in shares]
        return (name, len(values), Estimate(float(values.mean()), spread, 3), Estimate(skewness), *tails)

    def _mistakes(self, row: RowResult) -> Table:
        """The surest mistakes of a row, with sharpness and contrast of the pictures where they were measured."""
        assert row.predictions is not None
        predictions, traits = once(row.predictions), picture_traits(row.findings)
        found = confident_mistakes(predictions, threshold=self.confident, most=self.most, traits=traits)
        tests = {} if traits is None else traits_of_mistakes(traits, outcomes(predictions))
        table = mistakes_table(found, tests)
        unmeasured = [] if traits is not None else ["Blur and contrast: not evaluated (evaluation=[picture_quality])."]
        return replace(
            table, title=f"{self.title}, {table.title.lower()}: {row.row.label}", notes=(*table.notes, *unmeasured)
        )
