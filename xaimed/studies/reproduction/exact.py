"""Is a count the printed one? It is exact, so only the rounding of the printed number leaves any room."""

from __future__ import annotations

from xaimed.studies.published.parts import Value
from xaimed.studies.reproduction.verdict import INSIDE, NOT_COMPARABLE, OUTSIDE, Verdict


def held_exactly(value: Value, ours: int, unlike: str = "") -> Verdict:
    """The word for a count beside the printed number.

    Args:
        value: what is printed.
        ours: what was counted.
        unlike: why they are of different things; empty where they are of the same.
    """
    if unlike:
        return Verdict(NOT_COMPARABLE, unlike)
    return Verdict(INSIDE if value.printed.rounded.holds(ours) else OUTSIDE)
