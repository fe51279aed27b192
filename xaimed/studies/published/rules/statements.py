"""Do the statements hold against the tables, and against one another?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xaimed.studies.published.expressions import Verdict, judge
from xaimed.studies.published.findings import Agreement, Finding, Outcome
from xaimed.studies.published.names import Names
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import Claim, Table, Value

RULE, AGAINST, RELATION = "statements against numbers", "statements against statements", "relations within a table"


def check(paper: Paper) -> Iterator[Outcome]:
    """Every statement that can be reckoned, every relation of a table, all that contradict one another."""
    for claim in paper.claims.values():
        yield from _statement(paper, claim)
        if claim.contradicts:
            yield _contradiction(paper, claim)
    for table in paper.tables.values():
        for name, row in table.rows.items():
            for line in table.relations:
                yield _relation(paper, table, name, row, line)


def _statement(paper: Paper, claim: Claim) -> Iterator[Outcome]:
    """The lines that hold one by one; those that do not as one finding."""
    verdicts = {line: judge(line, Names(paper), f"claims.{claim.name}") for line in claim.checks}
    for verdict in verdicts.values():
        if verdict.holds:
            yield Agreement(RULE, f"{claim.place}: {claim.says}", _if_cut(verdict))
    wrong = {line: verdict for line, verdict in verdicts.items() if not verdict.holds}
    if wrong:
        named = dict.fromkeys(address for line in wrong for address in paper.named_in(line))
        reckoned = {address for line in wrong if "==" in line for address in paper.named_in(line)}
        yield Finding(
            RULE,
            claim.weight,
            tuple(dict.fromkeys((claim.place, *(place for line in wrong for place in paper.places_in(line))))),
            f"The text says: {claim.says}; the numbers say otherwise.",
            tuple(verdict.told for verdict in wrong.values()),
            max(verdict.gap for verdict in wrong.values()),
            tuple(address for address in named if address in reckoned),
        )


def _contradiction(paper: Paper, claim: Claim) -> Finding:
    others = [paper.claims[name] for name in claim.contradicts]
    return Finding(
        AGAINST,
        claim.weight,
        (claim.place, *dict.fromkeys(other.place for other in others)),
        f"The text says: {claim.says}; elsewhere it says otherwise.",
        tuple(f"{other.place}: {other.says}" for other in others),
    )


def _relation(paper: Paper, table: Table, name: str, row: Mapping[str, Value], line: str) -> Outcome:
    verdict = judge(line, Names(paper, f"{table.name}.{name}"), f"tables.{table.name}.relations")
    place = next(iter(row.values())).row
    if verdict.holds:
        return Agreement(RELATION, f"{place}: {line}", _if_cut(verdict))
    about = tuple(value.address for key, value in row.items() if key in line)
    told = f"In one row, {line} does not hold."
    return Finding(RELATION, table.weight, (place,), told, (verdict.told,), verdict.gap, about)


def _if_cut(verdict: Verdict) -> str:
    return f"only with numbers cut off, not rounded: {verdict.told}" if verdict.cut else ""
