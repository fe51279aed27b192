"""What does augmentation make of the pictures? A contact sheet: samples as prepared, then their draw in each epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from xaimed.reporting.canvas import (
    LARGE,
    LINE,
    NORMAL,
    QUIET,
    SMALL,
    axes_at,
    fitted,
    in_house_style,
    new_figure,
    write_at,
)
from xaimed.reporting.cases import Case
from xaimed.reporting.overlays import draw_picture, outline_key
from xaimed.reporting.text import shortened

WORDS, CELL, EDGE, GAP, APART = 1.65, 1.35, 0.12, 0.08, 0.12
NARROWEST = 5.0
"""Inches that the title has even where few epochs are shown."""
FOOT = 0.34


@dataclass(frozen=True)
class Varied:
    """One sample and what becomes of it.

    Attributes:
        name: its class, or its labels joined.
        sample_id: which sample.
        prepared: without augmentation.
        drawn: in the first epoch, the second, and so on.
    """

    name: str
    sample_id: str
    prepared: Case
    drawn: tuple[Case, ...]


@in_house_style
def draw_sheet(rows: Sequence[Varied], *, title: str, recipe: str) -> Figure:
    """One row a sample, one column an epoch; evidence outlined where it is known.

    Args:
        rows: at least one, all with equally many epochs.
        title: what is shown.
        recipe: the strengths of the augmentation in words.
    """
    columns = 1 + len(rows[0].drawn)
    width = max(_column(columns) + APART - GAP + EDGE, NARROWEST)
    probe = new_figure(width, 1)
    heading = fitted(probe, title, width - 2 * EDGE, LARGE, lines=2, weight="bold")
    strengths = fitted(probe, recipe, width - 2 * EDGE, SMALL, lines=3)
    below = EDGE + LINE[LARGE] * (heading.count("\n") + 1)
    top = below + LINE[SMALL] * (strengths.count("\n") + 1) + 0.12 + LINE[NORMAL]
    outlined = any(case.mask is not None and np.any(case.mask) for row in rows for case in (row.prepared, *row.drawn))
    foot = FOOT if outlined else EDGE
    figure = new_figure(width, top + len(rows) * (CELL + GAP) - GAP + foot)
    write_at(figure, EDGE, EDGE, heading, fontsize=LARGE, fontweight="bold")
    write_at(figure, EDGE, below, strengths, fontsize=SMALL, color=QUIET)
    for i, head in enumerate(["as prepared", *(f"epoch {epoch}" for epoch in range(1, columns))]):
        write_at(figure, _column(i), top - 0.04, head, va="bottom", fontsize=NORMAL, fontweight="bold")
    for i, row in enumerate(rows):
        _draw_row(figure, row, top + i * (CELL + GAP))
    if outlined:
        outline_key(figure, _column(0), top + len(rows) * (CELL + GAP) - GAP + 0.09, drawn=True)
    return figure


def recipe_of(node: Mapping[str, Any]) -> str:
    """A config node in words: what it calls, then its strengths."""
    options = [f"{key} {_shown(value)}" for key, value in node.items() if not str(key).startswith("_")]
    called = str(node.get("_target_", "")).rpartition(".")[2]
    return " · ".join([called, *options])


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _column(index: int) -> float:
    """Where a column begins; the prepared picture stands a little apart from its draws."""
    return EDGE + WORDS + index * (CELL + GAP) + (APART - GAP if index else 0)


def _draw_row(figure: Figure, row: Varied, top: float) -> None:
    name = fitted(figure, row.name, WORDS - 0.1, NORMAL, lines=4, weight="bold")
    write_at(figure, EDGE, top, name, fontsize=NORMAL, fontweight="bold")
    sample = fitted(figure, shortened(row.sample_id, 40), WORDS - 0.1, SMALL, lines=3)
    write_at(figure, EDGE, top + LINE[NORMAL] * (name.count("\n") + 1), sample, fontsize=SMALL, color=QUIET)
    for i, case in enumerate((row.prepared, *row.drawn)):
        draw_picture(axes_at(figure, _column(i), top, CELL, CELL), case, line=0.7)
