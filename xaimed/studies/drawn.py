"""What is drawn of one run? Its confusion matrix, curves and residuals, from what is stored of it."""

from __future__ import annotations

from matplotlib.figure import Figure

from xaimed.evaluation.discrimination import Kind, one_against_rest
from xaimed.evaluation.doubt import doubts
from xaimed.evaluation.predictions import Predictions
from xaimed.evaluation.summary import pooled_confusion
from xaimed.reporting.confusion import confusion_figure
from xaimed.reporting.curves import curves_figure
from xaimed.reporting.doubt import risk_coverage_figure
from xaimed.reporting.residuals import residuals_figure
from xaimed.reporting.results import counted
from xaimed.reporting.roc import roc_figure
from xaimed.studies.result import RunResult
from xaimed.training.direction import direction

EACH_CLASS = "each class against the rest, predictions pooled over folds"


def confusion_of(result: RunResult, title: str = "") -> Figure:
    """Which classes are mistaken for which, pooled over folds."""
    predictions = predictions_of(result)
    n = {"samples": predictions.samples, "repeats": len(predictions.repeats)}
    matrix = pooled_confusion(predictions)
    return confusion_figure(matrix, title=title or result.name, stamp=result.stamp or None, **n)


def roc_of(result: RunResult, title: str = "", kind: Kind = "roc") -> Figure:
    """How well each class is told from the rest: ROC curves, or precision against recall."""
    predictions = predictions_of(result)
    told = counted(predictions.samples, len(predictions.repeats))
    plots = {result.name: one_against_rest(predictions)}
    heading = title or ("ROC curves" if kind == "roc" else "Precision and recall")
    return roc_figure(plots, title=heading, subline=f"{told} · {EACH_CLASS}", kind=kind, stamp=result.stamp or None)


def curves_of(result: RunResult, title: str = "") -> Figure | None:
    """Loss and accuracy, epoch by epoch; None for what was not trained, such as an ensemble."""
    history = result.history()
    if not history:
        return None
    best = result.facts["config"].get("callbacks", {}).get("best_checkpoint", {})
    monitor = best.get("monitor", "val/loss")
    mode = direction(monitor, best.get("mode", "auto"))
    return curves_figure(history, title=title or result.name, monitor=monitor, mode=mode, stamp=result.stamp or None)


def reliability_of(result: RunResult, title: str = "") -> Figure:
    """Whether it is right as often as it is sure."""
    return result.calibrated.figure(title or result.name, result.stamp or None)


def residuals_of(result: RunResult, title: str = "") -> Figure:
    """How far off each prediction was, class by class."""
    return residuals_figure(predictions_of(result), title=title or result.name, stamp=result.stamp or None)


def risk_of(result: RunResult, title: str = "") -> Figure | None:
    """How wrong it is on what it is surest of; None where doubt was not measured."""
    worth = doubts(result.findings(), predictions_of(result), resamples=0)
    return risk_coverage_figure(worth, title=title or result.name, stamp=result.stamp or None) if worth else None


def predictions_of(result: RunResult) -> Predictions:
    """The rows of a run that is known to have some."""
    assert result.predictions is not None
    return result.predictions
