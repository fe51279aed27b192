"""What was measured of an explainer's maps in a row of the study? One measure of one explainer, with its protocol."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from xaimed.evaluation.contract import Measure
from xaimed.evaluation.gathered import BETWEEN, Gathered
from xaimed.evaluation.statistics.bootstrap import Interval

IN_HUNDREDTHS = ("iou",)
"""Measures that papers print as percentages."""
_TERM = re.compile(r"([\w ]{3,30}): ")
EVALUATED_BY = {
    "iou": "localisation",
    "dice": "localisation",
    "hit": "localisation",
    "inside": "localisation",
    "deletion": "faithfulness",
    "insertion": "faithfulness",
}


@dataclass(frozen=True)
class Measured:
    """One measure of one explainer.

    Attributes:
        explainer: as its maps are called, such as ``gradcam-ad86b1``.
        measure: how it is read.
        rows: a value a picture, as ``Gathered.values`` gives them.
        value: the mean over pictures, patients drawn again.
        captions: the protocol.
    """

    explainer: str
    measure: Measure
    rows: pd.DataFrame
    value: Interval
    captions: tuple[str, ...]


def measured_of(findings: Sequence[Gathered], explainer: str, key: str) -> Measured | None:
    """The measure of the explainer of that name; of several protocols the one with the most pictures."""
    found = []
    for each in (one for one in findings if key in one.measures):
        for name in named(each, explainer):
            value = each.estimate(name, key)
            if value is not None:
                rows = each.values(name, key)
                found.append(Measured(name, as_printed(key, each.measures[key]), rows, value, each.captions))
    return max(found, key=lambda one: one.value.n, default=None)


def named(found: Gathered, explainer: str) -> list[str]:
    """The explainers of that name, whatever hash their settings have."""
    return [name for name in found.explainers if explainer in (name, name.rsplit("-", 1)[0]) and BETWEEN not in name]


def as_printed(key: str, measure: Measure) -> Measure:
    """The measure in the unit of papers."""
    return replace(measure, percent=True, decimals=1) if key in IN_HUNDREDTHS else measure


def protocols(found: Iterable[Measured]) -> list[str]:
    """Every protocol once, as notes, without what explains other measures than these."""
    whole = list(found)
    titles = {one.measure.title.split()[0].lower() for one in whole}
    captions = dict.fromkeys(caption for one in whole for caption in one.captions)
    return [f"{_about(caption, titles)}." for caption in captions]


def _about(caption: str, titles: set[str]) -> str:
    """The caption without sentences such as ``Pointing game: …`` on what is not shown."""
    sentences = re.split(r"(?<=\.)\s+(?=[A-Z])", caption)
    kept = [each for each in sentences if not (term := _TERM.match(each)) or titles & set(term[1].lower().split())]
    return " ".join(kept).removesuffix(".")


def why_empty(findings: Sequence[Gathered], measures: Mapping[str, str], there: Iterable[str]) -> list[str]:
    """Of every measure that no explainer has, why: not evaluated, or nothing to measure it by.

    Args:
        findings: of a row.
        measures: the columns, by their keys.
        there: the keys that have a value.
    """
    evaluated, said = {each.name for each in findings}, []
    for key in (key for key in measures if key not in set(there)):
        by = EVALUATED_BY.get(key, "")
        if by == "localisation" and by in evaluated:
            said.append(f"{measures[key]}: empty, for no picture has an evidence mask.")
        else:
            said.append(f"{measures[key]}: empty, for it was not evaluated{f' (evaluation=[{by}])' if by else ''}.")
    return said
