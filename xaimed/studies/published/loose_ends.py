"""Does everything in a paper that refers to something else find it?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import ERRORS, FOLDS, MACRO, MICRO, POOLED, RUNS, WEIGHTED, Value
from xaimed.studies.published.scores import BY_CLASS, OVERALL

METRICS = (*OVERALL, *BY_CLASS, "auc", "iou", "share", "mean", ERRORS)
"""What the rules know; a column of anything else has no metric."""


def refuse_loose_ends(paper: Paper) -> None:
    """Refuse a paper with a reference that leads nowhere: a misspelt one would be a check that is never made.

    Raises:
        ConfigError: naming it, with its near misses.
    """
    for value in paper.values.values():
        _refuse_column(paper, value)
    for samples in paper.samples.values():
        for part in samples.parts:
            refuse_unknown(part, paper.samples, f"samples.{samples.name}.parts")
    for matrix in paper.matrices.values():
        refuse_unknown(matrix.of, paper.samples, f"matrices.{matrix.name}")
        for label in matrix.labels if paper.samples[matrix.of].classes else ():
            refuse_unknown(label, paper.samples[matrix.of].classes, f"matrices.{matrix.name}.labels")
        rows = {address.rpartition(".")[0] for address in paper.values}
        refuse_unknown(matrix.row, rows, f"matrices.{matrix.name}.row", empty=True)
    for model in paper.models.values():
        for address in model.values.values():
            refuse_unknown(address, paper.values, f"models.{model.name}.values")
    for claim in paper.claims.values():
        where = f"claims.{claim.name}"
        for name in claim.contradicts:
            refuse_unknown(name, paper.claims, where)
        _refuse_comparison(paper, claim.compares, where)
        refuse_unknown(claim.pools, paper.tables, where, empty=True)
    for table in paper.tables.values():
        refuse_unknown(table.report, paper.samples, f"tables.{table.name}.report", empty=True)


def _refuse_comparison(paper: Paper, names: Sequence[str], where: str) -> None:
    """What is compared must say how many are right: of the same samples, or how many are wrong of any."""
    of = {matrix.name: matrix.of for matrix in paper.matrices.values()}
    counted: set[str] = set()
    for address, value in paper.values.items():
        column = value.column
        row = address.rpartition(".")[0]
        if column.metric == "accuracy" and column.of and not column.label and column.over in ("", POOLED):
            of[row] = column.of
        if column.metric == ERRORS and column.of:
            of[row] = column.of
            counted.add(row)
    for name in names:
        refuse_unknown(name, of, where)
    if len(names) == 1:
        raise ConfigError(f"'{names[0]}' is compared with nothing", where=where)
    if len(sets := dict.fromkeys(of[name] for name in names)) > 1 and not counted.issuperset(names):
        raise ConfigError(f"what is compared is of different samples: {', '.join(sets)}", where=where)


def _refuse_column(paper: Paper, value: Value) -> None:
    """What a value is must be known, or no rule would look at it."""
    column, where = value.column, f"{value.address} (its column)"
    refuse_unknown(column.of, paper.samples, where, empty=True)
    refuse_unknown(column.metric, METRICS, where, empty=True)
    refuse_unknown(column.average, (MACRO, WEIGHTED, MICRO), where, empty=True)
    refuse_unknown(column.over, (FOLDS, RUNS, POOLED), where, empty=True)
    if (samples := paper.samples_of(value)) is not None and samples.classes:
        refuse_unknown(column.label, samples.classes, where, empty=True)
    siblings = paper.row(value.address.rpartition(".")[0])
    for part in column.parts:
        refuse_unknown(part, siblings, where)


def refuse_unknown(name: str, known: Iterable[str], where: str, *, empty: bool = False) -> None:
    """Refuse a name that is not known; ``empty`` lets an empty one pass."""
    known = list(known)
    if name not in known and not (empty and not name):
        raise ConfigError(f"there is no '{name}'", where=where, fix=near_miss(name, known))
