"""How bright are the training pictures of a fold? Mean and standard deviation of each channel, over all pixels."""

from __future__ import annotations

import numpy as np

from xaimed.data.dataset import ManifestDataset
from xaimed.data.preparation import Channels, three
from xaimed.errors import DataError

FLAT = 1e-6
"""A spread below this is none: it would blow noise up to a picture."""


def measured_channels(dataset: ManifestDataset) -> tuple[Channels, Channels]:
    """Mean and standard deviation (divisor n) of the channels of a dataset's pictures, as the network will see them.

    They are resized and cropped but never varied. A grey picture counts in all three channels alike. One picture at a
    time is in memory; sums are in double precision and do not depend on the number of threads.
    """
    total, squares = np.zeros(3), np.zeros(3)
    count = 0
    for position in range(len(dataset)):
        values = dataset.preparation.plain(dataset.picture(position)).numpy().astype(np.float64)
        total += values.sum(axis=(1, 2))
        squares += np.square(values).sum(axis=(1, 2))
        count += values.shape[1] * values.shape[2]
    mean = total / count
    std = np.sqrt(np.maximum(squares / count - mean**2, 0))
    if (std < FLAT).any():
        raise DataError(
            "the training pictures have a channel without any contrast",
            where="image.normalization",
            fix="Use image.normalization=unit.",
        )
    return three(mean), three(std)
