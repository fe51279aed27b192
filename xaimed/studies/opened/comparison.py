"""How do runs compare? Their tables below one another, their curves and heatmaps beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import get_args

import pandas as pd
from matplotlib.figure import Figure

from xaimed.errors import ConfigError, StoreError
from xaimed.evaluation.differences import Difference, differences
from xaimed.evaluation.discrimination import Kind, one_against_rest
from xaimed.evaluation.summary import pooled_confusion
from xaimed.evaluation.trust import preferred
from xaimed.reporting.confusions import confusions_figure
from xaimed.reporting.learning_curves import learning_curves_figure
from xaimed.reporting.results import counted
from xaimed.reporting.roc import roc_figure
from xaimed.studies.differences import reported
from xaimed.studies.drawn import EACH_CLASS, predictions_of
from xaimed.studies.opened import frames, maps
from xaimed.studies.opened.run import OpenRun
from xaimed.studies.reproduction.figures.explained import Explained


@dataclass(frozen=True)
class Comparison:
    """Several runs, each under a short name.

    Attributes:
        runs: by name.
    """

    runs: Mapping[str, OpenRun]

    def metrics(self) -> pd.DataFrame:
        """A row for each run and metric, as ``OpenRun.metrics`` has them."""
        return frames.stacked([(name, run.metrics()) for name, run in self.runs.items()])

    def folds(self) -> pd.DataFrame:
        """A row for each run, fold and metric."""
        return frames.stacked([(name, run.folds()) for name, run in self.runs.items()])

    def trust(self) -> pd.DataFrame:
        """A row for each run and measure of the trust table."""
        return frames.stacked([(name, run.trust()) for name, run in self.runs.items()])

    def preferred(self) -> tuple[str | None, str]:
        """The run that a careful reader should prefer, and why; None where nothing tells them apart."""
        return preferred([replace(run.result.trust(), name=name) for name, run in self.runs.items()])

    def differences(self) -> pd.DataFrame:
        """A row for each tested difference of two runs that report the same pictures.

        Columns ``first, second, metric, value`` (the first less the second)``, low, high, p, method, effect,
        adjusted``; the last is p adjusted after Holm over all rows.
        """
        asked = [
            replace(reported(run.result.run, predictions_of(run.result), run.result.metrics()), name=name)
            for name, run in self.runs.items()
        ]
        found = [asdict(one) for one in differences(asked).found]
        return pd.DataFrame(found, columns=list(Difference.__dataclass_fields__))

    def roc_figure(self, title: str = "", kind: Kind = "roc") -> Figure:
        """A plot for each run."""
        maps.known(kind, get_args(Kind), "kind of curve")
        plots = {name: one_against_rest(predictions_of(run.result)) for name, run in self.runs.items()}
        heading = title or ("ROC curves" if kind == "roc" else "Precision and recall")
        told = f"{self._counted()} · {EACH_CLASS}"
        return roc_figure(plots, title=heading, subline=told, kind=kind, stamp=self._stamp())

    def confusion_figure(self, title: str = "") -> Figure:
        """A confusion matrix for each run."""
        matrices = {name: pooled_confusion(predictions_of(run.result)) for name, run in self.runs.items()}
        told = f"{self._counted()} · pooled over folds: count and % of the row"
        return confusions_figure(matrices, title=title or "Confusion matrices", subline=told, stamp=self._stamp())

    def curves_figure(self, title: str = "") -> Figure:
        """Loss and accuracy, a line of plots for each run that was trained."""
        histories = {
            name: {str(fold): table for fold, table in run.result.history().items()} for name, run in self.runs.items()
        }
        trained = {name: folds for name, folds in histories.items() if folds}
        if not trained:
            raise StoreError("none of these runs was trained, so there are no curves")
        return learning_curves_figure(trained, title=title or "Training", stamp=self._stamp())

    def heatmaps_figure(
        self, samples: str | Sequence[str] | None = None, explainer: str = "gradcam", title: str = ""
    ) -> Figure:
        """A line for each picture, a column for each run.

        Args:
            samples: names of pictures, or one; right and wrong ones of the first run without.
            explainer: whose maps.
            title: what stands above.
        """
        columns = {name: Explained(run.result, explainer) for name, run in self.runs.items()}
        if not any(each.has_maps for each in columns.values()):
            first = next(iter(self.runs.values()))
            stored = maps.some([name for run in self.runs.values() for name in run.explainers], first.path.parent)
            maps.known(explainer, [name for name in stored if name != explainer], maps.STORED)
        chosen = samples or next(iter(self.runs.values())).cases()
        return maps.heatmaps_figure(chosen, columns, title=title or "Where they look", stamp=self._stamp())

    def _counted(self) -> str:
        tables = {name: predictions_of(run.result) for name, run in self.runs.items()}
        told = {name: counted(table.samples, len(table.repeats)) for name, table in tables.items()}
        if len(set(told.values())) == 1:
            return next(iter(told.values()))
        return "; ".join(f"{name}: {n}" for name, n in told.items())

    def _stamp(self) -> str | None:
        stamps = [stamp for run in self.runs.values() for stamp in run.result.facts["stamps"]]
        return ", ".join(dict.fromkeys(stamps)) or None


def compare(runs: Mapping[str, OpenRun] | Sequence[OpenRun]) -> Comparison:
    """Runs to be compared: under the names given, or else under those of their directories."""
    named = dict(runs) if isinstance(runs, Mapping) else {run.name: run for run in runs}
    if len(named) < 2 or len(named) < len(runs):
        raise ConfigError("two different runs at least can be compared", fix="Give several, such as {'A': a, 'B': b}.")
    return Comparison(named)
