"""Are printed means and spreads those of the numbers they are made of, and all spreads made in one way?"""

from __future__ import annotations

from collections.abc import Iterator

from xaimed.studies.published.findings import Agreement, Finding, Outcome, Weight
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import Value
from xaimed.studies.published.printed import shown
from xaimed.studies.published.quantity import Quantity, deviation, mean

RULE, ONE_WAY = "means of printed numbers", "one divisor for all spreads of a table"
DIVISORS = (("n", 0), ("n − 1", 1))


def check(paper: Paper) -> Iterator[Outcome]:
    """Every column that says which other columns it is the mean of."""
    for table in paper.tables.values():
        divisors: dict[str, frozenset[str]] = {}
        unrounded: dict[str, frozenset[str]] = {}
        for row in table.rows.values():
            for value in row.values():
                parts = [row[name] for name in value.column.parts if name in row]
                if len(parts) > 1:
                    yield _mean(paper, value, parts)
                    if value.printed.sd is not None:
                        fitting, possible, outcome = _spread(paper, value, parts)
                        yield outcome
                        if fitting:
                            divisors[f"{value.place}: {value.printed.text}"] = fitting
                            unrounded[f"{value.place}: {value.printed.text}"] = possible
        yield from one_way(table.place, divisors, unrounded)


def _mean(paper: Paper, value: Value, parts: list[Value]) -> Outcome:
    quantity = mean([Quantity.of(part.printed) for part in parts])
    if quantity.either.meets(value.printed.either):
        return Agreement(RULE, f"{value.place}: {value.printed.text}")
    return Finding(
        RULE,
        paper.weight_of(value),
        (value.place,),
        "The printed mean is not that of the numbers beside it.",
        (f"{_listed(parts)}: mean {quantity.told()}, but {value.printed.text} is printed",),
        float(quantity.either.apart(value.printed.either)),
        (value.address,),
    )


def _spread(paper: Paper, value: Value, parts: list[Value]) -> tuple[frozenset[str], frozenset[str], Outcome]:
    """The divisors that fit the numbers as printed, those that fit what may stand behind them, and the outcome."""
    assert value.printed.sd is not None
    numbers = [Quantity.of(part.printed) for part in parts]
    reckoned = {name: deviation(numbers, len(parts) - less) for name, less in DIVISORS}
    fitting = frozenset(name for name, each in reckoned.items() if each.value_fits(value.printed.sd))
    possible = frozenset(name for name, each in reckoned.items() if each.either.meets(value.printed.sd.either))
    told = ", ".join(f"{shown(each.value, 4)} divided by {name}" for name, each in reckoned.items())
    if possible:
        way = f"divided by {' or '.join(sorted(fitting or possible))}"
        return fitting, possible, Agreement(RULE, f"{value.place}: ± {value.printed.sd.text}", way)
    return (
        fitting,
        possible,
        Finding(
            RULE,
            paper.weight_of(value),
            (value.place,),
            "The printed spread is not that of the numbers beside it.",
            (f"{_listed(parts)}: {told}, but {value.printed.sd.text} is printed",),
            0.0,
            (value.address,),
        ),
    )


def one_way(
    place: str, divisors: dict[str, frozenset[str]], unrounded: dict[str, frozenset[str]] | None = None
) -> Iterator[Outcome]:
    """Whether one divisor can have made all spreads of a table.

    Args:
        place: the table.
        divisors: those that fit each spread with the numbers as they are printed.
        unrounded: those that fit each with some numbers that would be printed like that.
    """
    if len(divisors) < 2:
        return
    if common := frozenset.intersection(*divisors.values()):
        told = f"divided by {' or '.join(sorted(common))}"
        yield Agreement(ONE_WAY, place, told)
        return
    lines = [f"{each}: divided by {' or '.join(sorted(names))}" for each, names in divisors.items()]
    if unrounded and frozenset.intersection(*unrounded.values()):
        told = "two divisors for the numbers as printed; one fits all only with what their rounding hides"
        yield Agreement(ONE_WAY, place, "; ".join([told, *lines]))
        return
    yield Finding(ONE_WAY, Weight.METHOD, (place,), "The spreads of one table are made in two ways.", tuple(lines))


def _listed(parts: list[Value]) -> str:
    return ", ".join(part.printed.text for part in parts)
