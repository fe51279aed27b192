"""How much of a hybrid's decisions has no map? Its handcrafted branch's share, by predicted class."""

from __future__ import annotations

import pandas as pd

from xaimed.reporting.tables import Cell, Estimate, Table


def branches_table(branches: pd.DataFrame) -> Table:
    """A row for each predicted class and one for all, from what ``xaimed.evaluation.branches`` stores."""
    parts = [(str(name), rows) for name, rows in branches.groupby("explained", sort=True)]
    rows: list[tuple[Cell, ...]] = []
    for name, part in [*parts, ("all", branches)]:
        shares = 100 * part["handcrafted_share"].astype(float)
        rows.append((name, len(part), Estimate(float(shares.mean()), float(shares.std()), 1)))
    notes = (
        "Mean ± SD over samples, divisor n−1. A share is |handcrafted| / (|CNN| + |handcrafted|) of two-player "
        "Shapley values of the SVM's decision value; a branch that is left out is at its training mean.",
    )
    columns = ("Predicted", "n", "Handcrafted share (%)")
    return Table("Share of the decision that has no map", columns, tuple(rows), notes)
