"""How are our values shown beside the printed ones? A line each, under the name of their run, and the rule below."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from xaimed.reporting.tables import Cell, Estimate, Table
from xaimed.studies.published.parts import FOLDS, RUNS, Value
from xaimed.studies.reproduction.abridged import abridged
from xaimed.studies.reproduction.printed_bounds import TOLD
from xaimed.studies.reproduction.results import Results, RowResult
from xaimed.studies.reproduction.verdict import (
    INSIDE,
    OUTSIDE,
    RULE,
    Bounds,
    Verdict,
    difference,
    verdict,
)

OURS = {
    True: (
        "Ours: the mean over folds or runs, as published, with the interval of the pooled predictions moved to it "
        "(percentile bootstrap by patient)."
    ),
    False: "Ours: all predictions at once, with a percentile bootstrap by patient.",
}


@dataclass(frozen=True)
class Ranged(Estimate):
    """A value with its ends in few characters.

    Attributes:
        places: decimals of the ends; one more where they lie so close together that they would be the same.
    """

    places: int = 1

    def __str__(self) -> str:
        """Such as ``94.12 (91.2–96.5)``."""
        if math.isnan(self.mean):
            return "–"
        if self.low is None or self.high is None or math.isnan(self.low):
            return f"{self.mean:.{self.decimals}f}"
        places = self.places + (self.high - self.low < 10.0**-self.places)
        between = "–" if self.low >= 0 else " to "
        return f"{self.mean:.{self.decimals}f} ({self.low:.{places}f}{between}{self.high:.{places}f})"


class Apart(Estimate):
    """How far apart two values are; the ends of its interval are for the CSV."""

    def __str__(self) -> str:
        """Such as ``+1.30``."""
        return "–" if math.isnan(self.mean) else f"{self.mean:+.{self.decimals}f}"


@dataclass(frozen=True)
class Line:
    """One of our values beside the printed one.

    Attributes:
        block: the run.
        name: the metric or the class.
        value: what is printed.
        published: the same as a share of 1, with its interval.
        ours: as a share of 1, with its interval.
        unlike: why the two cannot be compared; empty where they can.
    """

    block: str
    name: str
    value: Value
    published: Bounds
    ours: Bounds
    unlike: str = ""

    @cached_property
    def verdict(self) -> Verdict:
        """The word for it."""
        return verdict(self.published, self.ours, self.unlike)

    def cells(self) -> tuple[Cell, ...]:
        """The line in the unit of the paper."""
        unit, decimals = (100, 2) if self.value.percent else (1, 3)
        printed = self.value.printed
        places = len(printed.text.partition("±")[0].strip(" %(").partition(".")[2])
        published = ranged(self.published.times(unit), places, unit) if printed.upper is None else printed.text
        apart = difference(self.published, self.ours).times(unit)
        name = f"{self.name} (%)" if self.value.percent else self.name
        far = Apart(apart.value, None, decimals, apart.low, apart.high) if printed.upper is None else "–"
        return (name, published, ranged(self.ours.times(unit), decimals, unit), far, str(self.verdict))


def ranged(bounds: Bounds, decimals: int, unit: float) -> Ranged:
    """A value with its interval as a cell, in percent (a unit of 100) or as a share of 1."""
    low, high = (bounds.low, bounds.high) if bounds.known else (None, None)
    return Ranged(bounds.value, None, decimals, low, high, 1 if unit == 100 else 2)


def compared(
    title: str, lines: Sequence[Line], results: Results, *, first: str = "Metric", notes: Sequence[str] = ()
) -> list[Table]:
    """The lines as a table, the runs as headings; none where there is no line.

    Args:
        title: what is compared.
        lines: in order, those of a run together.
        results: for what must be said beside every figure.
        first: heading of the first column.
        notes: what else should stand below.
    """
    if not lines:
        return []
    columns = (first, "Published", "Ours", "Δ", "Verdict")
    rows = tuple(line.cells() for line in lines)
    below = (RULE, *_counted(lines), *_methods(lines), *notes)
    return [abridged(Table(stamped(title, results), columns, rows, below, tuple(line.block for line in lines)))]


def stamped(title: str, results: Results) -> str:
    """A title with what must be said beside every figure."""
    return f"{title} ({results.unlike})" if results.unlike else title


def missing(rows: Sequence[RowResult]) -> list[str]:
    """Which rows are not whole, as notes."""
    return [f"{row.row.label}: {row.missing}." for row in rows if row.missing]


def said_once(told: Mapping[str, str]) -> list[str]:
    """What is to be said of every run, the runs of which the same is said together."""
    names: dict[str, list[str]] = {}
    for name, said in told.items():
        names.setdefault(said, []).append(name)
    if len(names) == 1 and len(told) > 1:
        return [f"Each row: {next(iter(names))}."]
    return [f"{', '.join(those)}: {said}." for said, those in names.items()]


def _counted(lines: Sequence[Line]) -> list[str]:
    """How many are inside, and how many outside are to be expected."""
    words = [line.verdict.word for line in lines]
    judged = [word for word in words if word in (INSIDE, OUTSIDE)]
    if not judged:
        return []
    return [
        f"{judged.count(INSIDE)} of {len(judged)} comparable values are inside; at 95 % about one in twenty falls "
        "outside by chance."
    ]


def _methods(lines: Sequence[Line]) -> list[str]:
    """By which method which published values got their intervals, and how ours was reckoned."""
    names: dict[str, dict[str, None]] = {}
    for line in lines:
        names.setdefault(line.published.how, {})[line.name] = None
    said = [f"Published interval of {', '.join(those)}: {TOLD[how]}." for how, those in names.items() if how]
    if "" in names:
        said.append(f"No published interval for {', '.join(names[''])}: what it is counted over is not printed.")
    return [*said, *(OURS[over] for over in sorted({line.value.column.over in (FOLDS, RUNS) for line in lines}))]
