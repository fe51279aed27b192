"""How is choosing kept apart from reporting in k-fold? The checkpoint is chosen on an inner split of what trains."""

from __future__ import annotations

from dataclasses import dataclass

from xaimed.data.manifest import Manifest
from xaimed.data.protocol import Split, check_fold
from xaimed.data.protocols.holdout import check_share, inner_split
from xaimed.data.protocols.kfold import check_numbers, turns
from xaimed.data.randomness import seed_for


@dataclass(frozen=True)
class Nested:
    """The folds of ``KFold`` (or ``RepeatedKFold``), each of which is only reported.

    Early stopping and the choice of a checkpoint look at a share of the training patients instead. Nothing else
    differs, so that a run with ``kfold`` and the same seed reports the same patients in the same folds.

    Args:
        folds: how many.
        repeats: how many times over.
        inner: share of the training rows that chooses, by patient.
        fold: run this one alone.
    """

    folds: int = 5
    repeats: int = 1
    inner: float = 0.125
    fold: int | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that make no folds."""
        check_numbers(self.folds, self.repeats)
        check_share(self.inner, "protocol.inner")
        check_fold(self.fold, self.folds * self.repeats)

    @property
    def note(self) -> str:
        """What makes this protocol sound."""
        over = f"; {self.repeats} repeats of {self.folds} folds" if self.repeats > 1 else ""
        return f"checkpoint chosen on an inner split ({self.inner:.1%} of the training rows), fold only reported{over}"

    def splits(self, manifest: Manifest, seed: int) -> list[Split]:
        """One split per fold, its roles by different patients."""
        return [
            Split(fold, *inner_split(manifest, kept, self.inner, seed_for(seed, "inner", fold)), held_out)
            for fold, kept, held_out in turns(manifest, self.folds, self.repeats, seed)
        ]
