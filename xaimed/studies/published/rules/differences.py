"""Is a better score more than chance? The most that matrices, or accuracies, of the same samples can show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scipy.stats import binomtest, fisher_exact

from xaimed.studies.published.findings import Agreement, Finding, Outcome
from xaimed.studies.published.interval import Interval
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import ERRORS, Claim
from xaimed.studies.published.possible import whole_numbers

RULE = "a difference that the samples can show"
LEVEL = 0.05


@dataclass(frozen=True)
class _Right:
    """How many samples a model has right: of every class in a matrix, in all where only an accuracy is printed."""

    place: str
    each: tuple[int, ...]
    total: int
    of: str

    @property
    def correct(self) -> int:
        return sum(self.each)


def check(paper: Paper) -> Iterator[Outcome]:
    """Every statement that calls one model better than others."""
    for claim in paper.claims.values():
        if claim.compares:
            yield from _compared(paper, claim)


def _compared(paper: Paper, claim: Claim) -> Iterator[Outcome]:
    """What can be shown one by one, what cannot as one finding."""
    best, *others = claim.compares
    better = _right(paper, best, most=True)
    lines: dict[str, str] = {}
    for worse in (_right(paper, name, most=False) for name in others):
        line, shown = _at_best(better, worse)
        if shown:
            yield Agreement(RULE, f"{claim.place}: {claim.says}", line)
        else:
            lines[worse.place] = line
    if lines:
        named = [f"{place}: {line}" for place, line in lines.items()] if len(others) > 1 else lines.values()
        yield Finding(
            RULE,
            claim.weight,
            (claim.place, better.place, *lines),
            f"The text says: {claim.says}. Even at best, so few samples cannot show it.",
            tuple(named),
        )


def _right(paper: Paper, name: str, *, most: bool) -> _Right:
    """Of a matrix; or of a row, all but its errors, or as many as its accuracy may mean at most, or at least."""
    if name in paper.matrices:
        matrix = paper.matrices[name]
        return _Right(matrix.place, tuple(line[i] for i, line in enumerate(matrix.counts)), matrix.total, matrix.of)
    row = {value.column.metric: value for value in paper.row(name).values()}
    value = row.get(ERRORS) or row["accuracy"]
    n, of = paper.samples[value.column.of].n, value.column.of
    if value.column.metric == ERRORS:
        return _Right(value.row, (n - int(value.printed.value),), n, of)
    either = value.printed.either
    found = whole_numbers(Interval(either.low / value.scale, either.high / value.scale), n)
    nearest = round(either.middle / value.scale * n)
    return _Right(value.row, ((found[-1] if most else found[0]) if found else nearest,), n, of)


def _at_best(better: _Right, worse: _Right) -> tuple[str, bool]:
    """McNemar's exact test, as few samples as possible right in only one of the two; of other samples Fisher's."""
    if better.of != worse.of:
        table = [[one.correct, one.total - one.correct] for one in (better, worse)]
        chance = float(fisher_exact(table).pvalue)
        line = f"{better.correct} of {better.total} against {worse.correct} of {worse.total}: exact p = {chance:.2g}"
        return line, chance < LEVEL and better.correct * worse.total > worse.correct * better.total
    by_class = len(better.each) == len(worse.each)
    pairs = zip(better.each, worse.each, strict=True) if by_class else [(better.correct, worse.correct)]
    gains = [one - other for one, other in pairs]
    won, lost = sum(gain for gain in gains if gain > 0), -sum(gain for gain in gains if gain < 0)
    chance = float(binomtest(won, won + lost).pvalue) if won + lost else 1.0
    line = (
        f"{better.correct} against {worse.correct} of {better.total} correct: at best {won} won and {lost} lost, "
        f"exact p = {chance:.2g}"
    )
    return line, chance < LEVEL and won > lost
