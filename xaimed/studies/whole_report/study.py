"""What does a study add to the report? Its tables beside what was published and its figures, as its page has them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from xaimed.errors import StoreError
from xaimed.reporting.html.document import Section, text
from xaimed.reporting.html.figures import picture_html
from xaimed.reporting.html.tables import to_html
from xaimed.reporting.tables import Table
from xaimed.store.writing import read_json
from xaimed.studies.reproduction.page import FACTS
from xaimed.studies.reproduction.records import remembered


@dataclass(frozen=True)
class StudyPage:
    """A study's folder, read."""

    folder: Path
    facts: dict[str, Any]

    @property
    def title(self) -> str:
        """What stands above it."""
        return str(self.facts["title"])

    @property
    def runs(self) -> dict[Path, str]:
        """Its runs, those that are still there, with what the study calls them."""
        named = zip_longest(self.facts["runs"], self.facts.get("names", ()), fillvalue="")
        places = {(self.folder / path).resolve(): str(name) for path, name in reversed(list(named))}
        return {place: name for place, name in reversed(places.items()) if (place / "run.json").is_file()}

    @property
    def command(self) -> str:
        """How all of it is made again; empty where its page does not say which study it is."""
        if "study" not in self.facts:
            return ""
        profile = [f"profile={self.facts['profile']}"] if self.facts["profile"] else []
        output = self.folder.resolve().parent.parent
        changed = remembered(self.folder)
        return shlex.join(["xaimed", "reproduce", self.facts["study"], *profile, *changed, f"output={output}"])

    def section(self) -> Section:
        """Everything on its page."""
        lacking = "".join(f"<li>{text(f'{name}: {why}')}</li>" for name, why in self.facts["lacking"].items())
        tables = "".join(to_html(_table(node)) for node in self.facts["tables"])
        captions = zip_longest(self.facts["figures"], self.facts.get("captions", ()), fillvalue="")
        figures = "".join(_figure(self.folder / name, str(caption)) for name, caption in captions)
        gaps = f"<h3>Not made</h3><ul>{lacking}</ul>" if lacking else ""
        drawn = f'<div class="figures">{figures}</div>' if figures else ""
        return Section("study", "The study, beside what was published", tables + drawn + gaps)


def study_at(place: Path) -> StudyPage | None:
    """The study whose folder this is, if it is one."""
    if not (place / FACTS).is_file():
        return None
    facts = read_json(place / FACTS)
    if not isinstance(facts, dict) or not {"title", "tables", "figures", "runs", "lacking"} <= facts.keys():
        raise StoreError("this is not what xaimed reproduce wrote", where=place / FACTS)
    return StudyPage(place, facts)


def _table(node: dict[str, Any]) -> Table:
    rows = tuple(tuple(map(str, row)) for row in node["rows"])
    return Table(
        str(node["title"]),
        tuple(map(str, node["columns"])),
        rows,
        tuple(map(str, node["notes"])),
        tuple(map(str, node["blocks"])),
    )


def _figure(file: Path, caption: str) -> str:
    return picture_html(file.read_bytes(), caption or file.stem) if file.is_file() else ""
