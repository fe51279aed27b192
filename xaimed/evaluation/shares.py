"""How sure is a share of these pictures? Patients drawn again; with few patients, or all alike, Wilson's interval."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from xaimed.evaluation.statistics.bootstrap import LEVEL, Interval, mean_interval
from xaimed.evaluation.statistics.intervals import wilson

FEW = 30
"""With fewer patients resampled intervals are too narrow, and for 0 % and 100 % they have no width at all."""


def share_interval(flags: npt.ArrayLike, groups: npt.ArrayLike, level: float = LEVEL) -> Interval:
    """The share of rows that are so, with its interval.

    Wilson's interval counts patients, not pictures, as trials, for pictures of one patient are no independent ones.

    Args:
        flags: true or false a row.
        groups: the patient of every row.
        level: of the interval.
    """
    so, patient = np.asarray(flags, dtype=np.float64), np.asarray(groups)
    patients = len(np.unique(patient))
    share = float(so.mean()) if len(so) else float("nan")
    if patients >= FEW and 0 < share < 1:
        return mean_interval(so, patient, level=level)
    found = wilson(round(share * patients) if patients else 0, patients, level)
    return replace(found, value=share, n=len(so), groups=patients)
