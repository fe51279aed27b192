"""Was it reproduced? The interval of the printed value, that of ours, and whether their difference holds zero."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from xaimed.reporting.tables import Cell, Estimate

INSIDE, OUTSIDE, NOT_COMPARABLE = "inside", "outside", "not comparable"
RULE = (
    "Inside: the 95 % interval of ours less the published value holds 0 (Newcombe's, from the two intervals shown). "
    "Outside: it does not. Where nothing is known of n the published value is taken as exact but for its rounding, and "
    "only inside can be said."
)


@dataclass(frozen=True)
class Bounds:
    """A value with the ends of its 95 % interval; both ends NaN where there is none.

    Attributes:
        value: the value; NaN where it is undefined.
        low: the lower end.
        high: the upper end.
        how: by which method, for the notes.
        rounding: how far from the printed value the one behind it may lie; part of an interval, where there is one.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    how: str = ""
    rounding: float = 0.0

    @property
    def known(self) -> bool:
        """Whether there is an interval."""
        return not math.isnan(self.low)

    def times(self, unit: float) -> Bounds:
        """The same in another unit."""
        return Bounds(unit * self.value, unit * self.low, unit * self.high, self.how, unit * self.rounding)

    def moved_to(self, value: float, least: float, most: float) -> Bounds:
        """The same interval around another value, cut off where there are no such values."""
        by = value - self.value
        return replace(self, value=value, low=max(self.low + by, least), high=min(self.high + by, most))


@dataclass(frozen=True)
class Verdict:
    """A word, and where it is the last one, why."""

    word: str
    why: str = ""

    def __str__(self) -> str:
        """Such as ``inside`` or ``not comparable: other n``."""
        return f"{self.word}: {self.why}" if self.why else self.word


def difference(published: Bounds, ours: Bounds) -> Bounds:
    """Ours less the published value; the interval by Newcombe's square-and-add of the two intervals.

    Of a published value without an interval no more is unsure than its rounding.
    """
    value = ours.value - published.value
    if not ours.known:
        return Bounds(value)
    low, high = published.value - published.rounding, published.value + published.rounding
    if published.known:
        low, high = published.low, published.high
    below = math.hypot(ours.value - ours.low, high - published.value)
    above = math.hypot(ours.high - ours.value, published.value - low)
    return Bounds(value, value - below, value + above)


def verdict(published: Bounds, ours: Bounds, unlike: str = "") -> Verdict:
    """The word for a pair.

    Args:
        published: what is printed, with the interval that its n allows.
        ours: what was reproduced, with its interval.
        unlike: why they are of different things; empty where they are of the same.
    """
    if unlike:
        return Verdict(NOT_COMPARABLE, unlike)
    if math.isnan(ours.value):
        return Verdict(NOT_COMPARABLE, "ours is undefined")
    if not ours.known:
        return Verdict(NOT_COMPARABLE, "ours has no interval")
    apart = difference(published, ours)
    if apart.low <= 0 <= apart.high:
        return Verdict(INSIDE)
    return Verdict(OUTSIDE) if published.known else Verdict(NOT_COMPARABLE, "published without n")


def cell(bounds: Bounds, decimals: int) -> Cell:
    """A value with its bounds, or a dash."""
    if math.isnan(bounds.value):
        return "–"
    ends = (bounds.low, bounds.high) if bounds.known else (None, None)
    return Estimate(bounds.value, None, decimals, *ends)
