"""How is trust shown? One table that says what was measured, what it had to beat, and whether it did."""

from __future__ import annotations

from collections.abc import Sequence

from xaimed.evaluation.gathered import short_names
from xaimed.evaluation.statistics.bootstrap import RESAMPLES
from xaimed.evaluation.trust import LEAST, Entry, Trust, preferred
from xaimed.reporting.evaluations import NOTHING, heading, measured
from xaimed.reporting.tables import INTERVAL, Cell, Table

QUESTIONS = {
    "prediction": "Is it right?",
    "calibration": "Are its probabilities honest?",
    "localisation": "Does it look at the finding?",
    "faithfulness": "Does the decision rest on what is shown?",
    "sanity": "Does the map depend on what was learned?",
    "agreement": "Is the map stable?",
    "uncertainty": "Does doubt find the errors?",
    "shortcuts": "Does it need more than the anatomy?",
}
READINGS = {"better": "✓", "no different": "~", "worse": "✗", "": ""}
HELD_AGAINST = (
    "Against: what the measure has to beat on the same pictures (a random map, a centred blob, a number). By the "
    f"interval of the paired difference: ✓ better, and by at least {100 * LEAST:g} % of that (of a gain over random: "
    "of what random reaches); ✗ worse; ~ neither"
)
MADE = (
    "Accuracy, AUC, AUROC and ECE are of all pictures together, every other value is a mean over pictures. 95 % "
    f"interval: patients drawn again {RESAMPLES} times, percentiles, for ECE reflected"
)


def trust_table(trust: Trust) -> Table:
    """One run: a line for each measure and explainer, questions in the order in which a reader would ask them."""
    names = short_names(list(dict.fromkeys(entry.explainer for entry in trust.entries)))
    asked = list(dict.fromkeys([*QUESTIONS, *(entry.aspect for entry in trust.entries)]))
    rows: list[tuple[Cell, ...]] = []
    for aspect in asked:
        lines = [entry for entry in trust.entries if entry.aspect == aspect]
        if lines:
            rows.append((QUESTIONS.get(aspect, aspect.replace("_", " ")), "", ""))
        for entry in lines:
            value = measured(entry.measure, entry.value)
            of = f", {names[entry.explainer]}" if entry.explainer else ""
            rows.append((f"· {heading(entry.measure)}{of}", value, _beaten(entry)))
    columns = ("Measure", f"Value{INTERVAL}", "Against")
    said = [f"Warning: {warning}." for warning in trust.warnings]
    said += [f"{sentence[0].upper()}{sentence[1:]}." for sentence in trust.said]
    return Table(f"Trust: {trust.name}", columns, tuple(rows), (*said, f"{MADE}.", f"{HELD_AGAINST}."))


def compared_table(runs: Sequence[Trust]) -> Table:
    """Several runs abreast, each by its first explainer, and which of them a careful reader should prefer."""
    lines = [_first_of_each(run) for run in runs]
    titles = list(dict.fromkeys(title for found in lines for title in found))
    rows: list[tuple[Cell, ...]] = [
        (title, *(measured(found[title].measure, found[title].value) if title in found else NOTHING for found in lines))
        for title in titles
    ]
    called = {run.name: f"Run {number}" for number, run in enumerate(runs, start=1)}
    named = [f"{called[run.name]}: {run.name}{_warned(run)}." for run in runs]
    name, reason = preferred(runs)
    said = f"Prefer {called[name]}: {reason}." if name else f"No run is preferred: {reason}." if reason else ""
    return Table("Trust", ("Measure", *called.values()), tuple(rows), (*filter(None, [said]), *named, f"{MADE}."))


def _warned(run: Trust) -> str:
    return f"; warning: {', '.join(run.warnings)}" if run.warnings else ""


def _first_of_each(run: Trust) -> dict[str, Entry]:
    """By heading, the entry of the explainer that comes first."""
    found: dict[str, Entry] = {}
    for entry in run.entries:
        found.setdefault(heading(entry.measure), entry)
    return found


def _beaten(entry: Entry) -> str:
    """Such as ``✓ random map 0.31``: whether it is better, than what, and how much that reached."""
    if not entry.against:
        return ""
    scale, decimals = (100, 1) if entry.measure.percent else (1, entry.measure.decimals)
    number = f"{scale * entry.reference:.{decimals}f}"
    told = entry.against if entry.against.replace(".", "").isdigit() else f"{entry.against} {number}"
    return f"{READINGS[entry.reading]} {told}".strip()
