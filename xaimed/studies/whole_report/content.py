"""What stands in the report, in which order? Trust first, then how well, how sure, where it looked, and on what."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from typing import Any

import yaml
from matplotlib.figure import Figure

from xaimed import __version__
from xaimed.reporting.differences import differences_table
from xaimed.reporting.html.document import Section, text
from xaimed.reporting.html.figures import to_html as figure_html
from xaimed.reporting.html.gallery import gallery_data, gallery_html
from xaimed.reporting.html.tables import to_html
from xaimed.reporting.tables import Table
from xaimed.reporting.trust import compared_table, trust_table
from xaimed.store.writing import read_json
from xaimed.studies.audited import FACTS
from xaimed.studies.doubts import doubt_tables
from xaimed.studies.drawn import confusion_of, curves_of, reliability_of, residuals_of, risk_of, roc_of
from xaimed.studies.judgement import judged
from xaimed.studies.result import RunResult
from xaimed.studies.tables import comparison, differences_of, numbers_of, tables_of
from xaimed.studies.whole_report.cards import cards_of
from xaimed.studies.whole_report.checklist import checklist

IN_DETAIL = 12
"""Of more runs than these only the comparison is shown; each has a report of its own."""


def sections(results: Sequence[RunResult], commands: Sequence[str]) -> tuple[list[Section], dict[str, Any]]:
    """The parts of the page, and what its script draws the gallery from.

    Args:
        results: runs with predictions.
        commands: by run, how it is made again; empty where that is not known.
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
        Section("figures", "Errors, thresholds and training", _each(detailed, _figures)),
        Section("explanations", "Is the explanation any good?", _each(detailed, _explanations)),
        Section("gallery", "Every picture", gallery_html(data, cards.note)),
        Section("doubt", "Where should it be doubted?", _each(detailed, _doubt)),
        Section("data", "What was found of the data", _audits(results)),
        Section("checklist", "Reporting checklist", f'<div class="checklist">{to_html(checklist(results))}</div>'),
        Section("again", "How is it made again?", _again(results, commands)),
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
    first = to_html(comparison(results)) + (to_html(differences_table(tests, numbers_of(results))) if tests else "")
    return first + _each(detailed, lambda result: "".join(map(to_html, tables_of(result))))


def _figures(result: RunResult) -> str:
    drawn: list[tuple[Figure | None, str]] = [
        (confusion_of(result), "Confusion matrix, pooled"),
        (roc_of(result), "ROC: each class against the rest"),
        (roc_of(result, kind="precision_recall"), "Precision and recall: each class against the rest"),
        (reliability_of(result), "Reliability: is it right as often as it is sure?"),
        (residuals_of(result), "Residuals: truth less probability"),
        (risk_of(result), "Error among the pictures that are kept when the least sure ones are set aside"),
        (curves_of(result), "Training and validation, epoch by epoch, a line for each fold"),
    ]
    return f'<div class="figures">{"".join(figure_html(figure, said) for figure, said in drawn if figure)}</div>'


def _explanations(result: RunResult) -> str:
    parts = []
    for found in judged(result):
        parts += [to_html(table) for table in found.tables]
        if found.curves:
            parts.append(figure_html(found.curves, "Probability while pixels are deleted or inserted by rank"))
    return "".join(parts)


def _doubt(result: RunResult) -> str:
    return "".join(map(to_html, doubt_tables(result)))


def _each(results: Sequence[RunResult], made: Any) -> str:
    """The same of every run: open for one, folded for several."""
    bodies = [(result.name, made(result)) for result in results]
    if len(bodies) == 1:
        return str(bodies[0][1])
    return "".join(f"<details><summary>{text(name)}</summary>{body}</details>" for name, body in bodies if body)


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


def _again(results: Sequence[RunResult], commands: Sequence[str]) -> str:
    parts = []
    for result, command in zip(results, commands, strict=True):
        fold = next(iter(result.run.finished()), None)
        file = fold.path / "environment.json" if fold else None
        environment = read_json(file) if file and file.is_file() else {}
        config = yaml.safe_dump(result.facts["config"], sort_keys=True, allow_unicode=True)
        parts.append(
            f"<details{' open' if len(results) == 1 else ''}><summary>{text(result.name)}</summary>"
            + (f"<h3>Command</h3><pre>{text(command)}</pre>" if command else "")
            + f"<h3>Seed</h3><p>{text(result.facts['config'].get('seed', '–'))}; all others follow "
            f"from it.</p><h3>Environment</h3>{_pre(json.dumps(environment, indent=1, sort_keys=True))}"
            f"<h3>Configuration</h3>{_pre(config)}</details>"
        )
    made = f"<p class=quiet>Page made by xaimed {text(__version__)} with Python {text(platform.python_version())}.</p>"
    return "".join(parts) + made


def _pre(content: str) -> str:
    return "<pre>" + "\n".join(text(line) for line in content.splitlines()) + "</pre>"
