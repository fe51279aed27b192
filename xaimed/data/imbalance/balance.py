"""What does it come to in one fold? Frequencies, loss weights and draws, from its training rows alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from xaimed.data.imbalance.drawing import row_weights
from xaimed.data.imbalance.frequencies import frequencies_of
from xaimed.data.imbalance.imbalance import (
    BALANCED,
    NONE,
    ORIGINAL,
    POSITIVE,
    SMOTE_PIXELS,
    WEIGHTED,
    Imbalance,
)
from xaimed.data.imbalance.weighting import LossWeights, balanced_weights, positive_weights
from xaimed.data.manifest import Manifest
from xaimed.data.protocol import Rows, Split
from xaimed.data.task import Kind
from xaimed.errors import DataError


class Balance:
    """The measures of a run, in numbers for one fold.

    Attributes:
        original: what is counted in the training rows.
        made: the same with the copies that are made.
        counted: of these two, what weights and draws are computed from.
    """

    def __init__(self, imbalance: Imbalance, manifest: Manifest, split: Split) -> None:
        """Count; refuse classes that nothing can be done for."""
        imbalance.check(manifest.task)
        self.imbalance, self.manifest, self.split = imbalance, manifest, split
        self.original = frequencies_of(manifest, split.train)
        if imbalance.active and manifest.task.kind is not Kind.MULTILABEL:
            self._refuse_small_classes()
        self.made = self.original.filled_up() if imbalance.copies != NONE else self.original
        self.counted = self.original if imbalance.frequencies == ORIGINAL else self.made

    def loss_weights(self) -> LossWeights | None:
        """What the loss is weighted with, if it is."""
        rules = {BALANCED: balanced_weights, POSITIVE: positive_weights}
        rule = rules.get(self.imbalance.weights)
        return rule(self.counted) if rule else None

    def row_weights(self, manifest: Manifest, rows: Rows) -> npt.NDArray[np.float64] | None:
        """In proportion to what these training rows are drawn, if not one after the other."""
        return row_weights(manifest, rows, self.counted) if self.imbalance.sampler == WEIGHTED else None

    def synthetic_per_row(self) -> npt.NDArray[np.float64]:
        """How many synthetic vectors ``[classes]`` each training picture brings, so that classes become even."""
        return np.asarray(self.original.missing / len(self.split.train))

    def _refuse_small_classes(self) -> None:
        smote = self.imbalance.smote_features or self.imbalance.copies == SMOTE_PIXELS
        for name, count, missing in zip(
            self.manifest.task.classes, self.original.positive, self.original.missing, strict=True
        ):
            where = f"fold {self.split.fold}"
            if count == 0:
                raise DataError(
                    f"no training row is of class '{name}', so nothing can be done about its rarity",
                    where=where,
                    fix="Use another protocol, leave the class out, or use imbalance=none.",
                )
            if smote and missing and count == 1:
                raise DataError(
                    f"class '{name}' has one training picture, and SMOTE needs two to go between",
                    where=where,
                    fix="Use imbalance=minority_copies, or a protocol with more training rows.",
                )
