"""What did raters hand in? Each file is checked; what cannot be used is named with its reason, the rest counts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from xaimed.errors import StoreError
from xaimed.reporting.html.survey import LEAST, MOST, OF_MAPS, OF_PICTURES, Question
from xaimed.reporting.text import visible
from xaimed.studies.survey.key import Key

KIND = "xaimed survey answers"
LARGEST = 50_000_000
"""Bytes of an answer file; a larger one is no answer file."""


class Unusable(Exception):
    """Why a file of answers is not counted."""


@dataclass(frozen=True)
class Sheet:
    """What one rater handed in.

    Attributes:
        file: where it came from.
        rater: the name.
        role: what the rater is.
        simulated: whether this is no human being.
        exported: when it was saved.
        key: what the items are.
        answers: by item, the answers by question.
    """

    file: Path
    rater: str
    role: str
    simulated: bool
    exported: datetime
    key: Key
    answers: Mapping[int, Mapping[str, Any]]

    @property
    def same_rater(self) -> tuple[str, str]:
        """By what two sheets of one rater are known."""
        return self.key.survey, self.rater.casefold()

    @property
    def complete(self) -> int:
        """How many items have every answer that they need."""
        return sum(needed(self.key, item) <= set(given) for item, given in self.answers.items())


@dataclass(frozen=True)
class HandedIn:
    """All answers that count.

    Attributes:
        sheets: one a rater and survey.
        notes: what is partial or came twice.
        refused: by file, why it is not counted.
    """

    sheets: list[Sheet]
    notes: list[str]
    refused: dict[Path, str]


def handed_in(places: Sequence[Path], keys: Sequence[Key]) -> HandedIn:
    """Read the answer files at these places; a folder stands for its JSON files.

    Raises:
        StoreError: there is no file, or none that can be used.
    """
    files = [file for place in places for file in (sorted(place.glob("*.json")) if place.is_dir() else [place])]
    if not files:
        raise StoreError("there are no answer files here", where=", ".join(map(str, places)))
    by_survey = {key.survey: key for key in keys}
    read: list[Sheet] = []
    refused: dict[Path, str] = {}
    for file in dict.fromkeys(files):
        try:
            read.append(_sheet(file, by_survey))
        except Unusable as error:
            refused[file] = str(error)
    if not read:
        said = "; ".join(f"{file.name}: {why}" for file, why in refused.items())
        raise StoreError(
            f"none of these answer files can be used: {said}", fix="Give files saved by the questionnaire."
        )
    sheets, notes = _once(read)
    for sheet in sheets:
        if (done := sheet.complete) < (asked := len(sheet.key.entries)):
            notes.append(f"{sheet.file.name}: partial, {done} of {asked} items are answered; these count.")
    return HandedIn(sheets, notes, refused)


def needed(key: Key, item: int) -> set[str]:
    """The questions about an item that need an answer."""
    return {question.key for question in questions_of(key, item) if question.answer != "text"}


def questions_of(key: Key, item: int) -> tuple[Question, ...]:
    """What is asked about an item."""
    return OF_MAPS if key.entries[item].run else OF_PICTURES


def _once(sheets: Sequence[Sheet]) -> tuple[list[Sheet], list[str]]:
    """One sheet a rater and survey: of several the one saved last."""
    kept: dict[tuple[str, str], Sheet] = {}
    notes = []
    for sheet in sorted(sheets, key=lambda each: each.exported):
        if (before := kept.get(sheet.same_rater)) is not None:
            same = before.answers == sheet.answers
            how = "the same answers" if same else f"other answers; what was saved later, {sheet.file.name},"
            counts = "which count once" if same else "counts"
            notes.append(f"{before.file.name} and {sheet.file.name}: both by {sheet.rater}, with {how} {counts}.")
        kept[sheet.same_rater] = sheet
    return sorted(kept.values(), key=lambda each: (each.key.survey, each.rater.casefold())), notes


def _sheet(file: Path, keys: Mapping[str, Key]) -> Sheet:
    facts = _facts(file)
    key = keys.get(str(facts.get("survey")))
    if key is None:
        raise Unusable(f"it answers another survey ({visible(facts.get('survey'))[:40]})")
    rater = facts.get("rater")
    name = rater.get("name") if isinstance(rater, dict) else None
    if not isinstance(name, str) or not name.strip():
        raise Unusable("it does not say whose answers these are")
    if not isinstance(simulated := facts.get("simulated"), bool):
        raise Unusable("it does not say whether the rater is simulated (true or false)")
    role = visible(rater.get("role", "")) if isinstance(rater, dict) else ""
    return Sheet(
        file, " ".join(visible(name).split()), role, simulated, _when(facts.get("exported")), key, _answers(facts, key)
    )


def _facts(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > LARGEST:
            raise Unusable("it is too large for a file of answers")
        facts = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise Unusable(f"it cannot be read ({error})") from error
    if not isinstance(facts, dict) or facts.get("kind") != KIND:
        raise Unusable("it holds no answers of a survey")
    return facts


def _when(text: object) -> datetime:
    try:
        told = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise Unusable(f"it does not say when it was saved ('{visible(text)[:40]}')") from error
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def _answers(facts: Mapping[str, Any], key: Key) -> dict[int, dict[str, Any]]:
    if not isinstance(lines := facts.get("answers"), list):
        raise Unusable("it has no list of answers")
    found: dict[int, dict[str, Any]] = {}
    for line in lines:
        item = line.get("item") if isinstance(line, dict) else None
        if not isinstance(item, int) or isinstance(item, bool) or item not in key.entries:
            raise Unusable(f"it answers an item that the survey does not have ({visible(item)[:40]})")
        if item in found:
            raise Unusable(f"it answers item {item} twice")
        asked = {question.key: question for question in questions_of(key, item)}
        given = {name: value for name, value in line.items() if name != "item"}
        for name, value in given.items():
            if name not in asked or not _valid(asked[name], value, key):
                said = f"'{visible(value)[:40]}' to '{visible(name)[:40]}'"
                raise Unusable(f"{said} is no answer about item {item}")
        found[item] = given
    if not any(needed(key, item) & set(given) for item, given in found.items()):
        raise Unusable("nothing in it is answered")
    return found


def _valid(question: Question, value: object, key: Key) -> bool:
    if question.answer == "yes or no":
        return value in ("yes", "no")
    if question.answer == "text":
        return isinstance(value, str)
    if question.answer == "scale":
        return _whole(value, LEAST, MOST)
    if not isinstance(value, list) or not all(_whole(each, 0, len(key.classes) - 1) for each in value):
        return False
    return len(set(value)) == len(value) and (key.several or len(value) < 2)


def _whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
