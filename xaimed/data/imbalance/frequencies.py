"""How often is each class among the rows that train? That decides weights, draws and copies."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from xaimed.data.manifest import Manifest
from xaimed.data.protocol import Rows
from xaimed.data.task import UNKNOWN, Kind, Task

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Frequencies:
    """Rows that have each class, and rows that certainly do not; labels nobody knows are in neither.

    Attributes:
        task: whose classes.
        positive: ``[classes]``.
        negative: ``[classes]``.
    """

    task: Task
    positive: Counts
    negative: Counts

    @property
    def missing(self) -> Counts:
        """How many rows each exclusive class lacks to be as large as the largest."""
        return np.asarray(self.positive.max() - self.positive)

    def filled_up(self) -> Frequencies:
        """The same when every exclusive class is as large as the largest."""
        count = len(self.positive)
        level = np.full(count, self.positive.max())
        return replace(self, positive=level, negative=level * (count - 1))


def frequencies_of(manifest: Manifest, rows: Rows) -> Frequencies:
    """What is counted in these rows."""
    positive = manifest.positives[rows]
    known = manifest.labels[rows] != UNKNOWN if manifest.task.kind is Kind.MULTILABEL else np.ones_like(positive)
    return Frequencies(manifest.task, positive.sum(0), (known & ~positive).sum(0))
