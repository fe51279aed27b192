"""What is compared of a run? Its predictions, their metrics fold by fold, and with how much the folds were trained."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xaimed.evaluation.differences import Reported
from xaimed.evaluation.predictions import Predictions
from xaimed.store.fold import SPLIT
from xaimed.store.run import Run

MOST = 10
"""Of more runs there are too many pairs to read, and corrected for all of them hardly one remains."""


def reported(run: Run, predictions: Predictions, per_fold: pd.DataFrame) -> Reported:
    """A run as it can be compared.

    Args:
        run: where it lies.
        predictions: the rows of its folds that count.
        per_fold: their metrics.
    """
    files = [run.fold(fold).path / SPLIT for fold in predictions.folds]
    sizes = [int(pd.read_csv(file, usecols=["role"])["role"].eq("train").sum()) for file in files]
    return Reported(run.path.name, predictions, per_fold, float(np.mean(sizes)))
