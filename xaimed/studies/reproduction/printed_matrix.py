"""Which confusion matrix lies behind a printed row, and which others might have come from other samples?"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from xaimed.evaluation.statistics.bootstrap import RESAMPLES, SEED
from xaimed.evaluation.statistics.known_n import share_ends
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import Matrix, Samples, Value
from xaimed.studies.published.rules.two_classes import possible, two_class_samples
from xaimed.studies.published.scores import Scores


def matrix_of(paper: Paper, value: Value) -> Matrix | None:
    """The confusion matrix behind a value: that which is printed for its row and samples, or the only one that fits."""
    address = value.address.rpartition(".")[0]
    for matrix in paper.matrices.values():
        if matrix.row == address and matrix.of == value.column.of:
            return matrix
    row = paper.row(address)
    samples = two_class_samples(paper, row)
    return _only_matrix(paper, address, samples) if samples and samples is paper.samples_of(value) else None


@lru_cache
def matrices_like(counts: tuple[tuple[int, ...], ...]) -> Scores:
    """The matrix of as many other samples, many times."""
    cells = np.array(counts, dtype=np.float64)
    drawn = np.random.default_rng(SEED).multinomial(int(cells.sum()), cells.ravel() / cells.sum(), RESAMPLES)
    return drawn.reshape(RESAMPLES, *cells.shape).astype(np.float64)


def without_error(matrix: Matrix) -> float:
    """How far from perfect the shares of a perfect matrix may be: Wilson's, as if all classes were as its smallest."""
    return 1.0 - share_ends(1.0, min(map(sum, matrix.counts)) * len(matrix.labels))[0]


def _only_matrix(paper: Paper, address: str, samples: Samples) -> Matrix | None:
    every, masks = possible(paper, paper.row(address), samples)
    fitting = every[np.logical_and.reduce(list(masks.values()))] if masks else every[:0]
    if len(fitting) != 1:
        return None
    labels = (next(name for name in samples.classes if name != samples.positive), str(samples.positive))
    counts = tuple(tuple(int(count) for count in line) for line in fitting[0])
    return Matrix(address, "the only one that fits", samples.name, labels, counts, address)
