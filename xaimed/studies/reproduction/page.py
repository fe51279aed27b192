"""Where are a study's tables and figures? Each in files of its own, and all of them on one page."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from matplotlib.figure import Figure
from rich.console import Console

from xaimed.config.targets import instantiate
from xaimed.errors import XaimedError
from xaimed.reporting.canvas import caption, save_figure
from xaimed.reporting.latex import to_latex
from xaimed.reporting.tables import Table, to_csv, to_markdown
from xaimed.reporting.terminal import TerminalTable
from xaimed.reporting.text import markdown
from xaimed.store.writing import write_json, write_text
from xaimed.studies.reproduction.abridged import abridged
from xaimed.studies.reproduction.results import Results
from xaimed.studies.sweep import STUDY

PAGE, FACTS, TABLES, FIGURES = "study.md", STUDY, "tables", "figures"
Made = TypeVar("Made")


@dataclass(frozen=True)
class Shown:
    """What a study has to show: tables and figures by name, and what could not be made, with the reason."""

    tables: dict[str, list[Table]]
    figures: dict[str, list[Figure]]
    lacking: dict[str, str]


def shown(results: Results) -> Shown:
    """Make every table and figure of the study from what there is."""
    tables: dict[str, list[Table]] = {}
    figures: dict[str, list[Figure]] = {}
    lacking: dict[str, str] = {}
    for name, node in results.study.tables.items():
        try:
            tables[name] = [abridged(_stamped(table, results.unlike)) for table in instantiate(node)(results)]
        except XaimedError as error:
            lacking[name] = str(error)
    for name, node in results.study.figures.items():
        try:
            figures[name] = instantiate(node)(results)
        except XaimedError as error:
            lacking[name] = str(error)
    for name, made in [*tables.items(), *figures.items()]:
        if not made:
            lacking[name] = "nothing of it is there yet"
    return Shown(tables, figures, lacking)


def _stamped(table: Table, stamp: str) -> Table:
    """The table, with its stamp said once: in its title, in its notes, or else in a note of its own."""
    if not stamp or any(stamp in said for said in (table.title, *table.notes)):
        return table
    return replace(table, notes=(*table.notes, f"Stamp: {stamp}."))


def write_page(results: Results, found: Shown, folder: Path) -> Path:
    """Write the page and everything on it, and remove what former pages had; the page's path."""
    for place in (folder / TABLES, folder / FIGURES):
        place.mkdir(parents=True, exist_ok=True)
    lines = _head(results, found)
    files: set[Path] = set()
    for name, made in found.tables.items():
        for stem, table in _numbered(name, made):
            kinds = {
                "md": to_markdown(table),
                "csv": to_csv(table),
                "tex": to_latex(table, f"tab:{folder.name}-{stem}"),
            }
            for kind, content in kinds.items():
                files.add(folder / TABLES / f"{stem}.{kind}")
                write_text(folder / TABLES / f"{stem}.{kind}", content)
            lines += [to_markdown(table)]
    for name, drawn in found.figures.items():
        for stem, figure in _numbered(name, drawn):
            files.add(folder / FIGURES / f"{stem}.png")
            save_figure(figure, folder / FIGURES / f"{stem}.png")
            lines += [f"![{markdown(caption(figure)) or stem}]({FIGURES}/{stem}.png)", ""]
    for former in [*(folder / TABLES).glob("*"), *(folder / FIGURES).glob("*")]:
        if former not in files:
            former.unlink()
    write_text(folder / PAGE, "\n".join(lines))
    write_json(folder / FACTS, _facts(results, found, folder))
    return folder / PAGE


def print_page(found: Shown, console: Console) -> None:
    """The tables in the terminal."""
    for table in (table for made in found.tables.values() for table in made):
        console.print(TerminalTable(table))
    for line in _lacking(found):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _numbered(name: str, made: Sequence[Made]) -> list[tuple[str, Made]]:
    return [(f"{name}-{i}" if len(made) > 1 else name, each) for i, each in enumerate(made, start=1)]


def _facts(results: Results, found: Shown, folder: Path) -> dict[str, Any]:
    """The page for programs, such as ``xaimed report``: tables as text, and which pictures and runs belong to it."""
    tables = [
        {**asdict(table), "rows": [[str(cell) for cell in row] for row in table.rows]}
        for made in found.tables.values()
        for table in made
    ]
    drawn = {
        f"{FIGURES}/{stem}.png": figure
        for name, made in found.figures.items()
        for stem, figure in _numbered(name, made)
    }
    runs = {
        os.path.relpath(result.run.path, folder): row.row.label + (f", run {i}" if len(row.results) > 1 else "")
        for row in results.rows
        for i, result in enumerate(row.results, start=1)
    }
    study = results.study
    head = {"title": study.title, "study": study.name, "profile": study.profile}
    return {
        **head,
        "stamp": results.unlike,
        "lacking": found.lacking,
        "tables": tables,
        "figures": list(drawn),
        "captions": [caption(figure) for figure in drawn.values()],
        "runs": list(runs),
        "names": list(runs.values()),
    }


def _head(results: Results, found: Shown) -> list[str]:
    stamp = [f"**{markdown(results.unlike)}**: nothing here says anything about the published values.", ""]
    lacking = [f"- {markdown(line)}" for line in _lacking(found)]
    return [f"# {markdown(results.study.title)}", "", *(stamp if results.unlike else []), *lacking, ""]


def _lacking(found: Shown) -> Sequence[str]:
    return [f"{name}: not made: {why}" for name, why in found.lacking.items()]
