"""Does a per-class report fit together? Supports, averages, and shares that so few samples can give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from xaimed.studies.published.findings import Agreement, Finding, Outcome
from xaimed.studies.published.interval import Interval
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import Samples, Table, Value
from xaimed.studies.published.possible import example, whole_numbers
from xaimed.studies.published.quantity import Quantity, mean, total

RULE = "a per-class report"
METRICS = ("precision", "recall", "f1")
TOGETHER = ("accuracy", "macro", "weighted")
"""Rows of a report that are no class."""


def check(paper: Paper) -> Iterator[Outcome]:
    """Every table that says of which samples it is the report."""
    for table in paper.tables.values():
        if table.report:
            samples = paper.samples[table.report]
            classes = {name: row for name, row in table.rows.items() if name not in TOGETHER}
            yield from _supports(paper, table, samples, classes)
            yield from _shares(paper, samples, classes)
            yield from _averages(paper, table, classes)


def _supports(
    paper: Paper, table: Table, samples: Samples, classes: Mapping[str, Mapping[str, Value]]
) -> Iterator[Outcome]:
    values = [row["support"] for row in classes.values() if "support" in row]
    if not values:
        return
    added = sum(int(value.printed.value) for value in values)
    sizes = {name: int(row["support"].printed.value) for name, row in classes.items() if "support" in row}
    wrong = [
        f"{name}: {size}, but {samples.classes[name]} are printed"
        for name, size in sizes.items()
        if samples.classes.get(name, size) != size
    ]
    if added != samples.n:
        wrong.append(f"{' + '.join(map(str, sizes.values()))} = {added}, but {samples.n} are printed")
    for name in TOGETHER:
        whole = table.rows.get(name, {}).get("support")
        if whole is not None and whole.printed.value != added:
            wrong.append(f"{name}: support {whole.printed.text}, but the classes have {added}")
    yield _outcome(paper, values, f"the supports of {table.place}", "The supports do not add up.", wrong)


def _shares(paper: Paper, samples: Samples, classes: Mapping[str, Mapping[str, Value]]) -> Iterator[Outcome]:
    """A recall is a number of samples of its class."""
    for name, row in classes.items():
        support = row.get("support")
        size = int(support.printed.value) if support else samples.classes.get(name)
        if "recall" not in row or not size:
            continue
        value = row["recall"]
        wrong = []
        if not whole_numbers(_share(value), size):
            wrong = [f"{value.printed.text} lies between {example(_share(value), size)}"]
        yield _outcome(paper, [value], f"{value.place} at n = {size}", f"No {size} samples have this recall.", wrong)


def _averages(paper: Paper, table: Table, classes: Mapping[str, Mapping[str, Value]]) -> Iterator[Outcome]:
    for metric in METRICS:
        rows = [row for row in classes.values() if metric in row and "support" in row]
        if len(rows) < len(classes) or not rows:
            continue
        each = [Quantity.of(row[metric].printed) for row in rows]
        supports = [Quantity.of(row["support"].printed) for row in rows]
        weighted = total([one.joined("*", size) for one, size in zip(each, supports, strict=True)])
        allowed = {"macro": mean(each), "weighted": weighted.joined("/", total(supports))}
        if metric == "recall":
            allowed["accuracy"] = allowed["weighted"]  # what all classes together find is what is right
        for name, quantity in allowed.items():
            row = table.rows.get(name, {})
            value = row.get(metric) or (next(iter(_no_support(row)), None) if name == "accuracy" else None)
            if value is not None:
                wrong = []
                if not quantity.either.meets(value.printed.either):
                    wrong = [f"{quantity.told()} from the classes, but {value.printed.text} is printed"]
                yield _outcome(paper, [value], value.place, f"The {name} {metric} is not that of the classes.", wrong)


def _no_support(row: Mapping[str, Value]) -> list[Value]:
    return [value for name, value in row.items() if name != "support"]


def _outcome(paper: Paper, values: Sequence[Value], about: str, told: str, wrong: Sequence[str]) -> Outcome:
    if not wrong:
        return Agreement(RULE, about)
    weight = min(paper.weight_of(value) for value in values)
    return Finding(RULE, weight, (values[0].place,), told, tuple(wrong), 0.0, tuple(value.address for value in values))


def _share(value: Value) -> Interval:
    either = value.printed.either
    return Interval(either.low / value.scale, either.high / value.scale)
