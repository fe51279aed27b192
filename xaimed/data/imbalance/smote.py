"""What lies between a sample and its neighbours? SMOTE: a point on the line to one of the nearest of its class."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from xaimed.data.imbalance.frequencies import Counts

Points = TypeVar("Points", Tensor, npt.NDArray[np.float32])


def neighbours_within(points: npt.NDArray[np.float32], classes: Counts, count: int) -> list[Counts]:
    """The nearest others of the same class, by Euclidean distance, as positions among ``points``.

    Args:
        points: ``[n, d]``.
        classes: the class of each, ``[n]``.
        count: how many neighbours; where a class has fewer others, all of them.
    """
    found: list[Counts] = [np.empty(0, dtype=np.int64)] * len(points)
    for name in np.unique(classes):
        members = np.flatnonzero(classes == name)
        if len(members) == 1:
            continue
        search = NearestNeighbors(n_neighbors=min(count, len(members) - 1), algorithm="brute").fit(points[members])
        for member, near in zip(members, search.kneighbors(return_distance=False), strict=True):  # itself left out
            found[member] = members[near]
    return found


def between(point: Points, neighbour: Points, step: Points | float) -> Points:
    """The point at ``step`` (0 … 1) of the way to the neighbour."""
    return point + step * (neighbour - point)
