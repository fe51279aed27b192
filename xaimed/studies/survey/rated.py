"""What was answered about what? A row an answer, joined with what the key tells of its item."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import pandas as pd

from xaimed.evaluation.gathered import short_names
from xaimed.reporting.html.survey import COMMENT, DIAGNOSIS, NONE_OF_THESE
from xaimed.reporting.text import visible
from xaimed.studies.survey.answers import Sheet
from xaimed.studies.survey.key import Key

FOR_STUDIES = ("rater", "sample_id", "model", "explainer", "question", "answer", "simulated")
"""The columns of ``raters.csv``, which studies read."""
_HASH = re.compile(r"-[0-9a-f]{10}$")


def rated(sheets: Sequence[Sheet]) -> pd.DataFrame:
    """Every answer but comments.

    Columns: ``survey, dataset, rater, simulated, item, first`` (the item when it was shown first), ``again`` (whether
    this is the second time), ``sample_id, group`` (patient), ``class`` (the truth in words), ``model`` (its run as it
    is called), ``explainer`` (both empty for the picture itself), ``explained`` (the explainer as it is called),
    ``right`` (whether that model was), ``question, answer`` (a number; a list of class numbers for a diagnosis).
    """
    rows, models = [], model_names([sheet.key for sheet in sheets])
    for sheet in sheets:
        called = _called(sheet.key)
        for item, given in sheet.answers.items():
            entry = sheet.key.entries[item]
            case = sheet.key.cases[entry.sample_id]
            said = case.said.get(entry.run)
            about = {
                "survey": sheet.key.survey,
                "dataset": visible(sheet.key.about["dataset"]),
                "rater": sheet.rater + (" (simulated)" if sheet.simulated else ""),
                "simulated": sheet.simulated,
                "item": item,
                "first": entry.repeat_of or item,
                "again": entry.repeat_of is not None,
                "sample_id": entry.sample_id,
                "group": f"{sheet.key.survey} {case.group}",
                "class": visible(case.words),
                "model": models.get(entry.run, ""),
                "explainer": entry.explainer,
                "explained": visible(called.get((entry.run, entry.explainer), "")),
                "right": "" if said is None else "right" if said.correct else "wrong",
            }
            rows += [
                about | {"question": name, "answer": _number(value)} for name, value in given.items() if name != COMMENT
            ]
    return pd.DataFrame(rows)


def for_studies(sheets: Sequence[Sheet]) -> pd.DataFrame:
    """Every answer given at the first showing, in words: ``FOR_STUDIES``.

    What was said of a picture alone stands once for each model whose map of it was shown.
    """
    rows = []
    for sheet in sheets:
        runs: dict[str, list[str]] = {}
        for entry in sheet.key.entries.values():
            if entry.run and entry.run not in runs.setdefault(entry.sample_id, []):
                runs[entry.sample_id].append(entry.run)
        for item, given in sheet.answers.items():
            entry = sheet.key.entries[item]
            if entry.repeat_of is not None:
                continue
            for run in [entry.run] if entry.run else runs[entry.sample_id]:
                about = (sheet.rater, entry.sample_id, run, entry.explainer)
                rows += [
                    (*about, name, _words(name, value, sheet.key), str(sheet.simulated).lower())
                    for name, value in given.items()
                    if value != ""
                ]
    return pd.DataFrame(rows, columns=list(FOR_STUDIES))


def model_names(keys: Iterable[Key]) -> dict[str, str]:
    """What a reader calls each run: without its hash where that leaves no two alike."""
    bare = {run: _HASH.sub("", run) for key in keys for run in key.about["runs"]}
    often = Counter(bare.values())
    return {run: visible(name if often[name] == 1 else run) for run, name in bare.items()}


def _called(key: Key) -> dict[tuple[str, str], str]:
    """What a reader calls each explainer of each run."""
    of: dict[str, set[str]] = {}
    for entry in key.entries.values():
        if entry.run:
            of.setdefault(entry.run, set()).add(entry.explainer)
    return {(run, name): told for run, names in of.items() for name, told in short_names(sorted(names)).items()}


def _number(value: object) -> object:
    return {"yes": 1, "no": 0}.get(value, value) if isinstance(value, str) else value


def _words(question: str, value: object, key: Key) -> str:
    if question == DIAGNOSIS and isinstance(value, list):
        return " + ".join(key.classes[number] for number in value) or NONE_OF_THESE
    return visible(value)
