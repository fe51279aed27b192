"""How do raters trust the explanations? Mean scores by rater, and whether raters agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from xaimed.evaluation.statistics.agreement import Weighting
from xaimed.evaluation.statistics.bootstrap import RESAMPLES
from xaimed.reporting.evaluations import NOTHING
from xaimed.reporting.tables import Cell, Estimate, Table
from xaimed.studies.reproduction.ratings import (
    COLUMNS,
    NOBODY,
    SCALE,
    TRUST,
    Answers,
    Rated,
    answers_of,
    icc_of,
    kappa_of,
    rated,
    stamped,
    why_unlike,
)
from xaimed.studies.reproduction.results import Results
from xaimed.studies.reproduction.simulated import SIMULATED
from xaimed.studies.reproduction.tables.against import against_table, bounds_of, line_against
from xaimed.studies.reproduction.verdict import cell

WEIGHTS: tuple[Weighting, ...] = ("none", "linear", "quadratic")


@dataclass(frozen=True)
class Raters:
    """A line for each group of rows, a column for each rater and the mean ± SD over raters; then their agreement.

    Attributes:
        title: what it shows.
        groups: by the row of the published table, which rows of the study belong together, such as those of a dataset.
        question: which answers are counted.
        explainer: of which explainer; of all without.
        scale: the least and the highest score.
        raters: how many columns at least, while fewer have answered.
        beside: the published table.
        mean: its column of means.
        kappa: the address of the published kappa, such as ``experts.all.kappa``.
    """

    title: str
    groups: Mapping[str, Sequence[str]]
    question: str = TRUST
    explainer: str = ""
    scale: tuple[int, int] = SCALE
    raters: int = 3
    beside: str = ""
    mean: str = "mean"
    kappa: str = ""

    def __call__(self, results: Results) -> list[Table]:
        """The tables; without answers the first with empty cells."""
        answers = answers_of(results)
        asked = answers.to(self.question) if answers else Answers(pd.DataFrame(columns=list(COLUMNS)))
        of = {name: asked.about(results.named(rows), self.explainer) for name, rows in self.groups.items()}
        there = {name: found for name, each in of.items() if (found := rated(each, self.limits)) is not None}
        lines = [line for name in there for line in self._compared(results, name, there[name])]
        agreement, kappas = self._agreement(results, {name: of[name] for name in there})
        return [self._scores(there), *agreement, *against_table(self._titled(there), [*lines, *kappas])]

    @property
    def limits(self) -> tuple[int, int]:
        """The scale as a pair, however the YAML has it."""
        least, most = self.scale
        return int(least), int(most)

    def _titled(self, there: Mapping[str, Rated]) -> str:
        return f"{self.title} ({SIMULATED} raters)" if any(one.simulated for one in there.values()) else self.title

    def _scores(self, there: Mapping[str, Rated]) -> Table:
        most = max([self.raters, *(len(one.by_rater) for one in there.values())])
        lines: list[tuple[Cell, ...]] = []
        for name in self.groups:
            found = there.get(name)
            own = [] if found is None else [Estimate(value, None, 2) for value in found.by_rater.values()]
            cells = [stamped(each, found is not None and found.simulated) for each in own]
            cells += [NOTHING] * (most - len(own))
            lines.append((name, found.mean.n if found else NOTHING, *cells, found.cell if found else NOTHING))
        columns = ("Of", "Rated", *(f"Rater {i + 1}" for i in range(most)), "Mean ± SD")
        notes = [
            f"Answers to '{self.question}', {self.limits[0]} to {self.limits[1]}; the mean of what each rater gave in "
            "the mean, SD over raters (divisor n − 1)."
        ]
        notes += [f"{name}: {_who(found)}." for name, found in there.items()]
        notes += [] if len(there) == len(self.groups) else [NOBODY]
        return Table(self._titled(there), columns, tuple(lines), tuple(notes))

    def _agreement(
        self, results: Results, answers: Mapping[str, Answers]
    ) -> tuple[list[Table], list[tuple[Cell, ...]]]:
        scores = {name: each.scores(self.limits) for name, each in answers.items()}
        lines: list[tuple[Cell, ...]] = []
        for name, table in scores.items():
            number = {rater: i + 1 for i, rater in enumerate(table.columns)}
            every = list(combinations(table.columns, 2))
            which = {f"raters {number[one]} and {number[other]}": [one, other] for one, other in every}
            which |= {"mean of pairs": list(table.columns)} if len(every) > 1 else {}
            together = icc_of(table)
            for said, those in which.items():
                cells = [cell(bounds_of(kappa_of(table[those], weights, self.limits)), 2) for weights in WEIGHTS]
                whole = together is not None and len(those) == len(table.columns)
                cells.append(cell(bounds_of(together), 2) if together is not None and whole else NOTHING)
                shown = [stamped(each, answers[name].simulated) for each in cells]
                lines.append((f"{name}, {said}", len(table[those].dropna()) if len(those) == 2 else len(table), *shown))
        if not lines:
            return [], []
        simulated = any(each.simulated for each in answers.values())
        stamp = f" ({SIMULATED} raters)" if simulated else ""
        note = (
            "Cohen's kappa; weighted, a disagreement counts its distance or its square. ICC(2,1): over what all "
            f"raters rated. 95 % intervals: the rated drawn again {RESAMPLES} times."
        )
        columns = ("Raters", "Rated", "κ", "κ, linear", "κ, quadratic", "ICC(2,1)")
        agreed = Table(f"{self.title}: agreement of raters{stamp}", columns, tuple(lines), (note,))
        return [agreed], self._published_kappa(results, answers)

    def _published_kappa(self, results: Results, answers: Mapping[str, Answers]) -> list[tuple[Cell, ...]]:
        """The unweighted kappa, mean over all pairs of all groups."""
        value = results.paper.values.get(self.kappa) if results.paper and self.kappa else None
        if value is None:
            return []
        whole = Answers(pd.concat([each.frame for each in answers.values()], ignore_index=True))
        ours = kappa_of(whole.scores(self.limits), "none", self.limits)
        unlike = why_unlike(results, whole.simulated)
        return [line_against(value, ours, row="all raters", what="κ, mean of pairs", decimals=2, unlike=unlike)]

    def _compared(self, results: Results, name: str, found: Rated) -> list[tuple[Cell, ...]]:
        value = results.published(self.beside, name, self.mean)
        if value is None:
            return []
        unlike = why_unlike(results, found.simulated)
        return [line_against(value, found.mean, row=name, what="mean score", decimals=2, unlike=unlike)]


def _who(found: Rated) -> str:
    return ", ".join(f"rater {i + 1} is {name}" for i, name in enumerate(found.by_rater))
