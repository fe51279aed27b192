"""What is in the data? Every class, every part, every dataset counted, and beside that what was published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from xaimed.reporting.tables import Table
from xaimed.studies.reproduction.population import Population, populations
from xaimed.studies.reproduction.results import Results
from xaimed.studies.reproduction.tables.counted import Counts, beside, laid_out

ALL, COPIES = "all", "copies"


@dataclass(frozen=True)
class Dataset:
    """Rows are classes, columns all samples of the class and those with a value in a column of the samples.

    Attributes:
        title: what it shows.
        columns: by the name of the published column, the column of the samples and the value that is counted; an
            empty one counts all.
        beside: the published table, whose rows are classes.
    """

    title: str
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: {"total": {}})
    beside: str = ""

    def __call__(self, results: Results) -> list[Table]:
        """Both tables for every dataset of the study."""
        found = list(populations(results).values())
        tables = []
        for of in found:
            title = f"{self.title}, {of.name}" if len(found) > 1 else self.title
            counts: Counts = {
                (label, name): of.number(None if label == ALL else label, asked)
                for label in (*of.classes, ALL)
                for name, asked in self.columns.items()
            }
            tables.append(laid_out(title, "Class", counts, [*_notes(of), *self._lacking(of)]))
            tables += beside(results, self.beside, title, "Class", counts)
        return tables

    def _lacking(self, of: Population) -> Iterator[str]:
        for column in dict.fromkeys(column for asked in self.columns.values() for column in asked):
            if not of.tells(column):
                yield f"The data do not tell '{column}'."
            elif unsaid := of.unsaid(column):
                yield f"'{column}' is not known of {unsaid} samples."


@dataclass(frozen=True)
class Parts:
    """Rows are the parts of a published split, columns are classes.

    Attributes:
        title: what it shows.
        parts: by the name of the published row: ``train``, ``select``, ``report``, or ``copies`` for what trains once
            smaller classes are filled up.
        beside: the published table, whose columns are classes.
    """

    title: str
    parts: Mapping[str, str] = field(
        default_factory=lambda: {"training": "train", "validation": "select", "testing": "report"}
    )
    beside: str = ""

    def __call__(self, results: Results) -> list[Table]:
        """Both tables for every dataset whose split is known, which it is once a run was begun."""
        begun = [of for of in populations(results).values() if of.run is not None]
        tables = []
        for of in begun:
            title = f"{self.title}, {of.name}" if len(begun) > 1 else self.title
            counts: Counts = {
                (part, label): number
                for part, role in self.parts.items()
                for label, number in (of.with_copies() if role == COPIES else of.in_role(role)).items()
            }
            folds = [f"Of the first of {of.folds} folds."] if of.folds > 1 else []
            tables.append(laid_out(title, "Part", counts, [*_notes(of), *folds]))
            tables += beside(results, self.beside, title, "Part", counts)
        return tables


@dataclass(frozen=True)
class Summary:
    """Rows are datasets; columns how many pictures, patients and classes there are.

    Attributes:
        title: what it shows.
        axis: the axis of the study whose options are datasets, named as the published rows.
        beside: the published table, with columns ``images`` and ``classes``.
    """

    title: str
    axis: str = ""
    beside: str = ""

    def __call__(self, results: Results) -> list[Table]:
        """Both tables."""
        counts: Counts = {}
        notes = []
        for row, of in populations(results).items():
            name = results.row(row).row.place.get(self.axis, of.name)
            counts[name, "images"] = len(of.frame)
            counts[name, "patients"] = of.patients
            counts[name, "classes"] = len(of.classes)
            notes += [of.note] if of.note else []
        if not counts:
            return []
        return [
            laid_out(self.title, "Dataset", counts, notes),
            *beside(results, self.beside, self.title, "Dataset", counts),
        ]


def _notes(of: Population) -> list[str]:
    said = [f"{len(of.frame)} samples of {of.patients} patients.", of.note]
    return [note for note in said if note]
