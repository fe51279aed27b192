"""How is a study coming along? A table of its runs, renewed while they are made; without a screen a line a change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from xaimed.errors import XaimedError
from xaimed.reporting.text import visible
from xaimed.studies.reproduction.records import last_lines
from xaimed.studies.reproduction.standing import Standing

PAUSE = 2.0
BRIEF = 80
"""As many characters of a reason stand in the table."""


def state_table(standings: Sequence[Standing], said: Mapping[str, str]) -> Table:
    """A line for every run: its state, its folds, and what went wrong or is going on.

    Args:
        standings: how far they are.
        said: by name, why runs failed, or in which epoch they are.
    """
    table = Table("Run", "State", "Folds", "", title_justify="left")
    for each in standings:
        folds = f"{len(each.done)} of {len(each.folds)}" if each.folds else "–"
        table.add_row(_text(each.member.label), word_of(each, said), folds, _text(_brief(remark_on(each, said))))
    return table


def word_of(standing: Standing, said: Mapping[str, str]) -> str:
    """Its state in a word; what failed before anything was written counts as failed."""
    word = standing.word
    return "failed" if word in ("missing", "begun") and standing.member.name in said else word


def remark_on(standing: Standing, said: Mapping[str, str]) -> str:
    """What must be known of it."""
    if standing.refused:
        fold, why = next(iter(standing.refused.items()))
        return f"fold {fold} is not counted: {why}"
    if standing.running:
        return said.get(standing.member.name, "")
    if standing.failed:
        fold, why = next(iter(standing.failed.items()))
        return f"fold {fold}: {why}"
    if standing.complete:
        return ""
    if standing.unexplained:
        return f"folds {', '.join(map(str, standing.unexplained))} lack maps or evaluations that are asked for"
    return standing.problem or said.get(standing.member.name, "")


def say_what_failed(
    after: Sequence[Standing], failed: Mapping[str, str], logs: Mapping[str, Path], console: Console
) -> None:
    """Every reason once with the runs that it holds for, and the end of the log of each that was begun.

    Args:
        after: how far the runs are.
        failed: why, by name.
        logs: where they printed, by name.
        console: where it is said.
    """
    labels = {each.member.name: each.member.label for each in after}
    by_reason: dict[str, list[str]] = {}
    for name, why in failed.items():
        by_reason.setdefault(why, []).append(name)
    for why, names in by_reason.items():
        lines = [f"{'; '.join(labels[name] for name in names)}: {why}"]
        for log in (logs[name] for name in names if name in logs):
            if printed := last_lines(log):
                lines += [f"  the end of {log}:", *(f"    {line}" for line in printed)]
        for line in lines:
            console.print(line, markup=False, highlight=False, soft_wrap=True)


class Watch:
    """Shows the state while something else makes the runs.

    Args:
        look: tells how far every run is.
        said: by name, why runs failed, or in which epoch they are; asked again at every look.
        console: where it is shown.
    """

    def __init__(
        self, look: Callable[[], list[Standing]], said: Callable[[], dict[str, str]], console: Console
    ) -> None:
        self._look, self._said, self._console = look, said, console
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, daemon=True)
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        self._before: dict[str, str] = {}

    def __enter__(self) -> Watch:
        """Begin to look."""
        if self._live:
            self._live.start()
        self._show()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Look a last time."""
        self._over.set()
        self._thread.join()
        self._show()
        if self._live:
            self._live.stop()

    def _renew(self) -> None:
        while not self._over.wait(PAUSE):
            self._show()

    def _show(self) -> None:
        try:
            standings, said = self._look(), self._said()
            table, lines = state_table(standings, said), {each.member.name: _line(each, said) for each in standings}
        except (OSError, ValueError, XaimedError):
            return  # a fold was moved in place during the look; the next one sees it there
        if self._live:
            self._live.update(table, refresh=True)
            return
        for name, line in lines.items():
            if self._before and self._before[name] != line:
                self._console.print(line, markup=False, highlight=False, soft_wrap=True)
        self._before = lines


def _line(standing: Standing, said: Mapping[str, str]) -> str:
    folds = f", {len(standing.done)} of {len(standing.folds)} folds" if standing.folds else ""
    return f"{standing.member.label}: {word_of(standing, said)}{folds}"


def _brief(said: str) -> str:
    """Its beginning; every reason is said in full below the table, once for all the runs that it holds for."""
    return said if len(said) <= BRIEF else f"{said[: BRIEF - 1]}…"


def _text(said: str) -> Text:
    """As it is: a path in brackets is no markup."""
    return Text(visible(said))
