"""What stands in the report, in which order? Trust first, then how well, how sure, where it looked, and on what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from xaimed.config.many import many
from xaimed.evaluation.differences import Differences
from xaimed.reporting.differences import differences_table
from xaimed.reporting.html.controls import gallery_html
from xaimed.reporting.html.document import Section, text
from xaimed.reporting.html.figures import to_html as figure_html
from xaimed.reporting.html.gallery import gallery_data
from xaimed.reporting.html.tables import to_html
from xaimed.reporting.tables import Table
from xaimed.reporting.trust import compared_table, trust_table
from xaimed.store.writing import read_json
from xaimed.studies.audited import FACTS
from xaimed.studies.doubts import doubt_tables
from xaimed.studies.judgement import judged
from xaimed.studies.result import RunResult
from xaimed.studies.tables import comparison, differences_of, numbers_of, tables_of
from xaimed.studies.whole_report.again import again
from xaimed.studies.whole_report.cards import cards_of
from xaimed.studies.whole_report.checklist import MARKS, checklist
from xaimed.studies.whole_report.figures import figures_of

FEW_TESTS, ALPHA = 8, 0.05
ON_PAPER = "Of each run for itself the file has more: what is unfolded on the screen is printed."
IN_DETAIL = 12
"""Of more runs than these only the comparison is shown; each has a report of its own."""


def sections(results: Sequence[RunResult], study: str = "") -> tuple[list[Section], dict[str, Any]]:
    """The parts of the page, and what its script draws the gallery from.

    Args:
        results: runs with predictions.
        study: the command that makes all of them, where a study did.
    """
    detailed = results[:IN_DETAIL]
    cards = cards_of(results)
    classes = dict.fromkeys(name for result in results if result.predictions for name in result.predictions.classes)
    data = gallery_data(
        cards.cards,
        cards.pictures,
        runs=[result.name for result in results],
        classes=list(classes),
        measures=cards.measures,
        explainers=cards.explainers,
    )
    parts = [
        Section("trust", "How far can it be trusted?", _trust(results)),
        Section("metrics", "How well does it do?", _metrics(results, detailed)),
        Section("figures", "Errors, thresholds and training", _each(detailed, figures_of)),
        Section("explanations", "Is the explanation any good?", _each(detailed, _explanations)),
        Section("gallery", "Every picture", gallery_html(data, cards.note)),
        Section("doubt", "Where should it be doubted?", _each(detailed, _doubt)),
        Section("data", "What was found of the data", _audits(results)),
        Section("checklist", "Reporting checklist", to_html(checklist(results, cards.whole), MARKS)),
        Section("again", "How is it made again?", again(results, study)),
    ]
    return [part for part in parts if part.body], {"gallery": data}


def _trust(results: Sequence[RunResult]) -> str:
    found = [result.findings() for result in results]
    if not any(found):
        return "<p>Nothing was evaluated: <code>xaimed evaluate RUN</code> puts the explanations to the test.</p>"
    trusts = [result.trust(each) for result, each in zip(results, found, strict=True)]
    return to_html(trust_table(trusts[0]) if len(trusts) == 1 else compared_table(trusts))


def _metrics(results: Sequence[RunResult], detailed: Sequence[RunResult]) -> str:
    if len(results) == 1:
        trust = 1 if results[0].findings() else 0
        return "".join(map(to_html, tables_of(results[0])[trust:]))
    tests = differences_of(results)
    first = to_html(comparison(results)) + (_tests(tests, numbers_of(results)) if tests else "")
    return first + _each(detailed, lambda result: "".join(map(to_html, tables_of(result))))


def _tests(tests: Differences, numbers: Mapping[str, int]) -> str:
    """The tests between runs: folded where there are many, with how many of them tell runs apart."""
    table = to_html(differences_table(tests, numbers))
    if len(tests.found) <= FEW_TESTS:
        return table
    apart = sum(one.adjusted < ALPHA for one in tests.found)
    said = f"{many(len(tests.found), 'test')} of differences between runs: {apart} with p (Holm) below {ALPHA:g}"
    return f'<details class="always"><summary>{text(said)}</summary>{table}</details>'


def _explanations(result: RunResult) -> str:
    parts = []
    for found in judged(result):
        parts += [to_html(table) for table in found.tables]
        if found.curves:
            parts.append(figure_html(found.curves, "Probability while pixels are deleted or inserted by rank"))
    return "".join(parts)


def _doubt(result: RunResult) -> str:
    return "".join(map(to_html, doubt_tables(result)))


def _each(results: Sequence[RunResult], made: Callable[[RunResult], str]) -> str:
    """The same of every run: open for one, folded for several, of which paper has those that are unfolded."""
    bodies = [(result.name, body) for result in results if (body := made(result))]
    if len(results) == 1 or not bodies:
        return "".join(body for _, body in bodies)
    folded = "".join(f"<details><summary>{text(name)}</summary>{body}</details>" for name, body in bodies)
    return f'<p class="paper quiet">{ON_PAPER}</p>{folded}'


def _audits(results: Sequence[RunResult]) -> str:
    """What the audit of every dataset found, once."""
    found: dict[str, str] = {}
    for result in results:
        file = result.run.path / FACTS
        if not file.is_file():
            continue
        facts = read_json(file)
        key = str(facts.get("fingerprint", file))
        if key not in found:
            said = "".join(
                f"<li{' class=bad' if each['bad'] else ''}>{text(each['said'])}</li>" for each in facts["findings"]
            )
            counts = [
                (str(line["class"]), str(line["split"]) or "–", int(line["pictures"]), int(line["patients"]))
                for line in facts["counts"]
            ]
            table = Table(f"{facts['dataset']}", ("Class", "Split", "Pictures", "Patients"), tuple(counts))
            found[key] = f"{to_html(table)}<ul>{said}</ul>"
    return "".join(found.values()) or "<p>The data were not audited (<code>audit=true</code> does it).</p>"
