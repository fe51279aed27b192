"""Does everything in a paper that refers to something else find it?"""

from __future__ import annotations

from collections.abc import Iterable

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.studies.published.paper import Paper


def refuse_loose_ends(paper: Paper) -> None:
    """Refuse a paper with a reference that leads nowhere: a misspelt one would be a check that is never made.

    Raises:
        ConfigError: naming it, with its near misses.
    """
    for value in paper.values.values():
        refuse_unknown(value.column.of, paper.samples, value.address, empty=True)
    for matrix in paper.matrices.values():
        refuse_unknown(matrix.of, paper.samples, f"matrices.{matrix.name}")
        rows = {address.rpartition(".")[0] for address in paper.values}
        refuse_unknown(matrix.row, rows, f"matrices.{matrix.name}.row", empty=True)
    for model in paper.models.values():
        for address in model.values.values():
            refuse_unknown(address, paper.values, f"models.{model.name}.values")
    for claim in paper.claims.values():
        where = f"claims.{claim.name}"
        for name in claim.contradicts:
            refuse_unknown(name, paper.claims, where)
        for name in claim.compares:
            refuse_unknown(name, paper.matrices, where)
        refuse_unknown(claim.pools, paper.tables, where, empty=True)
    for table in paper.tables.values():
        refuse_unknown(table.report, paper.samples, f"tables.{table.name}.report", empty=True)


def refuse_unknown(name: str, known: Iterable[str], where: str, *, empty: bool = False) -> None:
    """Refuse a name that is not known; ``empty`` lets an empty one pass."""
    known = list(known)
    if name not in known and not (empty and not name):
        raise ConfigError(f"there is no '{name}'", where=where, fix=near_miss(name, known))
