"""How far off is every row? Histograms of truth less probability, and residuals against probability."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.figure import Figure

from xaimed.reporting.residuals import residuals_figure
from xaimed.studies.reproduction.figures.said import stamp_of
from xaimed.studies.reproduction.results import Results


@dataclass(frozen=True)
class ResidualPlots:
    """A figure for each row of the study.

    Attributes:
        title: what it shows.
        rows: which rows of the study; all without.
    """

    title: str
    rows: tuple[str, ...] = ()

    def __call__(self, results: Results) -> list[Figure]:
        """One figure for each row that has predictions."""
        figures = []
        for row in results.there(self.rows):
            assert row.predictions is not None
            title = f"{self.title}: {row.row.label}" + (f" ({row.missing} missing)" if row.missing else "")
            figures.append(residuals_figure(row.predictions, title=title, stamp=stamp_of(results, [row])))
        return figures
