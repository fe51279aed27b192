"""Is one map more like another than maps of different pictures are? Else it has kept nothing of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaimed.config.many import many
from xaimed.evaluation.statistics.bootstrap import Interval, mean_interval

BASELINE = "baseline:others"
BLUNT = 0.9
"""Where maps of different pictures are as alike as this, likeness tells nothing."""


@dataclass(frozen=True)
class Resemblance:
    """How like the maps of one explainer are to those of something else.

    Attributes:
        explainer: whose maps.
        likeness: over pictures.
        baseline: the same of maps of different pictures.
        excess: of the likeness over the baseline, picture by picture.
    """

    explainer: str
    likeness: Interval
    baseline: Interval
    excess: Interval

    @property
    def alike(self) -> bool:
        """Whether the maps are more alike than those of different pictures, beyond chance."""
        return bool(self.excess.low > 0)

    @property
    def blunt(self) -> bool:
        """Whether maps of different pictures are so alike that nothing can be told."""
        return bool(self.baseline.value > BLUNT)

    def said(self) -> str:
        """The figures in words."""
        low, high = self.excess.low, self.excess.high
        return (
            f"likeness {self.likeness.value:.2f}, maps of different pictures {self.baseline.value:.2f}, difference "
            f"{self.excess.value:+.2f} [{low:+.2f}, {high:+.2f}], {many(self.excess.n, 'picture')}"
        )


def resemblances(rows: pd.DataFrame, measure: str, groups: Mapping[str, str]) -> list[Resemblance]:
    """Of every explainer that has the measure and its baseline, from stored rows alone.

    Args:
        rows: of an evaluation, one fold or several.
        measure: the likeness.
        groups: the patient of every sample.
    """
    found = []
    for explainer, own in rows.groupby("explainer", sort=False):
        table = own.pivot_table(index="sample_id", columns="measure", values="value", sort=True, dropna=False)
        if {measure, BASELINE} <= set(table.columns):
            people = [groups.get(str(name), str(name)) for name in table.index]
            like, base = (table[name].to_numpy(dtype=np.float64) for name in (measure, BASELINE))
            columns = (like, base, like - base)
            found.append(Resemblance(str(explainer), *(mean_interval(column, people) for column in columns)))
    return found
