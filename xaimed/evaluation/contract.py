"""What is an evaluation? Something that puts a fold's network or its maps to the test, one value a sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:  # tables are made from findings without torch
    from xaimed.evaluation.trial import Trial

COLUMNS = ("sample_id", "explainer", "measure", "value")
CONTROL = "control:"
"""How the ``explainer`` of what is no explainer begins: a random map, a centred blob."""
RANDOM = f"{CONTROL}random"
"""A random map on the coarsest grid of the explainers."""
NO_EXPLAINER = ""
"""The ``explainer`` of what is measured of the sample or of the network alone."""


@dataclass(frozen=True)
class Measure:
    """How a measured quantity is called and read.

    Attributes:
        title: as it stands in a table, such as ``Deletion area``.
        better: the better direction, None where there is none.
        percent: stored as a share of 1, printed as a percentage.
        unit: what else the value is counted in, such as ``px``.
        decimals: of the printed value.
        trust: whether it stands in the trust table.
        against: what it has to be better than to be worth anything: a number, a control such as ``control:random``, or
            another measure of the same explainer; None where nothing of the kind exists.
        share_of: of a difference, the measure from which it was taken: what a random map reaches in it is the size by
            which the difference is judged, as ``against`` would be 0.
    """

    title: str
    better: Literal["higher", "lower"] | None = None
    percent: bool = False
    unit: str = ""
    decimals: int = 3
    trust: bool = False
    against: float | str | None = None
    share_of: str | None = None


@dataclass(frozen=True)
class Findings:
    """What an evaluation found in one fold.

    Attributes:
        rows: ``COLUMNS``, one row for each sample, explainer and measure; NaN where a value is not defined. What does
            not exist, such as localisation without a mask, has no row at all.
        measures: how each measure that occurs is read, in the order of the table.
        caption: the protocol in a sentence or two, printed below every table made from these rows.
        arrays: what is larger than a value, such as curves, by name; stored beside the rows.
    """

    rows: pd.DataFrame
    measures: Mapping[str, Measure]
    caption: str
    arrays: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)


class Evaluation(Protocol):
    """A test of one finished fold; it leaves the network as it found it, and the same seed gives the same rows."""

    @property
    def name(self) -> str:
        """How its table is called."""
        ...

    def __call__(self, trial: Trial) -> Findings:
        """Measure."""
        ...


def row_table(sample_ids: npt.ArrayLike, explainer: str, measure: str, values: npt.ArrayLike) -> pd.DataFrame:
    """Rows of one measure of one explainer."""
    return pd.DataFrame({"sample_id": sample_ids, "explainer": explainer, "measure": measure, "value": values})[
        list(COLUMNS)
    ]


def no_rows() -> pd.DataFrame:
    """The table of what could not be measured."""
    return pd.DataFrame({name: pd.Series(dtype="float64" if name == "value" else "object") for name in COLUMNS})
