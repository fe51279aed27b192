"""Which exact values may stand behind a printed one? An interval, and arithmetic that keeps all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

SLACK = Fraction(1, 10**9)


@dataclass(frozen=True)
class Interval:
    """Every value from ``low`` to ``high``; a count is an interval without width."""

    low: Fraction
    high: Fraction

    def __add__(self, other: Interval) -> Interval:
        """The sum of any two."""
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Interval) -> Interval:
        """The difference of any two."""
        return Interval(self.low - other.high, self.high - other.low)

    def __mul__(self, other: Interval) -> Interval:
        """The product of any two."""
        return hull(a * b for a in (self.low, self.high) for b in (other.low, other.high))

    def __truediv__(self, other: Interval) -> Interval:
        """The quotient of any two.

        Raises:
            ZeroDivisionError: zero lies in the divisor.
        """
        if other.low <= 0 <= other.high:
            raise ZeroDivisionError
        return hull(a / b for a in (self.low, self.high) for b in (other.low, other.high))

    def __abs__(self) -> Interval:
        """The size of any."""
        least = Fraction(0) if self.low <= 0 <= self.high else min(abs(self.low), abs(self.high))
        return Interval(least, max(abs(self.low), abs(self.high)))

    @property
    def exact(self) -> bool:
        """Whether there is only one value."""
        return self.low == self.high

    @property
    def middle(self) -> Fraction:
        """The value in the middle, the printed one."""
        return (self.low + self.high) / 2

    def meets(self, other: Interval) -> bool:
        """Whether one value can stand behind both.

        Two rounded values that only touch do not meet: 0.98 and 0.99 are different numbers, though 0.985 may be
        rounded to either.
        """
        low, high = max(self.low, other.low), min(self.high, other.high)
        return low < high or (low == high and (self.exact or other.exact))

    def holds(self, value: float) -> bool:
        """Whether a computed value lies inside, but for the last digits of floating point."""
        return self.low - SLACK <= Fraction(value) <= self.high + SLACK

    def apart(self, other: Interval) -> Fraction:
        """How far the nearest of both lie from one another; 0 where they overlap."""
        return max(self.low - other.high, other.low - self.high, Fraction(0))


def exactly(value: float | Fraction) -> Interval:
    """The one value."""
    return Interval(Fraction(value), Fraction(value))


def between(low: float, high: float) -> Interval:
    """From one computed value to another."""
    return Interval(Fraction(low) - SLACK, Fraction(high) + SLACK)


def hull(values: Iterable[Fraction]) -> Interval:
    """The smallest interval with all of these."""
    found = list(values)
    return Interval(min(found), max(found))
