"""How well does every row tell each class from the rest? ROC curves, or precision against recall, class by class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from matplotlib.figure import Figure

from xaimed.evaluation.discrimination import Kind, one_against_rest
from xaimed.reporting.roc import roc_figure
from xaimed.studies.published.parts import Value
from xaimed.studies.reproduction.figures.said import counted_over, remarks_on, stamp_of
from xaimed.studies.reproduction.results import Results, RowResult

PAGE = 6  # plots


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

    def __call__(self, results: Results) -> list[Figure]:
        """Up to six plots on a figure; none while no row has predictions."""
        there = results.there(self.rows)
        return [self._page(results, there[i : i + PAGE]) for i in range(0, len(there), PAGE)]

    def _page(self, results: Results, rows: list[RowResult]) -> Figure:
        plots, published = {}, {}
        for row in rows:
            assert row.predictions is not None
            found = one_against_rest(row.predictions)
            plots[row.row.label] = {name: found[name] for name in self.classes or found if name in found}
            published[row.row.label] = self._printed(results, row)
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

    def _printed(self, results: Results, row: RowResult) -> dict[str, str]:
        if self.curve != "roc" or results.paper is None:
            return {}
        values = results.paper.values
        places = {name: address.format(row=row.row.name) for name, address in self.beside.items()}
        return {name: _share(values[place]) for name, place in places.items() if place in values}


def _share(value: Value) -> str:
    """As it is printed, but of 1."""
    return str(value.printed.value / value.scale) if value.scale != 1 else value.printed.text
