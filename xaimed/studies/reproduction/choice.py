"""What does it give away to choose where one reports? The same figure with both kept apart, on the same patients."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from xaimed.evaluation.predictions import Predictions, pool
from xaimed.evaluation.reading import read_predictions
from xaimed.evaluation.statistics.bootstrap import Interval
from xaimed.evaluation.statistics.resampled import Resampled, resampled
from xaimed.store.fold import VALIDATION
from xaimed.studies.reproduction.results import STRIDE, RowResult


@dataclass(frozen=True)
class Choice:
    """A figure as the paper's protocol gives it, and with the choice kept apart from the report.

    Attributes:
        published: by the paper's protocol.
        apart: with the choice made on other samples.
    """

    published: Resampled
    apart: Resampled

    def given_away(self, metric: str) -> Interval:
        """How much higher the first is, in resamples that are the same for both."""
        return self.published.less(self.apart, metric)


def on_the_same(published: Predictions, nested: Predictions) -> Choice | None:
    """Two runs on the samples that both report; None where there is no such sample.

    Args:
        published: of the run whose checkpoint was chosen on what it reports.
        nested: of the run whose checkpoint was not.
    """
    shared = set(published.frame["sample_id"]) & set(nested.frame["sample_id"])
    if not shared or (published.kind, published.classes) != (nested.kind, nested.classes):
        return None
    return Choice(*(resampled(_only(each, shared)) for each in (published, nested)))


def with_what_chose(row: RowResult) -> Choice | None:
    """A row's figures on reported samples and those that chose the checkpoint together, and on the reported alone.

    None where no run of it kept what it said of the latter, or has several folds, in which what chooses in one is
    reported in another.
    """
    tables, reported = [], []
    for i, result in enumerate(row.there):
        folds = [fold for fold in result.run.finished() if fold.index not in result.refused]
        if len(folds) != 1 or not (file := folds[0].path / VALIDATION).is_file():
            continue
        assert result.predictions is not None
        for table, counts in ((result.predictions, True), (read_predictions(file), False)):
            tables.append(replace(table, frame=table.frame.assign(fold=STRIDE * i)))
            reported.append(np.full(len(table), counts))
    if not tables:
        return None
    whole = pool(tables)
    return Choice(resampled(whole), resampled(whole, among=np.concatenate(reported)))


def _only(predictions: Predictions, names: set[str]) -> Predictions:
    frame: pd.DataFrame = predictions.frame[predictions.frame["sample_id"].isin(names)].reset_index(drop=True)
    return replace(predictions, frame=frame)
