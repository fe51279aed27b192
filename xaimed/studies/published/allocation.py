"""Is there any way to share a matrix out over folds that gives every printed mean and spread? All ways are tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from math import comb, prod

import numpy as np
import numpy.typing as npt

from xaimed.studies.published.folds import Plan, plans
from xaimed.studies.published.parts import Matrix, Samples, Value
from xaimed.studies.published.printed import Printed
from xaimed.studies.published.scores import Counts, score

MOST = 40_000
"""Ways to share the errors out that are still tried, for each share of the classes."""

DIVISORS = {"n": 0, "n − 1": 1}
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Fit:
    """What sharing out can reach: every value by itself, and all together, by the divisor of the spread."""

    alone: Mapping[str, frozenset[str]]
    together: frozenset[str]

    @property
    def impossible(self) -> list[str]:
        """Columns whose mean and spread no share gives."""
        return [name for name, divisors in self.alone.items() if not divisors]


def can_be_tried(matrix: Matrix, samples: Samples) -> bool:
    """Whether there are few enough errors, and rows that are the classes."""
    classes = tuple(samples.classes.get(label, -1) for label in matrix.labels)
    if not samples.folds or classes != tuple(map(sum, matrix.counts)) or not plans(classes, samples.folds):
        return False
    return prod(comb(count + samples.folds - 1, count) for *_, count in _errors(matrix)) <= MOST


def fit(matrix: Matrix, samples: Samples, row: Mapping[str, Value]) -> Fit:
    """Try every share of a matrix that ``can_be_tried`` over every share of the classes."""
    assert samples.folds is not None
    classes = tuple(samples.classes[label] for label in matrix.labels)
    alone: dict[str, set[str]] = {name: set() for name in row}
    together: set[str] = set()
    for plan in plans(classes, samples.folds):
        shares = _shares(matrix, plan, samples.folds)
        if not len(shares):
            continue
        for name, divisor in DIVISORS.items():
            masks = {key: _given(value, shares, matrix, samples, divisor) for key, value in row.items()}
            for key, mask in masks.items():
                if mask.any():
                    alone[key].add(name)
            if np.logical_and.reduce(list(masks.values())).any():
                together.add(name)
    return Fit({key: frozenset(found) for key, found in alone.items()}, frozenset(together))


def moved(matrix: Matrix) -> Iterator[tuple[Matrix, str]]:
    """The matrix with one sample of one class predicted as another class than printed, and what was changed."""
    for i, j, _ in _errors(matrix):
        for other in range(len(matrix.labels)):
            if other not in (i, j):
                lines = [list(line) for line in matrix.counts]
                lines[i][j] -= 1
                lines[i][other] += 1
                told = f"one {matrix.labels[i]} predicted as {matrix.labels[other]}, not as {matrix.labels[j]}"
                yield replace(matrix, counts=tuple(map(tuple, lines))), told


def _errors(matrix: Matrix) -> list[tuple[int, int, int]]:
    return [(i, j, count) for i, line in enumerate(matrix.counts) for j, count in enumerate(line) if i != j and count]


def _shares(matrix: Matrix, plan: Plan, folds: int) -> Counts:
    """``[ways, folds, classes, classes]``: everything that is not an error is right."""
    errors = _errors(matrix)
    options = [np.array(_parts(count, folds)) for *_, count in errors]
    picks = np.array(list(product(*(range(len(option)) for option in options))), dtype=int).reshape(-1, len(options))
    width = len(matrix.labels)
    found = np.zeros((len(picks), folds, width, width), dtype=np.int64)
    for k, (i, j, _) in enumerate(errors):
        found[:, :, i, j] = options[k][picks[:, k]]
    right = np.array(plan)[None] - found.sum(-1)
    found[:, :, range(width), range(width)] = right
    kept: Counts = found[(right >= 0).all((1, 2))]
    return kept


@lru_cache
def _parts(count: int, folds: int) -> Sequence[tuple[int, ...]]:
    if folds == 1:
        return ((count,),)
    return tuple((first, *rest) for first in range(count + 1) for rest in _parts(count - first, folds - 1))


def _given(value: Value, shares: Counts, matrix: Matrix, samples: Samples, divisor: int) -> Mask:
    """Which shares give this printed mean, and this spread where one is printed."""
    each = score(shares, value.column, matrix.labels, samples.positive)
    assert each is not None
    each = each * value.scale
    mask = _inside(value.printed, each.mean(1))
    if value.printed.sd is not None:
        mask &= _inside(value.printed.sd, each.std(1, ddof=divisor))
    return mask


def _inside(number: Printed, values: npt.NDArray[np.float64]) -> Mask:
    room = 1e-9
    low, high = float(number.either.low) - room, float(number.either.high) + room
    return np.asarray((values >= low) & (values <= high), dtype=np.bool_)
