"""How did whoever published the dataset split it? As its ``split`` column says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaimed.data.manifest import Manifest
from xaimed.data.protocol import Rows, Split, check_fold, require_every_class
from xaimed.data.protocols.holdout import check_share, inner_split
from xaimed.data.randomness import seed_for
from xaimed.errors import DataError

PARTS = ("train", "val", "test")


@dataclass(frozen=True)
class Predefined:
    """The published split: ``train`` trains, ``val`` chooses the checkpoint, ``test`` is reported.

    Without ``test``, ``val`` is reported. Whenever that leaves nothing to choose on, a share of the training patients
    does; the seed decides which.

    Args:
        select: that share.
        fold: there is only fold 0.
    """

    select: float = 0.1
    fold: int | None = None

    def __post_init__(self) -> None:
        """Refuse a share that is no share."""
        check_share(self.select, "protocol.select")
        check_fold(self.fold, 1)

    @property
    def note(self) -> str:
        """Whose split it is, and what chose."""
        return (
            f"published split; checkpoint chosen on its validation part, or on {self.select:.0%} of the training rows "
            "where no such part is left over"
        )

    def splits(self, manifest: Manifest, seed: int) -> list[Split]:
        """The one split."""
        part = _parts(manifest)
        train, val, test = (np.flatnonzero(part == name) for name in PARTS)
        if not len(train) or not len(val) + len(test):
            raise DataError(
                f"the published split of '{manifest.name}' has {len(train)} pictures to train with, {len(val)} for "
                f"validation and {len(test)} for testing",
                where=manifest.root,
                fix="Use protocol=kfold or protocol=holdout.",
            )
        require_every_class(manifest, train, manifest.root)
        report = test if len(test) else val
        if len(val) and len(test):
            return [Split(0, train, val, report)]
        return [Split(0, *inner_split(manifest, train, self.select, seed_for(seed, "validation")), report)]


def _parts(manifest: Manifest) -> Rows:
    """The part of every row; a row without one belongs nowhere, and nobody would notice that it was left out."""
    part = manifest.frame["split"].fillna("").astype(str).to_numpy(dtype=str)
    known = np.isin(part, PARTS)
    if not known.all():
        row = int(np.flatnonzero(~known)[0])
        said = f"'{part[row]}'" if part[row] else "nothing"
        raise DataError(
            f"{(~known).sum()} of {len(manifest)} pictures belong to no part of a published split: for "
            f"'{manifest.frame['sample_id'].iloc[row]}' the column says {said}, not one of {list(PARTS)}",
            where=manifest.root,
            fix="Use protocol=kfold or protocol=holdout, or fill the column.",
        )
    found: Rows = part
    return found
