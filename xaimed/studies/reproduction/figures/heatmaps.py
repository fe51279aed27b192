"""Where did every row look? Heatmaps over the same pictures, a line for each class, right cases or wrong ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from matplotlib.figure import Figure

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.reporting.heatmap_grid import GridRow, Look, heatmap_grid
from xaimed.studies.reproduction.figures.choosing import Choice, choose
from xaimed.studies.reproduction.figures.explained import Explained
from xaimed.studies.reproduction.figures.pictures import Picture, Pictures
from xaimed.studies.reproduction.figures.said import even, matching, remarks_on, stamp_of
from xaimed.studies.reproduction.results import Results, RowResult

CASES = ("correct", "incorrect")
WIDE, TALL = 5, 5
"""Columns and lines of a page, at most."""


@dataclass(frozen=True)
class Column:
    """A column of the figure: a run as one explainer sees it, or as several do, each on a line of its own."""

    label: str
    of: tuple[Explained, ...]


@dataclass(frozen=True)
class Heatmaps:
    """Lines are classes, columns are rows of the study; of one row alone, columns are its explainers.

    Of several rows and several explainers there is a line for each class and explainer, with the same picture.

    Attributes:
        title: what it shows.
        rows: which rows of the study; all without.
        cases: ``correct`` or ``incorrect``: whether the shown pictures were recognised.
        explainers: the options of ``conf/explainer`` whose maps are shown.
        classes: which classes; all without.
        seed: of the choice of pictures.
    """

    title: str
    rows: tuple[str, ...] = ()
    cases: Literal["correct", "incorrect"] = "correct"
    explainers: tuple[str, ...] = ("gradcam",)
    classes: tuple[str, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what is neither right nor wrong."""
        if self.cases not in CASES:
            raise ConfigError(f"there are no '{self.cases}' cases", where="cases", fix=near_miss(self.cases, CASES))

    def __call__(self, results: Results) -> list[Figure]:
        """Pages of up to five columns and five lines; none while nothing is explained."""
        there = results.there(self.rows)
        columns = self._columns(there)
        if not any(each.has_maps for column in columns for each in column.of):
            return []
        pictures = Pictures()
        lines = [line for name in self._classes(there) for line in self._lines(name, columns, pictures)]
        notes = [*remarks_on(results, results.named(self.rows)), *_remarks(columns), *pictures.problems]
        pages = [(across, lines[down]) for across in even(len(columns), WIDE) for down in even(len(lines), TALL)]
        return [
            heatmap_grid(
                [replace(line, cells=line.cells[part]) for line in shown],
                [column.label for column in columns[part]],
                title=self.title if len(pages) == 1 else f"{self.title} ({number} of {len(pages)})",
                subline=self._subline(there),
                notes=notes,
                stamp=stamp_of(results, there),
            )
            for number, (part, shown) in enumerate(pages, 1)
        ]

    def _columns(self, there: Sequence[RowResult]) -> list[Column]:
        if len(there) == 1 and len(self.explainers) > 1:
            looks = [Explained(there[0].there[0], name) for name in self.explainers]
            return [Column(look.title, (look,)) for look in looks]
        return [
            Column(row.row.label, tuple(Explained(row.there[0], name) for name in self.explainers)) for row in there
        ]

    def _classes(self, there: Sequence[RowResult]) -> list[str]:
        known = [name for row in there if row.predictions is not None for name in row.predictions.classes]
        return matching(self.classes, list(dict.fromkeys(known)))

    def _lines(self, name: str, columns: Sequence[Column], pictures: Pictures) -> list[GridRow]:
        """The lines of a class: one, or one for each explainer, all with the same pictures."""
        correct = self.cases == "correct"
        can = [_shown_by(column, name, correct=correct) for column in columns]
        chosen = choose(can, self.seed)
        depth = max(len(column.of) for column in columns)
        lines = []
        for i in range(depth):
            drawn = [self._look(column.of[i], name, sample, chosen, pictures)
                     for column, sample in zip(columns, chosen.samples, strict=True)]  # fmt: skip
            shared = next(
                (picture for picture, look in drawn if picture and isinstance(look, Look) and not look.own), None
            )
            title = f"{name} · {columns[0].of[i].title}" if depth > 1 else name
            told = _how_chosen(chosen, len({column.of[0].result.name for column in columns}), correct=correct)
            lines.append(
                GridRow(
                    title,
                    told,
                    tuple(look for _, look in drawn),
                    shared.pixels if shared else None,
                    _name(chosen.shared) if chosen.shared else "",
                    shared.mask if shared else None,
                )
            )
        return lines

    def _look(
        self, explained: Explained, name: str, sample: str | None, chosen: Choice, pictures: Pictures
    ) -> tuple[Picture | None, Look | str | None]:
        """The picture and what stands in a cell: its map, that there is no map, or nothing where there is no case."""
        if not explained.has_maps:
            return None, "no maps stored"
        if sample is None:
            return None, None
        identifier = sample.partition("\0")[2]
        place = explained.places(name, correct=self.cases == "correct")[identifier]
        label = None if explained.predictions.kind == "multilabel" else name
        picture = pictures.of(explained.result, identifier, label)
        own = "" if sample == chosen.shared else _name(sample)
        look = Look(
            picture.pixels if picture else None,
            explained.maps(place, "heatmap")[0],
            explained.decision(place, name),
            own,
            picture.mask if picture and own else None,
        )
        return picture, look

    def _subline(self, there: Sequence[RowResult]) -> str:
        which = "recognised" if self.cases == "correct" else "not recognised"
        several = any(len(row.there) > 1 for row in there)
        explainer = f"{self._explainer(there)} · " if len(self.explainers) == 1 else ""
        told = f"{explainer}pictures that were {which}, chosen by chance (seed {self.seed}) · p: of what was predicted"
        return told + (" · of runs that repeat, the first" if several else "")

    def _explainer(self, there: Sequence[RowResult]) -> str:
        return Explained(there[0].there[0], self.explainers[0]).title


def _shown_by(column: Column, name: str, *, correct: bool) -> set[str]:
    """The pictures that every explainer of a column has a map of; those of different datasets may bear one name."""
    parts = [
        {f"{each.result.facts['dataset']}\0{sample}" for sample in each.places(name, correct=correct)}
        for each in column.of
        if each.has_maps
    ]
    return set.intersection(*parts) if parts else set()


def _name(sample: str) -> str:
    return sample.partition("\0")[2]


def _how_chosen(chosen: Choice, networks: int, *, correct: bool) -> str:
    """How many pictures the shown one stands for."""
    word = "recognised" if correct else "missed"
    one = "the only one" if chosen.choices == 1 else f"one of {chosen.choices}"
    if networks == 1:
        return f"{one} {word}" if chosen.choices else f"none is {word}"
    if not chosen.choices:
        return f"none is {word} by any network"
    if not chosen.shared:
        return f"none is {word} by two networks: each shows its own"
    who = f"all {networks}" if chosen.sharing == networks else f"{chosen.sharing} of {networks}"
    return f"{one} {word} by {who} networks"


def _remarks(columns: Sequence[Column]) -> list[str]:
    """Whose maps are not there, or cannot be read."""
    every = [(column, each) for column in columns for each in column.of]
    lacking = [f"{column.label} ({each.title})" for column, each in every if not each.has_maps and not each.damaged]
    damaged = [told for _, each in every for told in each.damaged]
    return [*([f"No maps are stored of: {', '.join(lacking)}."] if lacking else []), *damaged]
