"""How well does every row tell each class from the rest? ROC curves, or precision against recall, class by class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from matplotlib.figure import Figure

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.evaluation.discrimination import Kind, one_against_rest
from xaimed.reporting.roc import AREA, MANY, roc_figure
from xaimed.studies.published.parts import Value
from xaimed.studies.reproduction.figures.said import counted_over, even, matching, remarks_on, stamp_of
from xaimed.studies.reproduction.results import Results, RowResult

PAGE, FEW = 6, 2
"""Plots on a page; the latter where they have many classes."""


@dataclass(frozen=True)
class Roc:
    """A plot for each row of the study: predictions pooled over folds, each class against the rest.

    Attributes:
        title: what it shows.
        rows: which rows of the study; all without.
        classes: which classes; all without, and of a binary task always the positive one.
        beside: by class, the address of the area that was published, in which ``{row}`` is the name of the row.
        curve: ``roc`` or ``precision_recall``; the latter has nothing published.
    """

    title: str
    rows: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    beside: Mapping[str, str] = field(default_factory=dict)
    curve: Kind = "roc"

    def __post_init__(self) -> None:
        """Refuse a curve that is none."""
        if self.curve not in AREA:
            raise ConfigError(f"there is no curve '{self.curve}'", where="curve", fix=near_miss(self.curve, AREA))

    def __call__(self, results: Results) -> list[Figure]:
        """Up to six plots on a figure; none while no row has predictions."""
        there = results.there(self.rows)
        shown = (len(self.classes or row.predictions.classes) for row in there if row.predictions is not None)
        most = PAGE if max(shown, default=0) <= MANY else FEW
        return [self._page(results, there[part]) for part in even(len(there), most)]

    def _page(self, results: Results, rows: list[RowResult]) -> Figure:
        plots, published = {}, {}
        for row in rows:
            assert row.predictions is not None
            found = one_against_rest(row.predictions)
            plots[row.row.label] = {name: found[name] for name in matching(self.classes, list(found))}
            published[row.row.label] = self._printed(results, row, list(found))
        notes = remarks_on(results, results.named(self.rows))
        if results.unlike and any(published.values()):
            notes.append(f"What is published is not comparable: {results.unlike}.")
        several = any(len(rounds) > 1 for classes in plots.values() for rounds in classes.values())
        how = "each class against the rest, predictions pooled over folds"
        return roc_figure(
            plots,
            title=self.title,
            subline=f"{counted_over(rows)} · {how}" + (", mean over repeats" if several else ""),
            kind=self.curve,
            published=published,
            notes=notes,
            stamp=stamp_of(results, rows),
        )

    def _printed(self, results: Results, row: RowResult, classes: list[str]) -> dict[str, str]:
        if self.curve != "roc" or results.paper is None:
            return {}
        values = results.paper.values
        found = {}
        for name, address in self.beside.items():
            place = address.replace("{row}", row.row.name)
            if place in values:
                found.update({ours: _share(values[place]) for ours in matching([name], classes)})
        return found


def _share(value: Value) -> str:
    """As it is printed, but of 1."""
    if value.scale == 1:
        return value.printed.text
    of_one = value.printed.step / value.scale  # a unit of the last place
    decimals = len(str(of_one.denominator)) - 1 if of_one else 2
    return f"{float(value.printed.value / value.scale):.{decimals}f}"
