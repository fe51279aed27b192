"""Whose map was item 17? The key says it, stays apart from the questionnaire, and belongs to it alone."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from xaimed.errors import StoreError
from xaimed.store.writing import read_json, write_json, write_text
from xaimed.studies.survey.cases import Case, Said

KIND = "xaimed survey key"


@dataclass(frozen=True)
class Entry:
    """What an item of the questionnaire is.

    Attributes:
        item: its number, from 1.
        sample_id: the case.
        run: whose map; empty for the picture itself.
        explainer: whose map; empty for the picture itself.
        repeat_of: the number of the same item when it was shown first; None where this is the first time.
    """

    item: int
    sample_id: str
    run: str = ""
    explainer: str = ""
    repeat_of: int | None = None


@dataclass(frozen=True)
class Key:
    """What the questionnaire does not tell.

    Attributes:
        about: how it was made: dataset, kind of task, stamps, runs, which cases, seed, the questionnaire's digest.
        classes: in the order in which the questionnaire numbers them.
        cases: by sample.
        entries: by item.
    """

    about: dict[str, Any]
    classes: tuple[str, ...]
    cases: dict[str, Case]
    entries: dict[int, Entry]

    @property
    def survey(self) -> str:
        """The id of the survey: a digest of everything in the key, and through it of the questionnaire."""
        return digest(self._facts())

    @property
    def several(self) -> bool:
        """Whether a picture can have several labels."""
        return bool(self.about["kind"] == "multilabel")

    def write(self, folder: Path) -> Path:
        """Write ``key.json``, and the same by item as ``key.csv`` for people."""
        file = folder / "key.json"
        write_json(file, {"kind": KIND, "survey": self.survey, **self._facts()})
        write_text(folder / "key.csv", self._by_item())
        return file

    def _facts(self) -> dict[str, Any]:
        return {
            "about": self.about,
            "classes": list(self.classes),
            "cases": [_plain(asdict(case)) for case in self.cases.values()],
            "items": [asdict(entry) for entry in self.entries.values()],
        }

    def _by_item(self) -> str:
        content = io.StringIO(newline="")
        writer = csv.writer(content, lineterminator="\n")
        writer.writerow(("item", "sample_id", "run", "explainer", "truth", "predicted", "probability", "repeat_of"))
        for entry in self.entries.values():
            case = self.cases[entry.sample_id]
            said = case.said.get(entry.run)
            told = (
                (" + ".join(said.predicted), "" if said.probability is None else said.probability) if said else ("", "")
            )
            names = (entry.item, entry.sample_id, entry.run, entry.explainer)
            writer.writerow((*names, case.words, *told, entry.repeat_of or ""))
        return content.getvalue()


def read_key(file: Path) -> Key:
    """The key in a file.

    Raises:
        StoreError: it is none, or was changed since it was written.
    """
    try:
        facts = read_json(file)
        if not isinstance(facts, dict) or facts.get("kind") != KIND:
            raise ValueError("it does not say that it is one")
        key = Key(
            dict(facts["about"]),
            tuple(facts["classes"]),
            {case["sample_id"]: _case(case) for case in facts["cases"]},
            {entry["item"]: Entry(**entry) for entry in facts["items"]},
        )
        survey = key.survey
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise StoreError(
            f"this is no key of a survey: {error}", where=file, fix="Give the key.json that xaimed survey make wrote."
        ) from error
    if survey != facts.get("survey"):
        raise StoreError(
            "this key was changed after it was written", where=file, fix="Give the file as xaimed survey make wrote it."
        )
    return key


def digest(facts: Mapping[str, Any]) -> str:
    """Twelve digits that stand for these facts."""
    plain = json.dumps(facts, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()[:12]


def _case(facts: dict[str, Any]) -> Case:
    said = {
        str(run): Said(tuple(each["predicted"]), each["probability"], bool(each["correct"]), int(each["fold"]))
        for run, each in facts["said"].items()
    }
    return Case(facts["sample_id"], facts["group"], tuple(facts["truth"]), tuple(facts["unknown"]), said)


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    """Tuples as lists, as they come back from a file."""
    return dict(json.loads(json.dumps(facts)))
