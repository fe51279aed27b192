"""Is there any confusion matrix of several classes that gives all that a row says of some of them? All are tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from math import prod

import numpy as np

from xaimed.studies.published.findings import Agreement, Finding, Outcome
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import FOLDS, RUNS, Samples, Value
from xaimed.studies.published.printed import shown
from xaimed.studies.published.rules.two_classes import RULE
from xaimed.studies.published.scores import one_against_rest

OF_ONE = ("recall", "specificity", "precision", "f1")
MOST = 200_000
"""Ways to choose the errors that are still tried."""

Row = Mapping[str, Value]
Way = dict[str, tuple[int, int]]
"""Of every class that is spoken of, how many are missed and how many others are taken for it; of all, under ""."""


def check(paper: Paper) -> Iterator[Outcome]:
    """Every row that says something of single classes and whose matrix is not known."""
    settled = {matrix.row for matrix in paper.matrices.values()}
    for address in sorted({address.rpartition(".")[0] for address in paper.values} - settled):
        said = _said(paper, address)
        samples = next((paper.samples_of(value) for value in said.values()), None)
        if samples is None:
            continue
        standing = {name: value for name, value in said.items() if _ways({name: value}, samples) != []}
        if len(standing) < 2 or (found := _ways(standing, samples)) is None:
            continue
        place = next(iter(standing.values())).row
        if found:
            yield Agreement(RULE, f"{place}: {', '.join(standing)} at n = {samples.n}", _told(found[0]))
        else:
            yield _none(paper, standing, samples, place)


def left_for(paper: Paper, value: Value, samples: Samples) -> str:
    """What an impossible value could be beside the others of its row; empty where that leaves much, or nothing."""
    said = _said(paper, value.address.rpartition(".")[0])
    others = {
        name: other
        for name, other in said.items()
        if other is not value and paper.samples_of(other) is samples and _ways({name: other}, samples)
    }
    if value not in said.values() or not others:
        return ""
    label = value.column.label
    free = {label: 0} if label and all(other.column.label != label for other in others.values()) else {}
    found = {_score(value, samples, way) for way in _ways(others, samples, tuple(free)) or []}
    if not 0 < len(found) <= 2:
        return ""
    given = ", ".join(f"{name} {other.printed.text}" for name, other in others.items())
    return f"beside {given} it could only be {' or '.join(shown(one * value.scale, 3) for one in sorted(found))}"


def _said(paper: Paper, address: str) -> dict[str, Value]:
    """The accuracy of a row and what it says of single classes of more than two, where both are of whole samples."""
    said: dict[str, Value] = {}
    for name, value in paper.row(address).items():
        samples, column = paper.samples_of(value), value.column
        if samples is None or len(samples.classes) < 3 or column.over in (FOLDS, RUNS):
            continue
        if sum(samples.classes.values()) != samples.n:
            continue
        if (column.metric in OF_ONE and column.label) or (column.metric == "accuracy" and not column.label):
            said[name] = value
    sets = {value.column.of for value in said.values()}
    return said if len(sets) == 1 else {}


def _ways(said: Row, samples: Samples, free: tuple[str, ...] = ()) -> list[Way] | None:
    """Every choice of errors that gives all that is said; None where there are too many to try.

    Errors can be laid into a matrix if, of every class, those missed and those falsely taken for it are together no
    more than all errors: no sample of a class is falsely taken for that class.
    """
    labels = list(dict.fromkeys([*(value.column.label for value in said.values() if value.column.label), *free]))
    if any((samples.classes[label] + 1) * (samples.n - samples.classes[label] + 1) > MOST for label in labels):
        return None
    options = [_options(said, samples, label) for label in labels]
    accuracies = [value for value in said.values() if not value.column.label]
    errors = [wrong for wrong in range(samples.n + 1) if all(_holds(one, 1 - wrong / samples.n) for one in accuracies)]
    if prod(map(len, options)) * len(errors) > MOST:
        return None
    rest = [size for label, size in samples.classes.items() if label not in labels]
    return [
        {"": (wrong, wrong), **dict(zip(labels, choice, strict=True))}
        for wrong in errors
        for choice in product(*options)
        if _fits(choice, wrong, rest)
    ]


def _fits(choice: tuple[tuple[int, int], ...], wrong: int, rest: list[int]) -> bool:
    missed, false = (wrong - sum(each[side] for each in choice) for side in (0, 1))
    if missed < 0 or false < 0 or missed > sum(rest) or any(sum(each) > wrong for each in choice):
        return False
    if not rest:
        return missed == false == 0
    return len(rest) > 1 or missed + false <= wrong


def _options(said: Row, samples: Samples, label: str) -> list[tuple[int, int]]:
    """How many of the class may be missed, and how many others taken for it."""
    size = samples.classes[label]
    missed, false = np.meshgrid(np.arange(size + 1.0), np.arange(samples.n - size + 1.0), indexing="ij")
    kept = np.ones(missed.shape, dtype=bool)
    for value in said.values():
        if value.column.label == label:
            low, high = _ends(value)
            found = one_against_rest(size - missed, missed, false, samples.n - size - false, value.column.metric)
            kept &= (found * value.scale >= low) & (found * value.scale <= high)
    return [(int(one), int(other)) for one, other in zip(missed[kept], false[kept], strict=True)]


def _score(value: Value, samples: Samples, way: Way) -> float:
    label, (missed, false) = value.column.label, way[value.column.label]
    if not label:
        return 1 - missed / samples.n
    size = samples.classes[label]
    lost, alarms = np.asarray(missed, dtype=float), np.asarray(false, dtype=float)
    found = one_against_rest(size - lost, lost, alarms, samples.n - size - alarms, value.column.metric)
    return round(float(found), 9)


def _holds(value: Value, share: float) -> bool:
    low, high = _ends(value)
    return low <= share * value.scale <= high


def _ends(value: Value) -> tuple[float, float]:
    return float(value.printed.either.low) - 1e-9, float(value.printed.either.high) + 1e-9


def _told(way: Way) -> str:
    wrong = way[""][0]
    each = [f"{missed} {label} missed, {false} taken for it" for label, (missed, false) in way.items() if label]
    return f"{wrong} errors; {'; '.join(each)}" if each else f"{wrong} errors"


def _none(paper: Paper, said: Row, samples: Samples, place: str) -> Finding:
    lines = [f"{name}: {value.printed.text}" for name, value in said.items()]
    for name in said:
        if _ways({other: value for other, value in said.items() if other != name}, samples):
            lines.append(f"without {name}, the others agree with one another")
    sizes = ", ".join(f"{size} {label}" for label, size in samples.classes.items())
    return Finding(
        RULE,
        min(map(paper.weight_of, said.values())),
        (place,),
        f"No predictions of {sizes} have the printed {', '.join(said)} all at once.",
        tuple(lines),
        0.0,
        tuple(value.address for value in said.values()),
    )
