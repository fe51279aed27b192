"""What is a study? A recipe, the runs that vary it, and the tables and figures that they are for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xaimed.studies.published.paper import Paper

NESTED = "nested"
"""What the name of a run ends with that is chosen and reported on different samples, for the doubt of the protocol."""


@dataclass(frozen=True)
class Member:
    """One run of a study: by which options of the axes it came about, and what is asked for.

    Attributes:
        name: its key in tables, such as ``resnet50_finetuned``; published rows of that name stand beside it.
        label: how a reader knows it, such as ``ResNet50, fine-tuned``.
        overrides: as for ``xaimed train``, in full.
        place: by axis, the option; empty for a run outside of the grid.
        votes: for an ensemble, the names of the runs that vote; it is not trained.
        nested: whether it only answers how much the choice of the checkpoint gave away.
    """

    name: str
    label: str
    overrides: tuple[str, ...] = ()
    place: Mapping[str, str] = field(default_factory=dict)
    votes: tuple[str, ...] = ()
    nested: bool = False


@dataclass(frozen=True)
class Row:
    """What stands in one row of a table: a run, or those that differ in nothing but an axis that repeats."""

    name: str
    label: str
    members: tuple[Member, ...]

    @property
    def place(self) -> Mapping[str, str]:
        """By axis, the option; the same for all its members but for what repeats."""
        return self.members[0].place


@dataclass(frozen=True)
class Study:
    """A study as its YAML describes it, with a profile applied.

    Attributes:
        name: that of its YAML.
        title: what stands above its tables.
        profile: how it is made smaller; empty for the study itself.
        rows: everything that is trained or votes, in order.
        axes: the options of every axis with their labels.
        tables: the nodes of its tables, by name; each is built by ``_target_``.
        figures: the same of its figures.
        chosen: overrides that the paper leaves blank, and why they are as they are.
        stamp: what must be said beside everything that is made from it.
        changed: overrides of the user that decide the training; with them it is another study than the paper's.
        paper: what was published, if anything.
        raters: how many are simulated while nobody has rated, in a rehearsal.
    """

    name: str
    title: str
    profile: str
    rows: tuple[Row, ...]
    axes: Mapping[str, Mapping[str, str]]
    tables: Mapping[str, Mapping[str, Any]]
    figures: Mapping[str, Mapping[str, Any]]
    chosen: Mapping[str, str]
    stamp: str
    changed: tuple[str, ...]
    paper: Paper | None
    raters: int = 0

    @property
    def members(self) -> tuple[Member, ...]:
        """Every run, in order."""
        return tuple(member for row in self.rows for member in row.members)

    @property
    def trained(self) -> tuple[Member, ...]:
        """The runs that are trained."""
        return tuple(member for member in self.members if not member.votes)

    def row(self, name: str) -> Row:
        """The row of that name."""
        return next(row for row in self.rows if row.name == name)
