"""Is a better score more than chance? The most that two matrices of the same samples can show."""

from __future__ import annotations

from collections.abc import Iterator

from scipy.stats import binomtest

from xaimed.studies.published.findings import Agreement, Finding, Outcome
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import Claim, Matrix

RULE = "a difference that the samples can show"
LEVEL = 0.05


def check(paper: Paper) -> Iterator[Outcome]:
    """Every statement that calls one of two matrices the better one."""
    for claim in paper.claims.values():
        if claim.compares:
            better, worse = (paper.matrices[name] for name in claim.compares)
            yield _compared(claim, better, worse)


def _compared(claim: Claim, better: Matrix, worse: Matrix) -> Outcome:
    """McNemar's exact test where as few samples as possible are right in one and wrong in the other."""
    gains = [one[i] - other[i] for i, (one, other) in enumerate(zip(better.counts, worse.counts, strict=True))]
    won, lost = sum(gain for gain in gains if gain > 0), -sum(gain for gain in gains if gain < 0)
    chance = float(binomtest(won, won + lost).pvalue) if won + lost else 1.0
    line = (
        f"{better.correct} against {worse.correct} of {better.total} correct: at best {won} won and {lost} lost, "
        f"exact p = {chance:.2g}"
    )
    if chance < LEVEL and won > lost:
        return Agreement(RULE, f"{claim.place}: {claim.says}", line)
    return Finding(
        RULE,
        claim.weight,
        (claim.place, better.place, worse.place),
        f"The text says: {claim.says}. Whatever the two have in common, so few samples cannot show it.",
        (line,),
    )
