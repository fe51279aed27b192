"""What does TensorBoard show of a finished fold? What it confuses, its curves class by class, and how honest it is."""

from __future__ import annotations

from typing import Any, Protocol

import lightning.pytorch as pl
from lightning.pytorch.loggers import TensorBoardLogger
from matplotlib.figure import Figure

from xaimed.evaluation.calibration import decisions, ece, reliability
from xaimed.evaluation.discrimination import Judged, Kind, one_against_rest
from xaimed.evaluation.predictions import Predictions
from xaimed.evaluation.summary import pooled_confusion
from xaimed.reporting.confusion import confusion_figure
from xaimed.reporting.reliability import reliability_figure
from xaimed.reporting.roc import roc_figure
from xaimed.reporting.tensorboard import PictureWriter, add_figure_image
from xaimed.reporting.text import visible

CURVES: dict[Kind, str] = {"roc": "ROC", "precision_recall": "Precision and recall"}


class CurveWriter(PictureWriter, Protocol):
    """What is used of ``torch.utils.tensorboard.SummaryWriter``."""

    def add_pr_curve(self, tag: str, labels: Any, predictions: Any, global_step: int | None = ...) -> None:
        """Write one precision-recall curve, with a slider for its threshold."""
        ...


def show_fold(trainer: pl.Trainer, predictions: Predictions, title: str, stamp: str | None) -> None:
    """Give TensorBoard, where it is asked for, the figures and curves of one fold.

    Args:
        trainer: of the fold, with its loggers.
        predictions: the fold's own.
        title: which data these are; the fold is added.
        stamp: what must never be missing from a figure.
    """
    loggers = [logger for logger in trainer.loggers if isinstance(logger, TensorBoardLogger)]
    if not loggers:
        return
    figures = fold_figures(predictions, f"{title}, fold {predictions.folds[0]}", stamp)
    for logger in loggers:
        for tag, figure in figures.items():
            add_figure_image(logger.experiment, f"fold/{tag}", figure, 0)
        _add_curves(logger.experiment, predictions)


def fold_figures(predictions: Predictions, title: str, stamp: str | None) -> dict[str, Figure]:
    """The figures of a fold by their names; curves only where some class has both samples of it and others."""
    confusion = confusion_figure(pooled_confusion(predictions), title=title, samples=predictions.samples, stamp=stamp)
    sure = decisions(predictions)
    name, told = f"ECE {ece([sure]):.3f}", f"n = {len(sure.right)} decisions · lines: 95 % interval (Wilson)"
    calibration = reliability_figure({name: reliability(sure)}, title=title, subline=told, stamp=stamp)
    found = {"confusion": confusion, "calibration": calibration}
    if classes := _defined(predictions):
        subline = f"n = {predictions.samples} samples · each class against the rest"
        for kind, called in CURVES.items():
            found[kind] = roc_figure({called: classes}, title=title, subline=subline, kind=kind, stamp=stamp)
    return found


def _defined(predictions: Predictions) -> dict[str, list[Judged]]:
    return {name: rounds for name, rounds in one_against_rest(predictions).items() if rounds[0].defined}


def _add_curves(writer: CurveWriter, predictions: Predictions) -> None:
    for name, (judged, *_) in _defined(predictions).items():
        tag = f"fold/{visible(name).replace('/', '_')}"
        writer.add_pr_curve(tag, judged.truth, judged.probability, 0)
