"""What is a paper here? All that it prints, found by address, by pattern, by row, and by who quotes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from xaimed.errors import ConfigError
from xaimed.studies.published.findings import Weight
from xaimed.studies.published.parts import Claim, Matrix, Model, Samples, Table, Value


@dataclass(frozen=True)
class Paper:
    """All of it."""

    name: str
    title: str
    samples: Mapping[str, Samples]
    tables: Mapping[str, Table]
    matrices: Mapping[str, Matrix]
    models: Mapping[str, Model]
    claims: Mapping[str, Claim]
    values: Mapping[str, Value]
    same_data: tuple[tuple[str, str, str], ...] = ()
    """Place, what weights or settings were chosen on, what was reported on; where both are the same."""

    def row(self, address: str) -> dict[str, Value]:
        """The values of a row, by column."""
        head = f"{address}."
        return {name.removeprefix(head): value for name, value in self.values.items() if name.startswith(head)}

    def places_in(self, check: str) -> list[str]:
        """Where the rows and matrices of a check are printed, or the tables that it picks from."""
        places = [self.values[address].row for address in self.named_in(check)]
        places += [table.place for name, table in self.tables.items() if f"'{name}." in check]
        return places + [matrix.place for matrix in self.matrices.values() if _names(check, matrix.name)]

    def matching(self, pattern: str, where: str) -> list[Value]:
        """The values whose addresses match, each part of the pattern one part of the address.

        Raises:
            ConfigError: none does.
        """
        parts = pattern.split(".")
        found = [
            value
            for address, value in self.values.items()
            if len(address.split(".")) == len(parts) and all(map(fnmatchcase, address.split("."), parts))
        ]
        if not found:
            raise ConfigError(f"no published value matches '{pattern}'", where=where)
        return found

    def samples_of(self, value: Value) -> Samples | None:
        """What a value is counted over."""
        return self.samples.get(value.column.of)

    def weight_of(self, value: Value) -> Weight:
        """As grave as the gravest statement that is checked against it, or as its table."""
        table = self.tables[value.address.partition(".")[0]]
        return min([table.weight, *(claim.weight for claim in self.quoting(value.address))])

    def quoting(self, address: str) -> list[Claim]:
        """The statements that repeat a value, or reckon with it; not those that only put it in an order."""
        lines = {claim.name: self.reckoned_with(claim, address) for claim in self.claims.values()}
        return [claim for claim in self.claims.values() if lines[claim.name]]

    def reckoned_with(self, claim: Claim, address: str) -> list[str]:
        """The equalities of a statement that name a value."""
        return [check for check in claim.checks if "==" in check and _names(check, address)]

    def named_in(self, check: str) -> list[str]:
        """The addresses of the values in a check."""
        return [address for address in self.values if _names(check, address)]

    def weight_of_matrix(self, matrix: Matrix) -> Weight:
        """As grave as the gravest value of its row, or a result."""
        return min([Weight.RESULT, *(self.weight_of(value) for value in self.row(matrix.row).values())])

    def reported(self) -> Iterator[tuple[Matrix, dict[str, Value]]]:
        """Every matrix with the row of the same predictions."""
        for matrix in self.matrices.values():
            if matrix.row:
                yield matrix, self.row(matrix.row)


def _names(check: str, address: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(address)}(?![\w.])", check) is not None
