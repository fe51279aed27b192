"""Are the metrics of a table those of its confusion matrix? Pooled, or for any way to share the matrix over folds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xaimed.studies.published.allocation import can_be_tried, fit, moved
from xaimed.studies.published.findings import Agreement, Finding, Outcome
from xaimed.studies.published.interval import Interval, between, exactly
from xaimed.studies.published.over_folds import mean_over_folds
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import FOLDS, RUNS, Matrix, Samples, Value
from xaimed.studies.published.possible import correct_over_folds, example, whole_numbers
from xaimed.studies.published.printed import shown
from xaimed.studies.published.scores import score

RULE = "metrics of a confusion matrix"
SHARED = "a matrix shared over folds"


@dataclass(frozen=True)
class _Held:
    """A printed value against what the matrix allows."""

    value: Value
    allowed: Interval
    pooled: float

    @property
    def holds(self) -> bool:
        share = self.value.printed.either
        return share.low <= self.allowed.high and self.allowed.low <= share.high

    @property
    def how(self) -> str:
        """Empty, unless only digits that were cut off, not rounded, make it hold."""
        share = self.value.printed.rounded
        rounded = share.low <= self.allowed.high and self.allowed.low <= share.high
        return "" if rounded else f"only cut off, not rounded: the matrix gives {shown(self.pooled)}"

    @property
    def gap(self) -> float:
        return float(self.value.printed.either.apart(self.allowed)) / abs(float(self.value.printed.value) or 1.0)

    def told(self, folds: int | None) -> str:
        name = self.value.column.name
        if float(self.allowed.high - self.allowed.low) < 1e-6:
            return f"{name}: the matrix gives {shown(self.pooled)}, but {self.value.printed.text} is printed"
        return (
            f"{name}: the matrix gives {shown(self.pooled)} pooled and {shown(self.allowed.low)} to "
            f"{shown(self.allowed.high)} as a mean over {folds} folds, but {self.value.printed.text} is printed"
        )


def check(paper: Paper) -> Iterator[Outcome]:
    """Every matrix against the row that reports it."""
    for matrix, row in paper.reported():
        samples = paper.samples[matrix.of]
        held = [one for value in row.values() if (one := _held(matrix, samples, value)) is not None]
        wrong = [one for one in held if not one.holds]
        for one in held:
            if one.holds:
                yield Agreement(RULE, f"{one.value.place}: {one.value.printed.text} against {matrix.place}", one.how)
        if wrong:
            yield _contradiction(paper, matrix, samples, wrong)
        elif held and can_be_tried(matrix, samples):
            yield from _shared(paper, matrix, samples, {one.value.column.name: one.value for one in held})


def against(paper: Paper, address: str) -> int:
    """How many matrices a value cannot come from."""
    found = 0
    for matrix, row in paper.reported():
        value = next((value for value in row.values() if value.address == address), None)
        held = _held(matrix, paper.samples[matrix.of], value) if value else None
        found += held is not None and not held.holds
    return found


def _held(matrix: Matrix, samples: Samples, value: Value) -> _Held | None:
    found = score(matrix.counts, value.column, matrix.labels, samples.positive)
    if found is None or value.column.over == RUNS:
        return None
    pooled = float(found)
    allowed: Interval | None = exactly(pooled)
    if value.column.over == FOLDS:
        allowed = mean_over_folds(matrix, samples, value.column)
    if allowed is None:
        return None
    scaled = between(float(allowed.low) * value.scale, float(allowed.high) * value.scale)
    return _Held(value, scaled, pooled * value.scale)


def _contradiction(paper: Paper, matrix: Matrix, samples: Samples, wrong: list[_Held]) -> Finding:
    lines = [one.told(samples.folds) for one in wrong]
    for one in wrong:
        if one.value.column.metric == "accuracy":
            lines.insert(0, _in_samples(matrix, samples, one.value))
    own = paper.samples_of(wrong[0].value)
    if own is not None and own is not samples:
        lines.append(f"the table is of '{own.name}' with {own.n}, the matrix of '{samples.name}' with {samples.n}")
    *first, last = (one.value.column.name for one in wrong)
    names = f"{', '.join(first)} and {last}" if first else last
    return Finding(
        RULE,
        min(paper.weight_of(one.value) for one in wrong),
        (wrong[0].value.row, matrix.place),
        f"The {names} of the table cannot come from the predictions in the matrix.",
        tuple(lines),
        max(one.gap for one in wrong),
        tuple(one.value.address for one in wrong),
    )


def _in_samples(matrix: Matrix, samples: Samples, value: Value) -> str:
    """How many samples the printed accuracy means, against how many are on the diagonal."""
    share, rounded = (
        Interval(share.low / value.scale, share.high / value.scale)
        for share in (value.printed.either, value.printed.rounded)
    )
    said = "+".join(str(line[i]) for i, line in enumerate(matrix.counts))
    right = f"accuracy: {said} = {matrix.correct} of {matrix.total} correct, {matrix.total - matrix.correct} wrong"
    if value.column.over != FOLDS:
        found = list(whole_numbers(rounded, matrix.total) or whole_numbers(share, matrix.total))
    elif samples.folds and samples.classes:
        found = correct_over_folds(share, tuple(samples.classes.values()), samples.folds)
    else:
        found = [round(share.middle * matrix.total)]
    if not found:
        return (
            f"{right}; {value.printed.text} is no share of {matrix.total}, {example(share, matrix.total)} are nearest"
        )
    needed = f"{found[0]} to {found[-1]}" if len(found) > 1 else f"{found[0]}"
    wrong = " to ".join(dict.fromkeys(str(matrix.total - number) for number in (found[-1:] + found[:1])))
    return f"{right}; {value.printed.text} needs {needed} correct, {wrong} wrong"


def _shared(paper: Paper, matrix: Matrix, samples: Samples, row: Mapping[str, Value]) -> Iterator[Outcome]:
    """Where there are few errors, every way to share them out is tried."""
    row = {name: value for name, value in row.items() if value.column.over == FOLDS}
    if not row:
        return
    found = fit(matrix, samples, row)
    if found.together:
        told = " or ".join(sorted(found.together))
        yield Agreement(SHARED, f"{matrix.place}: one way gives every mean and spread", f"spread divided by {told}")
        return
    alone = found.impossible
    failing = alone or list(row)
    lines = [f"{name}: no way gives {row[name].printed.text}" for name in alone]
    lines = lines or ["each mean and spread can be had, but no one way to share the errors out gives all of them"]
    for other, told in moved(matrix):
        if fit(other, samples, row).together:
            lines.append(f"with {told}, one way gives every printed mean and spread of the row")
    yield Finding(
        SHARED,
        min(paper.weight_of(row[name]) for name in failing),
        (row[failing[0]].row, matrix.place),
        f"No way to share the errors of the matrix over {samples.folds} stratified folds gives the printed "
        f"{' and '.join(failing)}.",
        tuple(lines),
        0.0,
        (matrix.row,),
    )
