"""In which order are the cases shown? By chance, some of them twice, and never one right after itself."""

from __future__ import annotations

from collections.abc import Sequence

from xaimed.data.randomness import seed_for
from xaimed.errors import ConfigError
from xaimed.studies.survey.material import Map

APART = 3
"""How many other cases stand at least between a case and its repetition, where there are so many."""


def in_order(cases: Sequence[str], repeats: float, seed: int) -> list[tuple[str, int]]:
    """Every case, and whether it is shown for the first (0) or the second time (1).

    Args:
        cases: the samples.
        repeats: the share of them that is shown again, rounded to whole cases, at least one where it is not 0.
        seed: decides all.
    """
    if not 0 <= repeats <= 1:
        raise ConfigError(f"{repeats:.0%} of the cases cannot be repeated", where="--repeats", fix="Give 0% to 100%.")
    order = sorted(cases, key=lambda name: seed_for("survey", "order", seed, name))
    apart = min(APART, len(order) - 1)
    early = order[: len(order) - apart] if apart else []
    many = min(max(round(repeats * len(order)), int(repeats > 0)), len(early))
    again = sorted(early, key=lambda name: seed_for("survey", "again", seed, name))[:many]
    shown = [(name, 0) for name in order]
    for name in again:
        first = shown.index((name, 0)) + apart + 1
        place = first + seed_for("survey", "place", seed, name) % (len(shown) + 1 - first)
        shown.insert(place, (name, 1))
    return shown


def maps_in_order(maps: Sequence[Map], sample: str, time: int, seed: int) -> list[Map]:
    """The maps of a case, in another order each time."""
    return sorted(maps, key=lambda each: seed_for("survey", "maps", seed, sample, time, each.run, each.explainer))
