"""How is a study coming along? A table of its runs, renewed while they are made; without a screen a line a change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table

from xaimed.reporting.text import visible
from xaimed.studies.reproduction.standing import Standing

PAUSE = 2.0
Look = Callable[[], list[Standing]]


def state_table(standings: Sequence[Standing], failures: dict[str, str]) -> Table:
    """A line for every run: its state, its folds, and what went wrong."""
    table = Table("Run", "State", "Folds", "", title_justify="left")
    for each in standings:
        folds = f"{len(each.done)} of {len(each.folds)}" if each.folds else "–"
        table.add_row(visible(each.member.label), word_of(each, failures), folds, visible(_said(each, failures)))
    return table


def word_of(standing: Standing, failures: dict[str, str]) -> str:
    """Its state in a word; what failed before anything was written counts as failed."""
    word = standing.word
    return "failed" if word in ("missing", "begun") and standing.member.name in failures else word


class Watch:
    """Shows the state while something else makes the runs.

    Args:
        look: tells how far every run is.
        failures: by name, why runs failed; asked again at every look.
        console: where it is shown.
    """

    def __init__(self, look: Look, failures: Callable[[], dict[str, str]], console: Console) -> None:
        self._look, self._failures, self._console = look, failures, console
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, daemon=True)
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        self._before: dict[str, str] = {}

    def __enter__(self) -> Watch:
        """Begin to look."""
        if self._live:
            self._live.start()
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
        standings, failures = self._look(), self._failures()
        if self._live:
            self._live.update(state_table(standings, failures), refresh=True)
            return
        for each in standings:
            said = (
                f"{word_of(each, failures)}, {len(each.done)} of {len(each.folds)} folds"
                if each.folds
                else word_of(each, failures)
            )
            if self._before.get(each.member.name, "missing") != said:
                self._before[each.member.name] = said
                self._console.print(f"{each.member.label}: {said}", markup=False, highlight=False, soft_wrap=True)


def _said(standing: Standing, failures: dict[str, str]) -> str:
    if standing.refused:
        fold, why = next(iter(standing.refused.items()))
        return f"fold {fold} is not counted: {why}"
    if standing.failed:
        fold, why = next(iter(standing.failed.items()))
        return f"fold {fold}: {why}"
    return standing.problem or failures.get(standing.member.name, "")
