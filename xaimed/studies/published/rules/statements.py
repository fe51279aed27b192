"""Do the statements hold against the tables, and against one another?"""

from __future__ import annotations

from collections.abc import Iterator

from xaimed.studies.published.expressions import Verdict, judge
from xaimed.studies.published.findings import Agreement, Finding, Outcome
from xaimed.studies.published.names import Names
from xaimed.studies.published.paper import Claim, Paper, Table

RULE, AGAINST, RELATION = "statements against numbers", "statements against statements", "relations within a table"


def check(paper: Paper) -> Iterator[Outcome]:
    """Every statement that can be reckoned, every relation of a table, every pair that cannot both be true."""
    for claim in paper.claims.values():
        for line in claim.checks:
            yield statement(paper, claim, line)
        yield from _contradictions(paper, claim)
    for table in paper.tables.values():
        for line in table.relations:
            yield from _relation(paper, table, line)


def statement(paper: Paper, claim: Claim, line: str) -> Outcome:
    """One line of a statement."""
    verdict = judge(line, Names(paper), f"claims.{claim.name}")
    if verdict.holds:
        return Agreement(RULE, f"{claim.place}: {claim.says}", _if_cut(verdict))
    about = tuple(address for address in paper.values if address in line)
    told = f"The text says: {claim.says}. The numbers say otherwise."
    places = (claim.place, *dict.fromkeys(paper.values[address].place for address in about))
    return Finding(RULE, claim.weight, places[:6], told, (verdict.told,), verdict.gap, about)


def _contradictions(paper: Paper, claim: Claim) -> Iterator[Outcome]:
    for name in claim.contradicts:
        other = paper.claims[name]
        told = f"Two statements that cannot both be true: {claim.says}; and: {other.says}."
        yield Finding(AGAINST, claim.weight, (claim.place, other.place), told)


def _relation(paper: Paper, table: Table, line: str) -> Iterator[Outcome]:
    for name, row in table.rows.items():
        address = f"{table.name}.{name}"
        verdict = judge(line, Names(paper, address), f"tables.{table.name}.relations")
        place = next(iter(row.values())).place.rpartition(",")[0]
        if verdict.holds:
            yield Agreement(RELATION, f"{place}: {line}", _if_cut(verdict))
        else:
            about = tuple(value.address for key, value in row.items() if key in line)
            yield Finding(RELATION, table.weight, (place,), f"{line} does not hold.", (verdict.told,), verdict.gap, about)


def _if_cut(verdict: Verdict) -> str:
    return f"only with numbers cut off, not rounded: {verdict.told}" if verdict.cut else ""
