"""Is a printed share possible at its n? As so many samples out of so many, and its spread over folds likewise."""

from __future__ import annotations

from collections.abc import Iterator

from xaimed.studies.published.findings import Agreement, Finding, Outcome
from xaimed.studies.published.interval import Interval
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import FOLDS, MACRO, RUNS, Matrix, Samples, Value
from xaimed.studies.published.possible import (
    correct_over_folds,
    divisors_of,
    example,
    mean_of_shares,
    some_out_of,
    whole_numbers,
    widest_spread,
)
from xaimed.studies.published.printed import Printed, shown
from xaimed.studies.published.rules.means import one_way
from xaimed.studies.published.rules.several_classes import left_for
from xaimed.studies.published.scores import SHARES

RULE, SPREAD = "possible at its n", "spread possible at its n"
UNIT = (*SHARES, "f1", "auc", "iou", "share")


def check(paper: Paper) -> Iterator[Outcome]:
    """Every value that is a share of known samples."""
    divisors: dict[str, dict[str, frozenset[str]]] = {}
    for value in paper.values.values():
        for outcome, fitting in _outcomes(paper, value):
            yield outcome
            if fitting:
                divisors.setdefault(value.address.partition(".")[0], {})[f"{value.place}: {value.printed.text}"] = (
                    fitting
                )
    for table, fitting_of in divisors.items():
        yield from one_way(paper.tables[table].place, fitting_of)


def possible(paper: Paper, address: str) -> bool:
    """Whether a value can be what it says it is, its spread included."""
    return not any(isinstance(outcome, Finding) for outcome, _ in _outcomes(paper, paper.values[address]))


def _outcomes(paper: Paper, value: Value) -> Iterator[tuple[Outcome, frozenset[str]]]:
    """What is found of one value, and of a spread the divisors that can have made it."""
    if value.column.metric not in UNIT:
        return
    samples = paper.samples_of(value)
    found = _beyond(paper, value) or (_impossible(paper, value, samples) if samples else None)
    if found is not None:
        yield found, frozenset()
        return
    if samples and value.column.metric in SHARES:
        yield Agreement(RULE, f"{value.place}: {value.printed.text}"), frozenset()
    yield from _spread(paper, value, samples)


def _share(value: Value, number: Printed | None = None) -> Interval:
    either = (number or value.printed).either
    return Interval(either.low / value.scale, either.high / value.scale)


def _finding(paper: Paper, rule: str, value: Value, told: str, *lines: str) -> Finding:
    return Finding(rule, paper.weight_of(value), (value.place,), told, lines, 0.0, (value.address,))


def _beyond(paper: Paper, value: Value) -> Finding | None:
    share = _share(value)
    if share.low <= 1 and share.high >= 0:
        return None
    return _finding(paper, RULE, value, f"{value.printed.text} is no share: it lies outside 0 to {value.scale}.")


def _impossible(paper: Paper, value: Value, samples: Samples) -> Finding | None:
    share, column = _share(value), value.column
    if column.over == FOLDS:
        if column.metric != "accuracy" or not samples.folds or not samples.classes:
            return None
        if correct_over_folds(share, tuple(samples.classes.values()), samples.folds):
            return None
        return _finding(paper, RULE, value, f"{value.printed.text} is no mean accuracy over {samples.folds} folds.")
    runs = 1 if column.over != RUNS else samples.runs
    if column.metric == "recall" and column.average == MACRO and samples.classes and runs == 1:
        if mean_of_shares(share, tuple(samples.classes.values())):
            return None
        sizes = ", ".join(map(str, samples.classes.values()))
        return _finding(
            paper, RULE, value, f"{value.printed.text} is no mean of the shares of classes of {sizes} samples."
        )
    if column.metric == "precision" and (column.label or not column.average) and runs == 1:
        if some_out_of(share, samples.n):
            return None
        told = f"{value.printed.text} is no share of any number of predictions up to {samples.n}."
        return _finding(paper, RULE, value, told)
    n = _denominator(value, samples)
    if n is None or runs is None or whole_numbers(share, n * runs):
        return None
    fitting = [f"{size} {label}" for label, size in samples.classes.items() if whole_numbers(share, size * runs)]
    others = (f"it is a share of {' and of '.join(fitting)}",) if column.metric == "recall" and fitting else ()
    left = left_for(paper, value, samples) if runs == 1 else ""
    n *= runs
    low, high = (shown(float(side) * value.scale / n) for side in (int(share.middle * n), int(share.middle * n) + 1))
    return _finding(
        paper,
        RULE,
        value,
        f"{value.printed.text} is no share of {n} samples.",
        f"the nearest are {example(share, n)}, which are {low} and {high}",
        *((left,) if left else ()),
        *others,
    )


def _denominator(value: Value, samples: Samples) -> int | None:
    column = value.column
    label = column.label or (samples.positive if not column.average else None)
    if column.metric in ("accuracy", "share"):
        return samples.n if not column.label else samples.classes.get(column.label)
    if label is None or label not in samples.classes:
        return None
    return {"recall": samples.classes[label], "specificity": samples.n - samples.classes[label]}.get(column.metric)


def _spread(paper: Paper, value: Value, samples: Samples | None) -> Iterator[tuple[Outcome, frozenset[str]]]:
    """What is wrong with a spread over folds or runs, or the divisors that can have made it."""
    if value.printed.sd is None or value.column.over not in (FOLDS, RUNS) or samples is None:
        return
    share, spread = _share(value), _share(value, value.printed.sd)
    count = samples.folds if value.column.over == FOLDS else samples.runs
    if count is None:
        return
    if spread.low > widest_spread(share, count).high:
        widest = shown(float(widest_spread(share, count).high) * value.scale)
        told = f"{count} shares with a mean of {shown(value.printed.value)} spread by no more than {widest}."
        yield _finding(paper, SPREAD, value, told, f"{value.printed.sd.text} is printed"), frozenset()
        return
    divisors = _divisors(paper, value, samples, share, spread)
    if divisors:
        told = f"divided by {' or '.join(sorted(divisors))}"
        yield Agreement(SPREAD, f"{value.place}: {value.printed.text}", told), divisors
    elif divisors is not None:
        told = f"No {count} folds of whole samples have this mean and this spread, whatever the divisor."
        yield _finding(paper, SPREAD, value, told, f"{value.printed.text} is printed"), divisors


def _divisors(paper: Paper, value: Value, samples: Samples, share: Interval, spread: Interval) -> frozenset[str] | None:
    if value.column.metric != "accuracy" or value.column.over != FOLDS or not samples.folds or not samples.classes:
        return None
    classes = tuple(samples.classes.values())
    matrix = next((each for each, row in paper.reported() if value in row.values()), None)
    errors = _errors_if_they_fit(matrix, share, classes, samples.folds)
    return divisors_of(share, spread, classes, samples.folds, errors)


def _errors_if_they_fit(matrix: Matrix | None, share: Interval, classes: tuple[int, ...], folds: int) -> int | None:
    """The errors of the matrix, unless the mean itself contradicts it, which is another rule's finding."""
    if matrix is None or matrix.correct not in correct_over_folds(share, classes, folds):
        return None
    return matrix.total - matrix.correct
