"""Which picture stands in a row of heatmaps? One that as many columns as possible have, chosen by chance."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from xaimed.data.randomness import seed_for


@dataclass(frozen=True)
class Choice:
    """The pictures of a row.

    Attributes:
        shared: the sample that several columns show, or the only one; empty where each shows its own.
        samples: for each column its sample; None where it has none.
        choices: how many samples could have been shared by as many columns.
    """

    shared: str
    samples: tuple[str | None, ...]
    choices: int

    @property
    def sharing(self) -> int:
        """How many columns show the shared sample."""
        return sum(sample == self.shared for sample in self.samples) if self.shared else 0


def choose(columns: Sequence[Collection[str]], seed: int) -> Choice:
    """One sample for every column, the same for as many of them as can be.

    Args:
        columns: the samples that each may show.
        seed: of the choice among equals; the same seed chooses the same sample in whatever company.
    """
    everything = {sample for column in columns for sample in column}
    if not everything:
        return Choice("", (None,) * len(columns), 0)
    shared_by = {sample: sum(sample in column for column in columns) for sample in everything}
    most = max(shared_by.values())
    best = [sample for sample in everything if shared_by[sample] == most]
    first = _by_chance(best, seed)
    with_any = sum(bool(column) for column in columns)
    shared = first if most > 1 or with_any == 1 else ""
    samples = tuple(
        first if shared and first in column else _by_chance(column, seed) if column else None for column in columns
    )
    return Choice(shared, samples, len(best))


def _by_chance(samples: Collection[str], seed: int) -> str:
    return min(samples, key=lambda sample: seed_for("case", seed, sample))
