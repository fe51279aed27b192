"""Where in the paper stands the value beside one of our cells? A table, or a template for its address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import Matrix, Value

ROW, COLUMN, CLASS = "{row}", "{column}", "{class}"
Beside = str | Mapping[str, str]
"""``table4``: rows and columns are named as ours. ``table1.ours.{column}``, ``table5.{row}_chexpert.{column}`` or
``areas.{class}.area``: the address itself. By the name of the row where rows stand in different places, and under ``*``
for all others."""


@dataclass(frozen=True)
class Addresses:
    """The places of the values beside the cells of a table.

    Attributes:
        paper: what was published; None where nothing was.
        beside: where it stands; empty where nothing shall stand beside.
    """

    paper: Paper | None
    beside: Beside

    def of(self, row: str, column: str, label: str = "") -> Value | None:
        """The printed value of a row in a column, of one class where it is of one.

        A column that is an address itself (it has two dots) says where the value stands whatever ``beside`` says.

        Raises:
            ConfigError: the paper has no such table.
        """
        template = column if column.count(".") == 2 else self.template(row)
        if self.paper is None or not template:
            return None
        table = template.partition(".")[0]
        if table not in self.paper.tables:
            raise ConfigError(f"nothing is published as '{table}'", fix=near_miss(table, self.paper.tables))
        if "." in template:
            return self._found(template, row, column, label)
        if label:
            return self._of_class(f"{table}.{row}", column, label)
        return self._found(f"{table}.{ROW}.{COLUMN}", row, column, label)

    def template(self, row: str) -> str:
        """Where a row was published; empty where it was not."""
        return self.beside if isinstance(self.beside, str) else self.beside.get(row, self.beside.get("*", ""))

    def _found(self, template: str, row: str, column: str, label: str) -> Value | None:
        """Names of classes are written in many ways: capitals and what is between words do not count."""
        assert self.paper is not None
        filled = template.replace(CLASS, plain(label)).replace(ROW, row).replace(COLUMN, column)
        if filled in self.paper.values:
            return self.paper.values[filled]
        wanted = [plain(part) for part in filled.split(".")]
        every = self.paper.values.items()
        return next((value for name, value in every if [plain(part) for part in name.split(".")] == wanted), None)

    def _of_class(self, address: str, metric: str, label: str) -> Value | None:
        """The value of a row that is this metric of this class."""
        assert self.paper is not None
        for value in self.paper.row(address).values():
            if value.column.metric == metric and plain(value.column.label) == plain(label):
                return value
        return None

    def matrix(self, row: str) -> Matrix | None:
        """The printed confusion matrix of a row: of its name, of the published row beside it, or of its name there."""
        if self.paper is None:
            return None
        if row in self.paper.matrices:
            return self.paper.matrices[row]
        template = self.template(row)
        if template in self.paper.matrices:
            return self.paper.matrices[template]
        place = template.replace(ROW, row) if "." in template else f"{template}.{row}"
        head = ".".join(place.split(".")[:2])
        every = self.paper.matrices.values()
        named = (matrix for matrix in every if matrix.row.endswith(f".{row}"))
        return next((matrix for matrix in every if matrix.row == head), next(named, None))


def plain(name: str) -> str:
    """A name without what people write differently: capitals, blanks, lines and dots between words."""
    return re.sub(r"[^\w]+|_+", "_", name.casefold()).strip("_")
