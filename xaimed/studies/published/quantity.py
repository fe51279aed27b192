"""What is the outcome of reckoning with printed numbers? All values that rounding, or cutting off, leaves possible."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

from xaimed.studies.published.interval import Interval, between, exactly
from xaimed.studies.published.printed import Printed, shown

Arithmetic = Callable[[Interval, Interval], Interval]
OPERATIONS: dict[str, Arithmetic] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


@dataclass(frozen=True)
class Quantity:
    """A number in a check.

    Attributes:
        value: reckoned with the numbers as they are printed.
        rounded: what it may be if they were rounded.
        either: what it may be if they were rounded or cut off.
    """

    value: Fraction
    rounded: Interval
    either: Interval

    @classmethod
    def of(cls, number: Printed) -> Quantity:
        """A printed number."""
        return cls(number.value, number.rounded, number.either)

    @classmethod
    def exactly(cls, value: float | Fraction) -> Quantity:
        """A number that is what it is."""
        return cls(Fraction(value), exactly(value), exactly(value))

    def joined(self, symbol: str, other: Quantity) -> Quantity:
        """The sum, difference, product or quotient."""
        apply = OPERATIONS[symbol]
        value = apply(exactly(self.value), exactly(other.value)).middle
        return Quantity(value, apply(self.rounded, other.rounded), apply(self.either, other.either))

    def size(self) -> Quantity:
        """Without its sign."""
        return Quantity(abs(self.value), abs(self.rounded), abs(self.either))

    def value_fits(self, number: Printed) -> bool:
        """Whether the value itself, not only what rounding leaves possible, is rounded to this number."""
        return number.rounded.low <= self.value <= number.rounded.high

    def told(self) -> str:
        """The value, and between what it lies where rounding leaves it open."""
        if self.rounded.exact:
            return shown(self.value)
        return f"{shown(self.value)} ({shown(self.rounded.low)} to {shown(self.rounded.high)})"


def total(numbers: Sequence[Quantity]) -> Quantity:
    """The sum."""
    found = numbers[0]
    for number in numbers[1:]:
        found = found.joined("+", number)
    return found


def mean(numbers: Sequence[Quantity]) -> Quantity:
    """The mean."""
    return total(numbers).joined("/", Quantity.exactly(len(numbers)))


def least(numbers: Sequence[Quantity]) -> Quantity:
    """The smallest."""
    return _extreme(numbers, min)


def largest(numbers: Sequence[Quantity]) -> Quantity:
    """The largest."""
    return _extreme(numbers, max)


def deviation(numbers: Sequence[Quantity], divisor: int) -> Quantity:
    """The standard deviation with this divisor."""
    value = _deviation([float(number.value) for number in numbers], divisor)
    return Quantity(
        Fraction(value),
        _spread([number.rounded for number in numbers], divisor),
        _spread([number.either for number in numbers], divisor),
    )


def _extreme(numbers: Sequence[Quantity], pick: Callable[[list[Fraction]], Fraction]) -> Quantity:
    def of(intervals: list[Interval]) -> Interval:
        return Interval(pick([each.low for each in intervals]), pick([each.high for each in intervals]))

    value = pick([number.value for number in numbers])
    return Quantity(value, of([number.rounded for number in numbers]), of([number.either for number in numbers]))


def _deviation(values: Sequence[float], divisor: int) -> float:
    middle = sum(values) / len(values)
    return sqrt(sum((value - middle) ** 2 for value in values) / divisor)


def _spread(intervals: Sequence[Interval], divisor: int) -> Interval:
    """A deviation is a distance from the line of equal values, so it moves no more than the values do together."""
    value = _deviation([float(each.middle) for each in intervals], divisor)
    room = sqrt(sum(float(each.high - each.low) ** 2 / 4 for each in intervals) / divisor)
    return between(max(value - room, 0.0), value + room)
