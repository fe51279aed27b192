"""What does a study add to the report? Its tables beside what was published and its figures, as its page has them."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from xaimed.errors import StoreError
from xaimed.reporting.html.document import Section, data_uri, text
from xaimed.reporting.html.tables import to_html
from xaimed.reporting.tables import Table
from xaimed.store.run import Run
from xaimed.store.writing import read_json
from xaimed.studies.reproduction.page import FACTS


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
    def runs(self) -> list[Run]:
        """Its runs, those that are still there."""
        places = dict.fromkeys((self.folder / path).resolve() for path in self.facts["runs"])
        return [Run(place) for place in places if (place / "run.json").is_file()]

    def section(self) -> Section:
        """Everything on its page."""
        lacking = "".join(f"<li>{text(f'{name}: {why}')}</li>" for name, why in self.facts["lacking"].items())
        tables = "".join(to_html(_table(node)) for node in self.facts["tables"])
        figures = "".join(_figure(self.folder / name) for name in self.facts["figures"])
        gaps = f"<h3>Not made</h3><ul>{lacking}</ul>" if lacking else ""
        return Section("study", "The study, beside what was published", tables + figures + gaps)


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


def _figure(file: Path) -> str:
    if not file.is_file():
        return ""
    name = text(file.stem)
    address = escape(data_uri(file.read_bytes(), "image/png"))
    return f'<figure><img src="{address}" alt="{name}" loading="lazy"><figcaption>{name}</figcaption></figure>'
