"""May this result be trusted? Each measure held against what it has to beat, and runs against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from xaimed.config.many import many
from xaimed.evaluation.contract import CONTROL, RANDOM, Measure
from xaimed.evaluation.gathered import BETWEEN, Gathered
from xaimed.evaluation.statistics.bootstrap import Interval, mean_interval

Reading = Literal["better", "no different", "worse", ""]
LEAST = 0.1
"""What is better is so by at least this share of what it had to beat; less counts as no different, however sure.

A control is only one of many that would do: a blob a tenth narrower or wider reaches about a tenth more or less.
"""


@dataclass(frozen=True)
class Entry:
    """One line of a trust table.

    Attributes:
        aspect: the evaluation it comes from, or ``prediction``.
        measure: what was measured.
        explainer: of whose maps; empty where it is the network's own.
        value: over all pictures.
        against: in words, what it has to beat; empty where there is nothing.
        reference: the mean of that on the same pictures.
        reading: whether it does, by the interval of the paired difference, and by at least ``LEAST`` of the reference.
    """

    aspect: str
    measure: Measure
    explainer: str
    value: Interval
    against: str = ""
    reference: float = float("nan")
    reading: Reading = ""


@dataclass(frozen=True)
class Trust:
    """All that speaks for and against a run.

    Attributes:
        name: of the run.
        entries: its lines, predictions first.
        warnings: what forbids to trust it whatever its numbers are, such as a shortcut that was found, or a stamp.
        said: what the evaluations say in words.
    """

    name: str
    entries: tuple[Entry, ...]
    warnings: tuple[str, ...] = ()
    said: tuple[str, ...] = ()

    @property
    def fails(self) -> list[Entry]:
        """What is worse than what it has to beat."""
        return [entry for entry in self.entries if entry.reading == "worse"]


def entries_of(found: Gathered) -> list[Entry]:
    """The lines that an evaluation adds to the trust table of a run."""
    entries = []
    for key, measure in found.measures.items():
        for explainer in found.explainers:
            alone = not explainer.startswith(CONTROL) and BETWEEN not in explainer
            value = found.estimate(explainer, key) if measure.trust and alone else None
            if value is not None:
                entries.append(Entry(found.name, measure, explainer, value, *_held_against(found, explainer, key)))
    return entries


def _held_against(found: Gathered, explainer: str, key: str) -> tuple[str, float, Reading]:
    """The reference in words, its mean, and how the measure compares, picture by picture."""
    measure = found.measures[key]
    if measure.against is None:
        return "", float("nan"), ""
    own = found.values(explainer, key).set_index("sample_id")
    if isinstance(measure.against, str):
        control = measure.against.startswith(CONTROL)
        other = found.values(measure.against, key) if control else found.values(explainer, measure.against)
        reference = other.set_index("sample_id")["value"].reindex(own.index).to_numpy(dtype=np.float64)
        told = measure.against.removeprefix(CONTROL).rpartition(":")[-1].replace("_", " ")
    else:
        reference, told = np.full(len(own), float(measure.against)), f"{measure.against:g}"
    difference = mean_interval(own["value"].to_numpy(dtype=np.float64) - reference, own["group"].to_numpy())
    mean = _mean(reference)
    size = mean if measure.share_of is None else _mean(found.values(RANDOM, measure.share_of)["value"])
    return told, mean, reading_of(difference, measure, size)


def _mean(values: npt.ArrayLike) -> float:
    known = np.asarray(values, dtype=np.float64)
    return float(np.nanmean(known)) if np.isfinite(known).any() else float("nan")


def reading_of(difference: Interval, measure: Measure, size: float) -> Reading:
    """Whether a difference is better by enough or worse at all, or neither can be told.

    Args:
        difference: from what has to be beaten.
        measure: knows the better direction.
        size: of what has to be beaten; nothing is too little where it is 0 or unknown.
    """
    if measure.better is None or np.isnan(difference.low):
        return ""
    ahead, behind = (difference.low > 0, difference.high < 0)
    if measure.better == "lower":
        ahead, behind = behind, ahead
    trifle = abs(difference.value) < LEAST * abs(size)  # never where it is unknown
    return "better" if ahead and not trifle else "worse" if behind else "no different"


def preferred(runs: Sequence[Trust], performance: str = "Accuracy") -> tuple[str | None, str]:
    """Which run a careful reader should prefer, and why; None where there is no reason to prefer one.

    In this order: runs with warnings are left out; then those whose ``performance`` lies wholly below the interval of
    the best; then those with more measures worse than what they have to beat, of the measures that all have; then,
    measure by measure in the order of the table, those whose interval lies wholly on the worse side of the best one's.
    What remains alone is preferred, and what it was not asked that others were is said. Where several remain, it is
    said which were left out, and why: among them may be the one with the best ``performance``.
    """
    if len(runs) < 2:
        return None, ""
    name, reason = _preferred(runs, performance)
    return name, reason if name is None else reason + _unasked(runs, name)


def _preferred(runs: Sequence[Trust], performance: str) -> tuple[str | None, str]:
    left = [run for run in runs if not run.warnings]
    if not left:
        return None, "every run carries a warning"
    reasons = ["it alone carries no warning"] if len(left) == 1 else []
    out = {run.name: "it carries a warning" for run in runs if run.warnings}
    if len(left) > 1:
        left, reasons = _by_interval(left, performance, reasons, out)
    if len(left) > 1:
        failed = {run.name: count for run, count in zip(left, _failed(left), strict=True)}
        fewest = min(failed.values())
        kept = [run for run in left if failed[run.name] == fewest]
        if len(kept) < len(left):
            reasons.append(f"with {many(fewest, 'measure')} worse than a control, the fewest")
        out |= {name: f"{many(n, 'measure')} worse than a control" for name, n in failed.items() if n > fewest}
        left = kept
    for title in dict.fromkeys(entry.measure.title for run in left for entry in run.entries if entry.explainer):
        if len(left) > 1:
            left, reasons = _by_interval(left, title, reasons, out)
    if len(left) > 1:
        names = ", ".join(run.name for run in left)
        without = "; ".join(f"{name} ({why})" for name, why in out.items())
        told = f"nothing measured tells {names} apart beyond the intervals"
        return None, f"{told}; left out: {without}" if out else told
    return left[0].name, "; ".join(reasons)


def _failed(runs: Sequence[Trust]) -> list[int]:
    """Of each run, how many measures are worse than a control, of those that all runs have, by the first explainer.

    A run that was asked less must not win by it.
    """
    first = [{entry.measure.title: entry.reading for entry in reversed(run.entries) if entry.reading} for run in runs]
    shared = set.intersection(*(set(readings) for readings in first))
    return [sum(readings[title] == "worse" for title in shared) for readings in first]


def _unasked(runs: Sequence[Trust], name: str) -> str:
    """What the preferred run was not evaluated for although another was; empty where there is nothing."""
    asked = {run.name: dict.fromkeys(entry.aspect for entry in run.entries) for run in runs}
    anywhere = dict.fromkeys(aspect for each in asked.values() for aspect in each)
    missing = [aspect.replace("_", " ") for aspect in anywhere if aspect not in asked[name]]
    return f"; but unlike another it was not evaluated for {', '.join(missing)}" if missing else ""


def _by_interval(
    runs: Sequence[Trust], title: str, reasons: list[str], out: dict[str, str]
) -> tuple[list[Trust], list[str]]:
    """Leave out the runs that lie wholly on the worse side of the best, and note it; runs without the measure stay."""
    found = {run.name: next((e for e in run.entries if e.measure.title == title), None) for run in runs}
    known = {name: entry for name, entry in found.items() if entry is not None and not np.isnan(entry.value.low)}
    if len(known) < 2:
        return list(runs), reasons
    measure = next(iter(known.values())).measure
    if measure.better is None:
        return list(runs), reasons
    sign = 1 if measure.better == "higher" else -1
    best = max(known.values(), key=lambda entry: sign * entry.value.value)

    def beaten(entry: Entry) -> bool:
        return entry.value.high < best.value.low if sign > 0 else entry.value.low > best.value.high

    kept = [run for run in runs if run.name not in known or not beaten(known[run.name])]
    gone = {run.name for run in runs} - {run.name for run in kept}
    out.update((name, f"{title} {'below' if sign > 0 else 'above'} that of the best") for name in sorted(gone))
    return kept, [*reasons, f"the better {title}"] if len(kept) < len(runs) else reasons
