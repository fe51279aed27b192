"""What would a reviewer ask of the paper? Items of CLAIM and METRICS, answered where the runs know, open elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from xaimed.config.many import many
from xaimed.reporting.tables import Table
from xaimed.studies.result import RunResult
from xaimed.studies.whole_report.answers import Answer, answers_of
from xaimed.studies.whole_report.items import CLAIM, METRICS

KNOWN, PARTLY, OPEN, NOT_ASKED = "known", "partly", "open", "does not apply"
MARKS = {OPEN: "open", PARTLY: "open"}
BY_AUTHORS = "to be written by the authors"
NOTE = (
    "CLAIM: Checklist for Artificial Intelligence in Medical Imaging, 2020, all 42 items by their number. METRICS: "
    "Methodological Radiomics Score, 2024, all 30 items by their number. The wording is ours. What is answered here is "
    "read from what is stored; whether it is enough, and whether it stands in the paper, is for the authors to judge."
)


def checklist(results: Sequence[RunResult], whole: bool = True) -> Table:
    """The items with what is known.

    Args:
        results: runs with predictions.
        whole: whether every picture can be seen in the gallery.
    """
    known = [answers_of(result, several=len(results) > 1, whole=whole) for result in results]
    rows, blocks, states = [], [], Counter[str]()
    for block, items in {"CLAIM": CLAIM, "METRICS": METRICS}.items():
        for number, asked in items.items():
            state, said = _said([found.get(f"{block} {number}") for found in known])
            rows.append((f"{number}", asked, state, said))
            blocks.append(block)
            states[state] += 1
    counted = ", ".join(f"{states[state]} {state}" for state in (KNOWN, PARTLY, OPEN))
    apart = f"; {states[NOT_ASKED]} that do not apply" if states[NOT_ASKED] else ""
    title = f"Reporting checklist, {len(rows)} items: {counted}{apart}"
    columns = ("Item", "Asks for", "State", "What is known, and what is not")
    return Table(title, columns, tuple(rows), (NOTE,), tuple(blocks), "Checklist")


def _said(found: Sequence[Answer | None]) -> tuple[str, str]:
    """Whether the item is answered, and how: what runs have in common once, what differs with how many say so."""
    there = [answer for answer in found if answer]
    if not there:
        return OPEN, BY_AUTHORS
    if all(not answer.asked for answer in there):
        return NOT_ASKED, _together([answer.said for answer in there])
    applying = [answer for answer in there if answer.asked]
    lacking = dict.fromkeys(answer.lacks for answer in applying if answer.lacks)
    if len(there) < len(found):
        lacking[f"{many(len(found) - len(there), 'run')} of {len(found)}"] = None
    said = _together([answer.said for answer in applying])
    return (PARTLY, f"{said}. Open: {'; '.join(lacking)}") if lacking else (KNOWN, said)


def _together(said: Sequence[str]) -> str:
    counts: Mapping[str, int] = Counter(said)
    if len(counts) == 1:
        return next(iter(counts))
    return "; ".join(f"{each} ({many(count, 'run')})" for each, count in counts.items())
