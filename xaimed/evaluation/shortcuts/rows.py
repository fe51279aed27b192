"""How are the rows of the shortcut probe called, and what is the excess of a drop over its control?"""

from __future__ import annotations

import pandas as pd

from xaimed.evaluation.contract import CONTROL, NO_EXPLAINER, Measure, no_rows, row_table

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


def largest_excess(rows: pd.DataFrame) -> pd.DataFrame:
    """Of every picture the excess of the drop in the region where it is largest on average."""
    paired = beside_controls(rows, DROP)
    paired["excess"] = excess_of(paired)
    regions = paired.groupby("region")["excess"].agg(["mean", "size"])
    common = regions[regions["size"] >= COMMON * paired["sample_id"].nunique()]
    if common.empty:
        return no_rows()
    own = paired[paired["region"] == common["mean"].idxmax()]
    return row_table(own["sample_id"].to_numpy(), NO_EXPLAINER, LARGEST, own["excess"].to_numpy())
