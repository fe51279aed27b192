"""Where did every row look? Heatmaps over the same pictures, a line for each class, right cases or wrong ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from matplotlib.figure import Figure

from xaimed.reporting.heatmap_grid import GridRow, Look, heatmap_grid
from xaimed.reporting.text import shortened
from xaimed.studies.reproduction.figures.choosing import Choice, choose
from xaimed.studies.reproduction.figures.explained import Explained
from xaimed.studies.reproduction.figures.pictures import Picture, Pictures
from xaimed.studies.reproduction.figures.said import remarks_on, stamp_of
from xaimed.studies.reproduction.results import Results, RowResult

WIDE, TALL = 5, 5
"""Columns and lines of a page."""
LONGEST_ID = 24


@dataclass(frozen=True)
class Column:
    """A column of the figure: a run, and what of it is asked for; without a run, why there is none."""

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

    def __call__(self, results: Results) -> list[Figure]:
        """Pages of up to five columns and five lines; none while nothing is explained."""
        there = results.there(self.rows)
        columns = self._columns(there)
        if not any((each.explained >= 0).any() for column in columns for each in column.of):
            return []
        pictures = Pictures()
        lines = [line for name in self._classes(there) for line in self._lines(name, columns, pictures)]
        notes = [*remarks_on(results, results.named(self.rows)), *_without_maps(columns), *pictures.problems]
        wide = [slice(start, start + WIDE) for start in range(0, len(columns), WIDE)]
        pages = [(part, lines[start : start + TALL]) for part in wide for start in range(0, len(lines), TALL)]
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
        return [name for name in dict.fromkeys(self.classes or known) if name in known]

    def _lines(self, name: str, columns: Sequence[Column], pictures: Pictures) -> list[GridRow]:
        """The lines of a class: one, or one for each explainer, all with the same pictures."""
        correct = self.cases == "correct"
        # Samples of different datasets may bear the same name.
        found = [
            [
                {(_dataset(each), key): at for key, at in each.places(name, correct=correct).items()}
                for each in column.of
            ]
            for column in columns
        ]
        can = [
            {"\0".join(key) for key in set.intersection(*(set(places) for places in parts))} if parts else set()
            for parts in found
        ]
        chosen = choose(can, self.seed)
        depth = max(len(column.of) for column in columns)
        lines = []
        for i in range(depth):
            drawn = [self._look(column.of[i], name, sample, chosen, pictures)
                     for column, sample in zip(columns, chosen.samples, strict=True)]  # fmt: skip
            shared = next((picture for picture, look in drawn if picture and look and not look.own), None)
            title = f"{name} · {columns[0].of[i].title}" if depth > 1 else name
            told = _how_chosen(chosen, columns, correct=correct) if i == 0 else ""
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
    ) -> tuple[Picture | None, Look | None]:
        if sample is None:
            return None, None
        identifier = sample.partition("\0")[2]
        place = explained.places(name, correct=self.cases == "correct")[identifier]
        label = None if explained.predictions.kind == "multilabel" else name
        picture = pictures.of(explained.result, identifier, label)
        own = "" if sample == chosen.shared else _name(sample)
        look = Look(
            picture.pixels if picture else None,
            explained.maps(place)["heatmap"],
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


def _dataset(explained: Explained) -> str:
    return str(explained.result.facts["dataset"])


def _name(sample: str) -> str:
    return shortened(sample.partition("\0")[2], LONGEST_ID)


def _how_chosen(chosen: Choice, columns: Sequence[Column], *, correct: bool) -> str:
    """How many pictures the shown one stands for."""
    which = "recognised" if correct else "missed"
    several = len(columns) > 1
    if not chosen.choices:
        return f"none is {which}" + (" by any column" if several else "")
    if not chosen.shared:
        return f"no picture is {which} by two columns: each shows its own"
    if not several:
        return f"one of {chosen.choices} {which}"
    by = "all columns" if chosen.sharing == len(columns) else f"{chosen.sharing} of {len(columns)} columns"
    return f"one of {chosen.choices} {which} by {by}"


def _without_maps(columns: Sequence[Column]) -> list[str]:
    lacking = [
        f"{column.label} ({each.title})" for column in columns for each in column.of if not (each.explained >= 0).any()
    ]
    return [f"No maps are stored of {', '.join(lacking)}."] if lacking else []
