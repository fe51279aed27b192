"""Which explainer points best? A line for each, by overlap with the finding, deletion, insertion and human trust."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xaimed.evaluation.contract import Measure
from xaimed.reporting.evaluations import INTERVALS, NOTHING, heading, measured
from xaimed.reporting.tables import Cell, Table
from xaimed.studies.reproduction.explained import protocols, why_empty
from xaimed.studies.reproduction.ratings import NOBODY, SCALE, TRUST, Rated, answers_of, rated, why_unlike
from xaimed.studies.reproduction.results import Results
from xaimed.studies.reproduction.simulated import SIMULATED
from xaimed.studies.reproduction.tables.against import against_table, decimals_of, lacking, line_against
from xaimed.studies.reproduction.variants import Variant

MEASURES = {"iou": "IoU (%) ↑", "deletion": "Deletion ↓", "insertion": "Insertion ↑"}
HTS = f"HTS ({SCALE[0]}–{SCALE[1]}) ↑"


@dataclass(frozen=True)
class Interpretability:
    """A line for each row of the study and each explainer; then cell by cell beside what was published.

    Attributes:
        title: what it shows.
        explainers: by their names, the rows of the published table.
        measures: of evaluations, by their keys, the columns of the published table.
        rated: the published column of human trust scores; empty for none.
        question: to which raters answer with that score.
        beside: the published table.
        rows: which rows of the study; all that have such explainers without.
    """

    title: str
    explainers: Mapping[str, str]
    measures: Mapping[str, str] = field(default_factory=lambda: {name: name for name in MEASURES})
    rated: str = "hts"
    question: str = TRUST
    beside: str = ""
    rows: tuple[str, ...] = ()

    def __call__(self, results: Results) -> list[Table]:
        """The tables; none where no such explainer was evaluated."""
        answers = answers_of(results) if self.rated else None
        asked = answers.to(self.question) if answers else None
        keys = tuple(self.measures)
        every = [
            Variant(published, f"{row.row.label}, {_called(name)}", row, name, keys)
            for row in results.there(self.rows)
            for name, published in self.explainers.items()
        ]
        found = [each for each in every if each.measured]
        if not found:
            return []
        given = {each.label: rated(asked.about([each.row], each.explainer)) if asked else None for each in found}
        scores = {label: one for label, one in given.items() if one is not None}
        lines = [line for each in found for line in self._compared(results, each, scores)]
        return [self._laid_out(results, found, scores), *against_table(self.title, lines)]

    def _laid_out(self, results: Results, found: Sequence[Variant], scores: Mapping[str, Rated]) -> Table:
        met: dict[str, Measure] = {key: one.measure for each in found for key, one in each.measured.items()}
        heads = {key: heading(met[key]) if key in met else MEASURES.get(key, key) for key in self.measures}
        several = len({each.row.row.name for each in found}) > 1
        lines: list[tuple[Cell, ...]] = []
        for each in found:
            ones = [each.measured.get(key) for key in self.measures]
            cells = [measured(one.measure, one.value) if one else NOTHING for one in ones]
            stars = [scores[each.label].cell if each.label in scores else NOTHING] if self.rated else []
            lines.append((each.label if several else _called(each.explainer), *cells, *stars))
        title = f"{self.title} ({SIMULATED} raters)" if any(one.simulated for one in scores.values()) else self.title
        columns = ("Row, explainer" if several else "Explainer", *heads.values(), *([HTS] if self.rated else []))
        findings = [gathered for each in found for gathered in each.row.findings]
        bare = {key: head.rstrip(" ↑↓") for key, head in heads.items()}
        return Table(
            title,
            columns,
            tuple(lines),
            (
                *protocols(one for each in found for one in each.measured.values()),
                f"{INTERVALS}. Pictures: {_pictures(found, bare)}.",
                *why_empty(findings, bare, met),
                *([f"{HTS}: empty. {NOBODY}"] if self.rated and not scores else []),
                *self._absent(found),
                *lacking(results, [each.row.row.name for each in found]),
            ),
        )

    def _absent(self, found: Sequence[Variant]) -> list[str]:
        there = {each.explainer for each in found}
        names = [_called(name) for name in self.explainers if name not in there]
        return [f"Not evaluated: {', '.join(names)}."] if names else []

    def _compared(self, results: Results, each: Variant, scores: Mapping[str, Rated]) -> list[tuple[Cell, ...]]:
        lines = []
        for key, one in each.measured.items():
            value = results.published(self.beside, each.key, self.measures[key])
            if value is not None:
                what, decimals = heading(one.measure), decimals_of(one.measure, value)
                lines.append(
                    line_against(value, one.value, row=each.label, what=what, decimals=decimals, unlike=results.unlike)
                )
        value = results.published(self.beside, each.key, self.rated)
        score = scores.get(each.label)
        if value is not None and score is not None:
            unlike = why_unlike(results, score.simulated)
            lines.append(line_against(value, score.mean, row=each.label, what=HTS, decimals=2, unlike=unlike))
        return lines


def _called(explainer: str) -> str:
    return explainer.replace("_", " ")


def _pictures(found: Sequence[Variant], heads: Mapping[str, str]) -> str:
    """Such as ``IoU (%) 16 to 20, Deletion 12``."""
    said = []
    for key, head in heads.items():
        counts = sorted({each.measured[key].value.n for each in found if key in each.measured})
        if counts:
            said.append(f"{head} {counts[0]}" + (f" to {counts[-1]}" if len(counts) > 1 else ""))
    return ", ".join(said)
