"""How does a person read the audit of a paper? In the terminal, as Markdown, and as JSON for whoever reckons on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from xaimed.reporting.tables import Table, to_markdown
from xaimed.reporting.terminal import TerminalTable
from xaimed.reporting.text import markdown, visible
from xaimed.store.writing import write_json, write_text
from xaimed.studies.published.audit import Audited
from xaimed.studies.published.findings import TOLD, Finding

NOTHING = "Nothing that is printed contradicts anything else that is printed."


def write_page(audited: Audited, folder: Path) -> tuple[Path, Path]:
    """``published.md`` and ``published.json`` in the folder of the study; both are returned."""
    folder.mkdir(parents=True, exist_ok=True)
    page, facts = folder / "published.md", folder / "published.json"
    write_text(page, "\n".join(_lines(audited)) + "\n")
    write_json(facts, as_facts(audited))
    return page, facts


def as_facts(audited: Audited) -> dict[str, Any]:
    """Every finding and every check that holds, as plain containers."""
    return {
        "study": audited.paper.name,
        "title": audited.paper.title,
        "findings": [{**asdict(finding), "weight": finding.weight.name.lower()} for finding in audited.findings],
        "agreements": [asdict(agreement) for agreement in audited.agreements],
        "checked": {rule: {"hold": held, "fail": failed} for rule, (held, failed) in audited.checked().items()},
    }


def print_audit(audited: Audited, console: Console) -> None:
    """The findings, the gravest first, each with its arithmetic, and what was checked."""
    console.print(Text(_heading(audited), style="bold"))
    for number, finding in enumerate(audited.findings, 1):
        console.print()
        console.print(Text(f"{number}. {visible(finding.told)}"))
        console.print(Padding(Text(f"{TOLD[finding.weight]} · {_places(finding)}", style="dim"), (0, 0, 0, 3)))
        for line in finding.arithmetic:
            console.print(Padding(Text(f"– {visible(line)}"), (0, 0, 0, 3)))
    if not audited.findings:
        console.print(NOTHING)
    console.print()
    console.print(TerminalTable(_counts(audited)))


def _lines(audited: Audited) -> Iterator[str]:
    yield f"# {markdown(audited.paper.title)}"
    yield ""
    yield f"{_heading(audited)}. Nothing was trained and no data were read: printed numbers against printed numbers."
    weight = None
    for number, finding in enumerate(audited.findings, 1):
        if finding.weight is not weight:
            weight = finding.weight
            yield from ("", f"## {TOLD[weight].capitalize()}")
        yield from ("", f"**{number}.** {markdown(finding.told)}  ", f"*{markdown(_places(finding))}*", "")
        yield from (f"- {markdown(line)}" for line in finding.arithmetic)
    if not audited.findings:
        yield from ("", NOTHING)
    yield from ("", to_markdown(_counts(audited)).rstrip())
    if told := [agreement for agreement in audited.agreements if agreement.told]:
        yield from ("", "## How some of it agrees", "")
        yield from (f"- {markdown(agreement.about)}: {markdown(agreement.told)}" for agreement in told)


def _heading(audited: Audited) -> str:
    found, held = len(audited.findings), len(audited.agreements)
    return f"{audited.paper.name}: {found} finding{'s' * (found != 1)}, {held} check{'s' * (held != 1)} hold"


def _places(finding: Finding) -> str:
    return "; ".join(finding.places)


def _counts(audited: Audited) -> Table:
    rows = tuple((rule, held, failed) for rule, (held, failed) in audited.checked().items())
    return Table("What was checked", ("Rule", "Hold", "Findings"), rows)
