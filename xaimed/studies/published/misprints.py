"""Could one wrong digit explain it? Every number that differs in one digit is tried in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from xaimed.studies.published.findings import Finding
from xaimed.studies.published.paper import Paper, Value
from xaimed.studies.published.printed import printed
from xaimed.studies.published.rules import harmonic, matrix_metrics, statements

RULES = (statements, matrix_metrics, harmonic)


def with_misprints(paper: Paper, findings: list[Finding]) -> list[Finding]:
    """The findings, with the one-digit changes that would take them away without bringing others."""
    suspects = {address for finding in findings for address in finding.about if address in paper.values}
    told = {address: line for address in sorted(suspects) if (line := _told(paper, paper.values[address]))}
    return [
        finding.also(*(told[address] for address in finding.about if address in told)) for finding in findings
    ]


def _told(paper: Paper, value: Value) -> str:
    before = _against(paper, value.address)
    if before < 2:
        return ""  # one contradiction says nothing about which side is wrong
    better = [text for text in _one_digit_off(value.printed.text) if not _against(_with(paper, value, text), value.address)]
    if not better:
        return ""
    head = value.printed.text.partition("±")[0].strip(" (")
    options = " or ".join(text.partition("±")[0].strip(" (") for text in better)
    return f"{options} in place of {head} ({value.place}) would agree with everything it is checked against"


def _against(paper: Paper, address: str) -> int:
    """How many findings a value stands in."""
    return sum(
        isinstance(outcome, Finding) and address in outcome.about for rule in RULES for outcome in rule.check(paper)
    )


def _with(paper: Paper, value: Value, text: str) -> Paper:
    values = {**paper.values, value.address: replace(value, printed=printed(text, value.address))}
    return replace(paper, values=values)


def _one_digit_off(text: str) -> Iterator[str]:
    head, sign, tail = text.partition("±")
    for i, old in enumerate(head):
        for new in "0123456789" if old.isdigit() else "":
            if new != old:
                yield f"{head[:i]}{new}{head[i + 1 :]}{sign}{tail}"
