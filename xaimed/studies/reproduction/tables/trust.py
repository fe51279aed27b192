"""Which row should a careful reader prefer? Everything that bears on trust, rows abreast."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from xaimed.evaluation.calibration import calibration, once
from xaimed.evaluation.trust import Trust
from xaimed.reporting.tables import Table
from xaimed.reporting.trust import compared_table
from xaimed.studies.reproduction.results import Results, RowResult
from xaimed.studies.reproduction.tables.against import lacking
from xaimed.studies.trust import trust_of


@dataclass(frozen=True)
class TrustTable:
    """A column for each row of the study, so many in a table, and below the last one which of them to prefer.

    Attributes:
        title: what it shows.
        rows: which rows of the study; all without.
        abreast: how many stand side by side.
    """

    title: str
    rows: tuple[str, ...] = ()
    abreast: int = 4

    def __call__(self, results: Results) -> list[Table]:
        """The tables; none while nothing was predicted."""
        there = results.there(self.rows)
        if not there:
            return []
        table = compared_table([_trust(row) for row in there])
        whole = replace(table, notes=(*table.notes, *lacking(results, self.rows)))
        return list(_cut(whole, self.title, self.abreast))


def _trust(row: RowResult) -> Trust:
    assert row.predictions is not None
    honest = calibration(once(row.predictions))
    return trust_of(row.row.label, row.predictions, honest, row.findings, row.stamps)


def _cut(table: Table, title: str, abreast: int) -> Iterator[Table]:
    """So many columns at once; the notes stand below the last."""
    starts: Sequence[int] = range(1, len(table.columns), abreast)
    for start in starts:
        some = slice(start, start + abreast)
        body = tuple((row[0], *row[some]) for row in table.rows)
        last = min(start + abreast, len(table.columns)) - 1
        part = f", runs {start} to {last}" if len(starts) > 1 else ""
        notes = table.notes if start == starts[-1] else ()
        yield Table(f"{title}{part}", (table.columns[0], *table.columns[some]), body, notes)
