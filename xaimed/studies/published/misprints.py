"""Could one wrong digit explain it? Every number that differs in one digit is tried in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from xaimed.studies.published.expressions import judge
from xaimed.studies.published.findings import Finding
from xaimed.studies.published.names import Names
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import Value
from xaimed.studies.published.printed import printed
from xaimed.studies.published.rules import harmonic, matrix_metrics, reachable


def with_misprints(paper: Paper, findings: list[Finding]) -> list[Finding]:
    """The findings, with the one-digit changes of a number that would take all its contradictions away."""
    suspects = {address for finding in findings for address in finding.about if address in paper.values}
    told = {address: line for address in sorted(suspects) if (line := _told(paper, paper.values[address]))}
    return [finding.also(*(told[address] for address in finding.about if address in told)) for finding in findings]


def _told(paper: Paper, value: Value) -> str:
    if _against(paper, value.address) < 2:
        return ""  # one contradiction does not say which side is wrong
    head = _head(value.printed.text)
    better = [_head(text) for text in _one_digit_off(value.printed.text) if _agrees(*_with(paper, value, text))]
    if not better:
        return ""
    return (
        f"{' or '.join(better)} in place of {head} ({value.place}, and where the text repeats it) would agree with "
        "everything it is checked against"
    )


def _agrees(paper: Paper, address: str) -> bool:
    """Whether a value fails no check and can be had at all, with the spread that is printed behind it."""
    return not _against(paper, address) and reachable.possible(paper, address)


def _against(paper: Paper, address: str) -> int:
    """How many checks a value fails."""
    names = Names(paper)
    lines = [line for claim in paper.claims.values() for line in paper.reckoned_with(claim, address)]
    wrong = sum(not judge(line, names, address).holds for line in lines)
    row = harmonic.check_row(paper, address.rpartition(".")[0])
    wrong += sum(isinstance(outcome, Finding) and address in outcome.about for outcome in row)
    return wrong + matrix_metrics.against(paper, address)


def _with(paper: Paper, value: Value, text: str) -> tuple[Paper, str]:
    """The paper with another number at the value's place, and in statements that only repeat it."""
    repeated = re.compile(rf"^({re.escape(value.address)} == ){re.escape(_head(value.printed.text))}$")
    claims = {
        name: replace(claim, checks=tuple(repeated.sub(rf"\g<1>{_head(text)}", line) for line in claim.checks))
        for name, claim in paper.claims.items()
    }
    values = {**paper.values, value.address: replace(value, printed=printed(text, value.address))}
    return replace(paper, values=values, claims=claims), value.address


def _one_digit_off(text: str) -> Iterator[str]:
    head, sign, tail = text.partition("±")
    for i, old in enumerate(head):
        for new in "0123456789" if old.isdigit() else "":
            if new != old:
                yield f"{head[:i]}{new}{head[i + 1 :]}{sign}{tail}"


def _head(text: str) -> str:
    return text.partition("±")[0].strip(" (")
