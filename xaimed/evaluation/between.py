"""How far do maps agree that lie in two places? Of two explainers, two runs, two folds or two seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from xaimed.evaluation.contract import Measure, no_rows, row_table
from xaimed.evaluation.similarity import Maps, Values, spearman, top_overlap

ALIKE_CAPTION = (
    "Rank correlation: Spearman's over the pixels of two maps, undefined where one is constant. Overlap: intersection "
    "over union of their highest pixels; of equal pixels those count that a draw names, those at a map's minimum never"
)


def between_measures(share: float = 0.1) -> dict[str, Measure]:
    """How the rows of two maps are read."""
    return {
        "spearman": Measure("Rank correlation", "higher"),
        "overlap": Measure(f"Overlap of the highest {100 * share:g} %", "higher"),
    }


def between_runs(
    first: Mapping[str, npt.NDArray[Any]],
    second: Mapping[str, npt.NDArray[Any]],
    explainer: str,
    ids: Sequence[str] | None = None,
    *,
    share: float = 0.1,
    seed: int = 0,
) -> pd.DataFrame:
    """Rows ``spearman`` and ``overlap`` of the pictures for which two stored sets of maps explain the same class.

    Args:
        first: what one run stored: ``sample_id, targets, heatmap``.
        second: what the other stored; its maps may lie on another grid.
        explainer: how the rows call it.
        ids: the pictures to compare; all that both have where it is None.
        share: of the pixels that count as a map's highest.
        seed: of the order in which ties are taken.
    """
    at, there = ({str(name): row for row, name in enumerate(maps["sample_id"])} for maps in (first, second))
    shared = [name for name in (at if ids is None else map(str, ids)) if name in at and name in there]
    same = [name for name in shared if first["targets"][at[name]] == second["targets"][there[name]]]
    if not same:
        return no_rows()
    one, other = first["heatmap"][[at[name] for name in same]], second["heatmap"][[there[name] for name in same]]
    return pd.concat(
        rows_of(np.array(same, dtype=object), explainer, alike(one, other, share, seed)), ignore_index=True
    )


def alike(first: Maps, second: Maps, share: float, seed: int) -> dict[str, Values]:
    """Both measures ``[B]`` of each pair, on the coarser of the two grids."""
    return {"spearman": spearman(first, second), "overlap": top_overlap(first, second, share, seed)}


def rows_of(ids: npt.NDArray[Any], explainer: str, found: Mapping[str, Values]) -> list[pd.DataFrame]:
    """The rows of several measures of the same pictures."""
    return [row_table(ids, explainer, measure, values) for measure, values in found.items()]
