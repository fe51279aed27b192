"""What can be asked of a finished run from Python? Its tables as data frames, its figures as matplotlib figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure

from xaimed.callbacks.cases import choose_cases
from xaimed.errors import StoreError
from xaimed.evaluation.discrimination import Kind
from xaimed.evaluation.residuals import residuals
from xaimed.evaluation.summary import pooled_confusion
from xaimed.store.run import Run, find_runs
from xaimed.studies import drawn
from xaimed.studies.drawn import predictions_of
from xaimed.studies.opened import frames, maps
from xaimed.studies.reproduction.figures.explained import Explained
from xaimed.studies.result import RunResult, result_of


@dataclass(frozen=True)
class OpenRun:
    """A run that has at least one finished fold, read without a model.

    Tables hold one observation a row, shares as numbers from 0 to 1. Figures carry the run's stamps. Nothing is
    written; what is missing of the run is in ``notes``.

    Attributes:
        result: what it has given so far.
    """

    result: RunResult

    def __repr__(self) -> str:
        """Short, for it is what a notebook shows of a run."""
        return f"OpenRun({str(self.path)!r})"

    @property
    def path(self) -> Path:
        """The run's directory."""
        return self.result.run.path

    @property
    def name(self) -> str:
        """The name of that directory."""
        return self.result.name

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, in the order of the logits."""
        return predictions_of(self.result).classes

    @property
    def config(self) -> dict[str, Any]:
        """The configuration that it was made with."""
        return dict(self.result.facts["config"])

    @property
    def notes(self) -> list[str]:
        """What must be known beside every number: stamps, the protocol, what is missing or not counted."""
        result = self.result
        missing = [f"fold {fold} is missing: {result.failures.get(fold, 'not made yet')}" for fold in result.missing]
        refused = [f"fold {fold} is not counted: {why}" for fold, why in result.refused.items()]
        return [*result.facts["stamps"], result.facts["note"], *missing, *refused]

    @property
    def explainers(self) -> list[str]:
        """The explainers whose maps are stored."""
        return maps.explainers_in(self.result)

    def predictions(self) -> pd.DataFrame:
        """A row for each reported picture: ``sample_id, group, fold, label, predicted``, logits and probabilities."""
        return predictions_of(self.result).frame.copy()

    def metrics(self) -> pd.DataFrame:
        """A row for each metric: mean and SD over folds, and pooled over all pictures with its 95 % interval."""
        return frames.metrics_frame(self.result)

    def folds(self) -> pd.DataFrame:
        """A row for each fold and metric."""
        return frames.folds_frame(self.result)

    def confusion(self) -> pd.DataFrame:
        """Counts pooled over folds: true classes down, predicted classes across."""
        return pooled_confusion(predictions_of(self.result))

    def calibration(self) -> pd.DataFrame:
        """A row for each measure of how honest the probabilities are, with its 95 % interval."""
        return frames.calibration_frame(self.result)

    def residuals(self) -> pd.DataFrame:
        """A row for each picture and class: truth (0 or 1), probability, and their difference."""
        return residuals(predictions_of(self.result))

    def history(self) -> pd.DataFrame:
        """A row for each fold and epoch, with losses and accuracies; empty for an ensemble."""
        return frames.history_frame(self.result)

    def findings(self) -> pd.DataFrame:
        """A row for each picture, explainer and measure that an evaluation gave."""
        return frames.findings_frame(self.result)

    def trust(self) -> pd.DataFrame:
        """The trust table: a row for each measure, with what it has to beat and whether it does."""
        return frames.trust_frame(self.result.trust())

    def warnings(self) -> list[str]:
        """What forbids to trust the run whatever its numbers are, such as a shortcut that was found, or a stamp."""
        return list(self.result.trust().warnings)

    def cases(self, each: int = 1) -> list[str]:
        """Names of pictures worth looking at: up to ``each`` right and ``each`` wrong ones of every class."""
        first = predictions_of(self.result)
        chosen = choose_cases(first.of_folds(*first.repeats[0]), each)
        return [case.sample_id for case in chosen]

    def picture(self, sample_id: str) -> npt.NDArray[Any]:
        """A picture as the network saw it before normalisation, ``[1 or 3, H, W]`` in 0..1."""
        return maps.picture_of(self.result, sample_id).pixels

    def evidence(self, sample_id: str) -> npt.NDArray[Any] | None:
        """Where the finding of a picture is, ``[H, W]``; None where that is not known."""
        return maps.picture_of(self.result, sample_id).mask

    def heatmap(self, sample_id: str, explainer: str = "gradcam", what: str = "heatmap") -> npt.NDArray[Any]:
        """A stored map, raw and on its own grid; ``what`` may be ``uncertainty`` where the explainer has one."""
        return maps.map_of(self.result, sample_id, explainer, what)

    def confusion_figure(self, title: str = "") -> Figure:
        """Which classes are mistaken for which."""
        return drawn.confusion_of(self.result, title)

    def roc_figure(self, title: str = "", kind: Kind = "roc") -> Figure:
        """How well each class is told from the rest; ``kind="precision_recall"`` for the other curve."""
        maps.known(kind, get_args(Kind), "kind of curve")
        return drawn.roc_of(self.result, title, kind)

    def curves_figure(self, title: str = "") -> Figure:
        """Loss and accuracy, epoch by epoch and fold by fold."""
        figure = drawn.curves_of(self.result, title)
        if figure is None:
            raise StoreError("this run has no curves, for it was not trained", where=self.path)
        return figure

    def reliability_figure(self, title: str = "") -> Figure:
        """Is it right as often as it is sure?"""
        return drawn.reliability_of(self.result, title)

    def residuals_figure(self, title: str = "") -> Figure:
        """How far off each prediction was."""
        return drawn.residuals_of(self.result, title)

    def heatmaps_figure(
        self,
        samples: str | Sequence[str] | None = None,
        explainers: str | Sequence[str] | None = None,
        title: str = "",
    ) -> Figure:
        """Pictures with their heatmaps: a line for each sample, a column for each explainer.

        Args:
            samples: names of pictures, or one; one right and one wrong of every class without.
            explainers: such as ``["gradcam", "lime"]``, or one; all that have stored maps without.
            title: what stands above; the name of the run without.
        """
        there = maps.some(self.explainers, self.path)
        chosen = [maps.known(name, there, maps.STORED) for name in maps.several(explainers or there)]
        seen = [Explained(self.result, name) for name in chosen]
        columns = {each.title if [other.title for other in seen].count(each.title) == 1 else each.explainer: each
                   for each in seen}  # fmt: skip
        stamp = self.result.stamp or None
        return maps.heatmaps_figure(samples or self.cases(), columns, title=title or self.name, stamp=stamp)


def open_run(place: str | Path) -> OpenRun:
    """The run at or below a directory, where there is one alone; it must have a finished fold."""
    runs = find_runs([Path(place)])
    if not runs:
        raise StoreError("there is no run here", where=place, fix="Name the directory of a run.")
    if len(runs) > 1:
        names = ", ".join(run.path.name for run in runs)
        raise StoreError(f"there are {len(runs)} runs here: {names}", where=place, fix="Name one, or use open_runs.")
    return _opened(runs[0])


def open_runs(*places: str | Path) -> list[OpenRun]:
    """Every run at or below these directories that has a finished fold, in the order of their names."""
    results = [result_of(run) for run in find_runs([Path(place) for place in places])]
    return [OpenRun(result) for result in results if result.predictions is not None]


def _opened(run: Run) -> OpenRun:
    result = result_of(run)
    if result.predictions is None:
        why = "; ".join(said.removesuffix(".") for said in [*result.failures.values(), *result.refused.values()])
        raise StoreError(
            f"no fold of this run is finished{f': {why}' if why else ''}",
            where=run.path,
            fix="The command that it was started with goes on with it.",
        )
    return OpenRun(result)
