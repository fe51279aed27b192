"""How are the rows of the shortcut probe called, and what is the excess of a drop over its control?"""

from __future__ import annotations

import pandas as pd

from xaimed.evaluation.contract import CONTROL, NO_EXPLAINER, Measure, row_table

SHORTCUTS = "shortcuts"
BORDER, MARKERS = "border", "markers"
CORNERS = ("upper_left", "upper_right", "lower_left", "lower_right")
REGIONS = (BORDER, *CORNERS, MARKERS)
DROP, FLIP = "drop:", "flip:"
ELSEWHERE = f"{CONTROL}same shape elsewhere"
LARGEST, SURROUNDINGS, BEYOND_CHANCE = "largest_excess", "surroundings:correct", "surroundings:beyond_chance"
COMMON = 0.25
"""The largest excess is looked for among regions that so large a share of the pictures has."""


def spoken(region: str) -> str:
    """A region in words."""
    if region in CORNERS:
        return f"{region.replace('_', ' ')} corner"
    return "marks" if region == MARKERS else region


MEASURES = {
    LARGEST: Measure("Largest excess drop", "lower", percent=True, trust=True),
    **{DROP + name: Measure(f"Drop without {spoken(name)}", "lower", percent=True) for name in REGIONS},
    **{FLIP + name: Measure(f"Flips without {spoken(name)}", "lower", percent=True) for name in REGIONS},
    SURROUNDINGS: Measure("Right by the surroundings alone", "lower", percent=True),
    BEYOND_CHANCE: Measure("The same beyond chance", "lower", percent=True),
}


def beside_controls(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Of every region and picture ``sample_id, here, elsewhere, region``; over repeated folds the mean.

    Args:
        rows: stored rows, of one fold or several.
        measure: ``DROP`` or ``FLIP``.
    """
    chosen = rows[rows["measure"].str.startswith(measure) & rows["explainer"].isin([NO_EXPLAINER, ELSEWHERE])]
    paired = chosen.pivot_table(index=["measure", "sample_id"], columns="explainer", values="value", aggfunc="mean")
    paired = paired.rename(columns={NO_EXPLAINER: "here", ELSEWHERE: "elsewhere"}).reset_index()
    paired = paired.reindex(columns=["measure", "sample_id", "here", "elsewhere"])
    return paired.assign(region=paired.pop("measure").astype(str).str.removeprefix(measure))


def excess_of(paired: pd.DataFrame) -> pd.Series[float]:
    """What a region costs more than its controls; a control that raises the probability counts as costing nothing."""
    excess: pd.Series[float] = paired["here"] - paired["elsewhere"].clip(lower=0)
    return excess


def worst_region(drops: pd.DataFrame) -> str | None:
    """Among the regions that many pictures have, the one whose mean excess is largest; None where nothing was masked.

    Args:
        drops: of every region and picture, from ``beside_controls``.
    """
    regions = excess_of(drops).groupby(drops["region"]).agg(["mean", "size"])
    common = regions.loc[regions["size"] >= COMMON * drops["sample_id"].nunique(), "mean"]
    return None if common.empty else str(common.idxmax())


def with_largest_excess(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of a run and, of every picture, the excess of the drop in the region that is worst over all of them.

    The region is chosen here, once for all folds: the worst of each fold would be the worst by chance in most.
    """
    others = rows[rows["measure"] != LARGEST]
    drops = beside_controls(others, DROP)
    own = drops[drops["region"] == worst_region(drops)]
    found = row_table(own["sample_id"].to_numpy(), NO_EXPLAINER, LARGEST, excess_of(own).to_numpy())
    return pd.concat([others, found], ignore_index=True) if len(found) else others
