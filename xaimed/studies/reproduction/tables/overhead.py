"""How much longer does an explainer take? Round by round beside what it is held against, as a share of that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xaimed.reporting.tables import Cell, Table
from xaimed.studies.published.parts import Value
from xaimed.studies.reproduction.cost import INFERENCE, QUARTILES, Cost, cost_of, spread
from xaimed.studies.reproduction.results import Results, RowResult
from xaimed.studies.reproduction.verdict import INSIDE, NOT_COMPARABLE, OUTSIDE, Verdict

PERCENT = 100.0


@dataclass(frozen=True)
class Overhead:
    """Rows are runs and what the explainer is held against; the published value is the most that it may be.

    It needs a table of complexity in the same study, which has the networks timed.

    Attributes:
        title: what it shows.
        explainer: which one, such as ``mc_gradcam``.
        over: what it is held against: ``inference`` or explainers.
        beside: the address of the published share.
        rows: which rows of the study; all without.
    """

    title: str
    explainer: str
    over: tuple[str, ...] = (INFERENCE,)
    beside: str = ""
    rows: tuple[str, ...] = ()

    def __call__(self, results: Results) -> list[Table]:
        """The table, if a run was timed that has the explainer."""
        lines = [line for row in results.there(self.rows) for line in self._lines(results, row)]
        if not lines:
            return []
        columns: tuple[str, ...] = ("Run", "Longer than", "Here, %", "n", "Published, at most", "Verdict")
        if results.paper is None:
            columns, lines = columns[:4], [line[:4] for line in lines]
        notes = (
            f"{self.explainer}, one picture alone, in per cent of what it is held against; {QUARTILES} over n rounds "
            "in which both were timed one after the other.",
            *(["Which of them the paper means it does not say."] if self.beside and len(self.over) > 1 else []),
        )
        return [Table(self.title, columns, tuple(lines), notes)]

    def _lines(self, results: Results, row: RowResult) -> Iterator[tuple[Cell, ...]]:
        cost = next((found for run in row.there if (found := cost_of(run.run))), None)
        if cost is None or (of := cost.explainer(self.explainer)) is None:
            return
        value = results.paper.values.get(self.beside) if results.paper else None
        for name in self.over:
            if (against := _timed(cost, name)) is not None:
                shares = cost.overhead(of, against)
                said = "" if value is None else str(_at_most(value, shares, results.unlike))
                printed = "–" if value is None else value.printed.text
                yield row.row.label, name, spread(shares, PERCENT), len(shares), printed, said


def _timed(cost: Cost, name: str) -> str | None:
    return name if name == INFERENCE else cost.explainer(name)


def _at_most(value: Value, shares: list[float], unlike: str) -> Verdict:
    if unlike:
        return Verdict(NOT_COMPARABLE, unlike)
    found = float(np.median(shares)) * value.scale
    return Verdict(INSIDE if found <= float(value.printed.value) else OUTSIDE)
