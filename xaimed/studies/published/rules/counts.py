"""Do the counts add up? Classes to their samples, rows of a matrix to their classes."""

from __future__ import annotations

from collections.abc import Iterator

from xaimed.studies.published.findings import Agreement, Finding, Outcome, Weight
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import Matrix

RULE = "counts add up"


def check(paper: Paper) -> Iterator[Outcome]:
    """Samples against their classes, matrices against their samples."""
    for samples in paper.samples.values():
        if not samples.classes:
            continue
        added = sum(samples.classes.values())
        if added == samples.n:
            yield Agreement(RULE, f"the classes of '{samples.name}' are {added} together")
        else:
            sum_told = " + ".join(map(str, samples.classes.values()))
            yield Finding(
                RULE,
                Weight.RESULT,
                (f"samples '{samples.name}'",),
                f"The classes of '{samples.name}' do not add up to its {samples.n} samples.",
                (f"{sum_told} = {added}, but {samples.n} are printed",),
                abs(added - samples.n) / max(samples.n, 1),
            )
    for matrix in paper.matrices.values():
        yield from _rows(paper, matrix)


def _rows(paper: Paper, matrix: Matrix) -> Iterator[Outcome]:
    samples = paper.samples[matrix.of]
    wrong = []
    for label, line in zip(matrix.labels, matrix.counts, strict=True):
        size = samples.classes.get(label)
        if size is not None and sum(line) != size:
            wrong.append(f"{label}: {' + '.join(map(str, line))} = {sum(line)}, but {size} are printed")
    if matrix.total != samples.n:
        wrong.append(f"{matrix.total} samples in all, but '{samples.name}' has {samples.n}")
    if wrong:
        yield Finding(
            RULE,
            paper.weight_of_matrix(matrix),
            (matrix.place,),
            f"The rows of this matrix are not the classes of '{samples.name}'.",
            tuple(wrong),
            abs(matrix.total - samples.n) / max(samples.n, 1),
            (matrix.row,),
        )
    else:
        yield Agreement(RULE, f"{matrix.place}: every row has the size of its class, {matrix.total} in all")
