"""How is a dataset cut once? By ratio, stratified and by patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaimed.data.manifest import Manifest
from xaimed.data.protocol import Rows, Split, check_fold, indicator, require_patients
from xaimed.data.randomness import seed_for
from xaimed.data.stratify import distribute
from xaimed.errors import ConfigError


@dataclass(frozen=True)
class Holdout:
    """One split by ratio, stratified and by patient, in which choosing and reporting use different patients.

    Args:
        train: share that trains.
        select: share that chooses the checkpoint.
        report: share that is reported.
        fold: there is only fold 0.
    """

    train: float = 0.8
    select: float = 0.1
    report: float = 0.1
    fold: int | None = None

    def __post_init__(self) -> None:
        """Refuse shares that are no shares."""
        shares = (self.train, self.select, self.report)
        if min(shares) <= 0 or abs(sum(shares) - 1) > 1e-6:
            raise ConfigError(
                f"the shares {shares} must be positive and add up to 1",
                where="protocol.train, protocol.select, protocol.report",
            )
        check_fold(self.fold, 1)

    @property
    def note(self) -> str:
        """What makes this protocol sound."""
        return "checkpoint chosen on a separate set"

    def splits(self, manifest: Manifest, seed: int) -> list[Split]:
        """The one split."""
        require_patients(manifest, 3, "parts (train, select, report)")
        part = distribute(
            manifest.groups, indicator(manifest), [self.train, self.select, self.report], seed_for(seed, "hold-out")
        )
        return [Split(0, *(np.flatnonzero(part == role) for role in range(3)))]


def check_share(share: float, where: str) -> None:
    """Refuse to take nothing, or everything."""
    if not 0 < share < 1:
        raise ConfigError(f"a share of {share} leaves nothing on one side", where=where, fix="Use 0.1 or so.")


def inner_split(manifest: Manifest, rows: Rows, share: float, seed: int) -> tuple[Rows, Rows]:
    """Some of the training rows, so that choosing costs no reported patient: (those that train, those that choose)."""
    mask = np.zeros(len(manifest), dtype=bool)
    mask[rows] = True
    training = manifest.select(mask)
    require_patients(training, 2, "parts of the inner split (train, select)")
    part = distribute(training.groups, indicator(training), [1 - share, share], seed)
    return rows[part == 0], rows[part == 1]
