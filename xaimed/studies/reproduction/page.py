"""Where are a study's tables and figures? Each in files of its own, and all of them on one page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure
from rich.console import Console

from xaimed.config.targets import instantiate
from xaimed.errors import XaimedError
from xaimed.reporting.canvas import save_figure
from xaimed.reporting.latex import to_latex
from xaimed.reporting.tables import Table, to_csv, to_markdown
from xaimed.reporting.terminal import TerminalTable
from xaimed.reporting.text import markdown
from xaimed.store.writing import write_text
from xaimed.studies.reproduction.results import Results

PAGE, TABLES, FIGURES = "study.md", "tables", "figures"


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
            tables[name] = instantiate(node)(results)
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


def write_page(results: Results, folder: Path) -> Path:
    """Write the page and everything on it; the page's path."""
    found = shown(results)
    for place in (folder / TABLES, folder / FIGURES):
        place.mkdir(parents=True, exist_ok=True)
    lines = _head(results, found)
    for name, made in found.tables.items():
        for i, table in enumerate(made):
            stem = f"{name}-{i + 1}" if len(made) > 1 else name
            write_text(folder / TABLES / f"{stem}.md", to_markdown(table))
            write_text(folder / TABLES / f"{stem}.csv", to_csv(table))
            write_text(folder / TABLES / f"{stem}.tex", to_latex(table, label=f"tab:{results.study.name}-{stem}"))
            lines += [to_markdown(table)]
    for name, drawn in found.figures.items():
        for i, figure in enumerate(drawn):
            stem = f"{name}-{i + 1}" if len(drawn) > 1 else name
            save_figure(figure, folder / FIGURES / f"{stem}.png")
            lines += [f"![{stem}]({FIGURES}/{stem}.png)", ""]
    write_text(folder / PAGE, "\n".join(lines))
    return folder / PAGE


def print_page(results: Results, console: Console) -> None:
    """The tables in the terminal."""
    found = shown(results)
    for table in (table for made in found.tables.values() for table in made):
        console.print(TerminalTable(table))
    for line in _lacking(found):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _head(results: Results, found: Shown) -> list[str]:
    stamp = [f"**{markdown(results.unlike)}**: nothing here says anything about the published values.", ""]
    lacking = [f"- {markdown(line)}" for line in _lacking(found)]
    return [f"# {markdown(results.study.title)}", "", *(stamp if results.unlike else []), *lacking, ""]


def _lacking(found: Shown) -> Sequence[str]:
    return [f"{name}: not made: {why}" for name, why in found.lacking.items()]
