"""How honest are a run's probabilities? Judged on reported rows, scaled by what the selection rows say."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from xaimed.evaluation.calibration import calibration, decisions, once, reliability
from xaimed.evaluation.predictions import Predictions, pool
from xaimed.evaluation.reading import read_predictions
from xaimed.evaluation.statistics.bootstrap import Interval
from xaimed.evaluation.temperature import Temperature, fit_temperature, scaled
from xaimed.reporting.calibration import calibration_table, temperature_notes
from xaimed.reporting.reliability import reliability_figure
from xaimed.reporting.tables import Table
from xaimed.store.fold import SPLIT, VALIDATION, Fold
from xaimed.store.run import Run


@dataclass(frozen=True)
class Calibrated:
    """A run's reported rows before and after temperature scaling.

    Attributes:
        reported: the rows of the first repeat.
        found: the measures of calibration.
        temperatures: by fold; empty where none could be fitted.
        rescaled: the same rows with their logits divided by their fold's temperature.
        after: their measures.
        why_not: why no temperature could be fitted.
    """

    reported: Predictions
    found: dict[str, Interval]
    temperatures: dict[int, Temperature]
    rescaled: Predictions | None
    after: dict[str, Interval] | None
    why_not: str

    def table(self) -> Table:
        """Every measure, before and after."""
        notes = temperature_notes(self.temperatures) if self.temperatures else [f"Not scaled: {self.why_not}."]
        return calibration_table(self.found, self.reported.kind, after=self.after, notes=notes)

    def figure(self, title: str, stamp: str | None) -> Figure:
        """The reliability diagram, before and, where there is one, after."""
        sure = decisions(self.reported)
        panels = {f"as stored, ECE {self.found['ece'].value:.3f}": reliability(sure)}
        if self.rescaled is not None and self.after is not None:
            name = f"temperature scaled, ECE {self.after['ece'].value:.3f}"
            panels[name] = reliability(decisions(self.rescaled))
        what = "yes or no for each known label" if self.reported.kind == "multilabel" else "the predicted class"
        subline = f"n = {len(sure.right)} decisions, {what} · lines: 95 % interval (Wilson), decisions as independent"
        return reliability_figure(panels, title=title, subline=subline, stamp=stamp)


def calibrated(run: Run, predictions: Predictions) -> Calibrated:
    """Judge the reported rows of a run, whose folds are known to be whole."""
    reported = once(predictions)
    found = calibration(reported)
    why_not = next((why for fold in reported.folds if (why := _why_not(run.fold(fold)))), "")
    if why_not:
        return Calibrated(reported, found, {}, None, None, why_not)
    fitted = {fold: fit_temperature(read_predictions(run.fold(fold).path / VALIDATION)) for fold in reported.folds}
    rescaled = pool(scaled(reported.of_folds(fold), one.value) for fold, one in fitted.items())
    return Calibrated(reported, found, fitted, rescaled, calibration(rescaled), "")


def _why_not(fold: Fold) -> str:
    """Why this fold's temperature cannot be fitted; empty where it can."""
    if VALIDATION in fold.facts()["sealed"]:
        return ""
    if pd.read_csv(fold.path / SPLIT, usecols=["role"])["role"].eq("select+report").any():
        return (
            "the rows that chose the checkpoint are the reported ones, and a temperature fitted on what it is judged "
            "by would flatter; use protocol=nested or holdout"
        )
    return f"fold {fold.index} keeps no predictions of the rows that chose its checkpoint"
