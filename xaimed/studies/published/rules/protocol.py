"""Were the numbers made as the text says, on samples that nothing was chosen on?"""

from __future__ import annotations

from collections.abc import Iterator

from xaimed.studies.published.findings import Agreement, Finding, Outcome, Weight
from xaimed.studies.published.over_folds import mean_over_folds
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import FOLDS, Claim, Matrix, Value
from xaimed.studies.published.printed import shown
from xaimed.studies.published.scores import score

POOLED, SAME = "pooled or averaged over folds", "chosen and reported on the same samples"


def check(paper: Paper) -> Iterator[Outcome]:
    """Statements about pooling, and about what choices were made on."""
    for claim in paper.claims.values():
        if claim.pools:
            yield _pooled(paper, claim)
    for place, chosen, reported in paper.same_data:
        yield Finding(
            SAME,
            Weight.METHOD,
            (place,),
            "The reported samples are those on which training was stopped and checkpoints were chosen, so the figures "
            "are too good by an amount that the paper cannot know.",
            (f"chosen on: {chosen}; reported on: {reported}",),
        )


def _pooled(paper: Paper, claim: Claim) -> Outcome:
    """A value that the pooled matrix does not give, but a mean over folds can, was not pooled."""
    lines = []
    for matrix, row in paper.reported():
        if matrix.row.startswith(f"{claim.pools}."):
            lines += [line for value in row.values() if (line := _only_as_a_mean(paper, matrix, value))]
    if not lines:
        return Agreement(POOLED, f"{claim.place}: {claim.says}")
    told = f"The text says: {claim.says}. These values can be means over folds, but not come from all predictions."
    return Finding(POOLED, Weight.METHOD, (claim.place, paper.tables[claim.pools].place), told, tuple(lines))


def _only_as_a_mean(paper: Paper, matrix: Matrix, value: Value) -> str:
    samples = paper.samples[matrix.of]
    found = score(matrix.counts, value.column, matrix.labels, samples.positive)
    allowed = mean_over_folds(matrix, samples, value.column)
    if found is None or allowed is None or value.column.over != FOLDS:
        return ""
    printed = value.printed.either
    low, high = (end * value.scale for end in (allowed.low, allowed.high))
    pooled = float(found) * value.scale
    if printed.holds(pooled) or printed.high < low or printed.low > high:
        return ""
    return f"{value.place}: pooled {shown(pooled)}, but {value.printed.text} is printed"
