"""Do networks trained on other pictures look at the same place? The maps of every two folds, picture by picture."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from xaimed.evaluation.between import ALIKE_CAPTION, alike
from xaimed.evaluation.contract import Findings, Measure, row_table
from xaimed.evaluation.similarity import Maps, mean_of_known

OVER_FOLDS = "agreement_over_folds"
SHARE, SEED = 0.2, 0
"""Of the pixels that count as a map's highest, and of the order in which ties are taken."""
NEW_TO_ONE = ":new_to_one"
MEASURES = {
    "spearman": Measure("Rank correlation", "higher"),
    "overlap": Measure(f"Overlap of the highest {100 * SHARE:g} %", "higher"),
    f"spearman{NEW_TO_ONE}": Measure("Rank correlation, picture new to one", "higher"),
    f"overlap{NEW_TO_ONE}": Measure("Overlap, picture new to one", "higher"),
}


def agreement_over_folds(
    sample_ids: npt.ArrayLike,
    explainer: str,
    maps: Sequence[Maps],
    trained: Sequence[npt.NDArray[np.bool_]],
    folds: Sequence[int],
) -> Findings:
    """Of every picture the mean over pairs of networks, and over the pairs of which one has not trained on it.

    Args:
        sample_ids: of the ``N`` pictures.
        explainer: how the rows call it.
        maps: of every network, ``[N, h, w]``, all for the same classes.
        trained: of every network, ``[N]``, whether it has trained on the picture.
        folds: of every network, the fold that it is of.
    """
    pairs = list(combinations(range(len(maps)), 2))
    found = [alike(maps[one], maps[other], SHARE, SEED) for one, other in pairs]
    new = np.stack([~(trained[one] & trained[other]) for one, other in pairs])
    parts = []
    for key in ("spearman", "overlap"):
        values = np.stack([each[key] for each in found])
        parts.append(row_table(sample_ids, explainer, key, mean_of_known(values)))
        rows = row_table(sample_ids, explainer, f"{key}{NEW_TO_ONE}", mean_of_known(np.where(new, values, np.nan)))
        parts.append(rows)
    return Findings(pd.concat(parts, ignore_index=True), MEASURES, _caption(len(maps)), {"folds": np.array(folds)})


def _caption(networks: int) -> str:
    return (
        f"Maps by the networks of {networks} folds, rectified, for the class that the picture's own fold predicts; of "
        "every picture the mean over pairs of networks. Where both of a pair have trained on the picture, their "
        "agreement flatters; new to one: only the pairs of which one at least has not. "
        f"{ALIKE_CAPTION}"
    )
