"""What does a matrix of several sets leave for the others, when one set's only possible matrix is taken out of it?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.stats import fisher_exact

from xaimed.studies.published.findings import Agreement, Finding, Outcome
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import Matrix, Samples
from xaimed.studies.published.rules.two_classes import possible, two_class_samples
from xaimed.studies.published.scores import Counts

RULE = "what a part leaves of a larger matrix"
LEVEL = 0.05


def check(paper: Paper) -> Iterator[Outcome]:
    """Every matrix of samples that were put together, against every part that has one possible matrix."""
    for matrix in paper.matrices.values():
        for name in paper.samples[matrix.of].parts:
            for own, rows in _only_matrices(paper, paper.samples[name], matrix.labels):
                yield _left(paper, matrix, name, own, rows)


def _only_matrices(paper: Paper, part: Samples, labels: tuple[str, ...]) -> Iterator[tuple[Counts, list[str]]]:
    """The matrices that are the only ones of a row, each with the addresses of its rows."""
    found: dict[bytes, tuple[Counts, list[str]]] = {}
    for address in sorted({address.rpartition(".")[0] for address in paper.values}):
        row = paper.row(address)
        if two_class_samples(paper, row) is not part:
            continue
        every, masks = possible(paper, row, part)
        own = every[np.logical_and.reduce(list(masks.values()))] if masks else every
        if len(own) == 1:
            counts = own[0] if labels[1] == part.positive else own[0][::-1, ::-1]
            found.setdefault(counts.tobytes(), (counts, []))[1].append(address)
    yield from found.values()


def _left(paper: Paper, matrix: Matrix, part: str, own: Counts, rows: list[str]) -> Outcome:
    """Fisher's exact test for every class, at a level shared out over the classes."""
    left = np.array(matrix.counts) - own
    places = tuple(dict.fromkeys(value.row for address in rows for value in paper.row(address).values()))
    weight = min(paper.weight_of(value) for address in rows for value in paper.row(address).values())
    if (left < 0).any():
        told = f"The only matrix of '{part}' with the printed metrics has more in a cell than all sets together."
        line = f"{own.tolist()} for '{part}', but {[list(line) for line in matrix.counts]} for all"
        return Finding(RULE, weight, (*places, matrix.place), told, (line,))
    lines, chances = [], []
    for i, label in enumerate(matrix.labels):
        right, others = int(own[i, i]), int(left[i, i])
        wrong, failed = int(own[i].sum()) - right, int(left[i].sum()) - others
        chances.append(float(fisher_exact([[right, wrong], [others, failed]]).pvalue))
        lines.append(
            f"{label}: {right} of {right + wrong} right in '{part}', which leaves {others} of {others + failed} for "
            f"the rest, exact p = {chances[-1]:.2g}"
        )
    lines.append(
        f"the rest has {int(np.trace(left))} of {int(left.sum())} right, '{part}' {int(np.trace(own))} of "
        f"{int(own.sum())}"
    )
    if min(chances) >= LEVEL / len(chances):
        return Agreement(RULE, f"{matrix.place}: '{part}' and the rest", "; ".join(lines))
    told = f"By its matrix the rest differs from '{part}', whose metrics are printed, by more than chance."
    return Finding(RULE, weight, (*places, matrix.place), told, tuple(lines))
