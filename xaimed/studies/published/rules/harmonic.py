"""Can F1 be what precision and recall make it? Exactly for one class, between two bounds for means."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from xaimed.studies.published.findings import Agreement, Finding, Outcome
from xaimed.studies.published.interval import Interval
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import FOLDS, RUNS, Value
from xaimed.studies.published.printed import shown

RULE = "F1 from precision and recall"


def check(paper: Paper) -> Iterator[Outcome]:
    """Every row, or class of a row, with all three."""
    rows = {address.rpartition(".")[0] for address in paper.values}
    for row in sorted(rows):
        yield from check_row(paper, row)


def check_row(paper: Paper, row: str) -> Iterator[Outcome]:
    """The row with this address."""
    found: dict[tuple[str, str, str], dict[str, Value]] = {}
    for value in paper.row(row).values():
        column = value.column
        if column.metric in ("precision", "recall", "f1"):
            found.setdefault((column.label, column.average, column.over), {})[column.metric] = value
    for (_, average, over), metrics in found.items():
        if len(metrics) == 3:
            yield _held(paper, metrics, averaged=bool(average) or over in (FOLDS, RUNS))


def _held(paper: Paper, metrics: dict[str, Value], *, averaged: bool) -> Outcome:
    """The mean of harmonic means is never above the harmonic mean of the means, and never below their sum less one."""
    precision, recall, f1 = (_share(metrics[name]) for name in ("precision", "recall", "f1"))
    allowed = Interval(_harmonic(precision.low, recall.low), _harmonic(precision.high, recall.high))
    if averaged:
        allowed = Interval(max(precision.low + recall.low - 1, Fraction(0)), allowed.high)
    value = metrics["f1"]
    if f1.low <= allowed.high and allowed.low <= f1.high:
        return Agreement(RULE, f"{value.place}: {value.printed.text}")
    low, high = (shown(end * value.scale) for end in (allowed.low, allowed.high))
    texts = [metrics[name].printed.text for name in ("precision", "recall")]
    told = "no more than their harmonic mean" if averaged else "their harmonic mean"
    return Finding(
        RULE,
        paper.weight_of(value),
        (value.place,),
        f"F1 is not what precision and recall make it, {told}.",
        (f"precision {texts[0]}, recall {texts[1]}: {low} to {high}, but {value.printed.text} is printed",),
        float(f1.apart(allowed)),
        (value.address,),
    )


def _share(value: Value) -> Interval:
    either = value.printed.either
    return Interval(either.low / value.scale, either.high / value.scale)


def _harmonic(precision: Fraction, recall: Fraction) -> Fraction:
    total = precision + recall
    return 2 * precision * recall / total if total > 0 else Fraction(0)
