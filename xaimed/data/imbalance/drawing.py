"""How likely is each row to be drawn? The likelier, the rarer its class is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from xaimed.data.imbalance.frequencies import Frequencies
from xaimed.data.manifest import Manifest
from xaimed.data.protocol import Rows


def row_weights(manifest: Manifest, rows: Rows, counted: Frequencies) -> npt.NDArray[np.float64]:
    """In proportion to what each row is drawn: one over the frequency of its class.

    A row with several labels goes by the rarest of them, a row without any by how many there are of these.
    """
    positive = manifest.positives[rows]
    rarity = np.where(positive, 1 / counted.positive.clip(1), 0.0).max(1)
    without = ~positive.any(1)
    return np.where(without, 1 / max(int(without.sum()), 1), rarity)
