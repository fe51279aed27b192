"""What is each part worth? Every configuration, how far it is from one of them, and what was printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.reporting.evaluations import INTERVALS, NOTHING, measured
from xaimed.reporting.evaluations import heading as measure_heading
from xaimed.reporting.intervals import estimate
from xaimed.reporting.results import SPREAD, heading
from xaimed.reporting.tables import Cell, Table
from xaimed.studies.published.parts import Value
from xaimed.studies.reproduction.explained import protocols
from xaimed.studies.reproduction.ratings import NOBODY, TRUST, Answers, Rated, answers_of, rated, why_unlike
from xaimed.studies.reproduction.results import Results
from xaimed.studies.reproduction.simulated import SIMULATED
from xaimed.studies.reproduction.tables.against import against_table, decimals_of, line_against, metric_decimals
from xaimed.studies.reproduction.tables.apart import apart_tables
from xaimed.studies.reproduction.tables.interpretability import HTS, MEASURES
from xaimed.studies.reproduction.variants import Variant, variants_of


@dataclass(frozen=True)
class Ablation:
    """A line for each configuration; then each less the reference, paired; then cell by cell beside the published.

    Attributes:
        title: what it shows.
        rows: by the row of the published table, the row of the study; or ``{row, explainer, is}`` where it is shown
            with an explainer, or called otherwise.
        metrics: of the predictions, by their keys, the published columns.
        measures: of the explainer's maps, by their keys, the published columns.
        rated: the published column of human trust scores; empty for none.
        question: to which raters answer with that score.
        reference: which of the rows the others are held against; the first without.
        beside: the published table.
    """

    title: str
    rows: Mapping[str, Any]
    metrics: Mapping[str, str] = field(default_factory=lambda: {"accuracy": "accuracy", "auc": "auc"})
    measures: Mapping[str, str] = field(default_factory=dict)
    rated: str = ""
    question: str = TRUST
    reference: str = ""
    beside: str = ""

    def __call__(self, results: Results) -> list[Table]:
        """The tables; none while no row is there."""
        if self.reference and self.reference not in self.rows:
            fix = near_miss(self.reference, list(self.rows))
            raise ConfigError(f"there is no row '{self.reference}'", where=f"reference of '{self.title}'", fix=fix)
        there = variants_of(results, self.rows, tuple(self.measures), f"rows of '{self.title}'")
        if not there:
            return []
        scores = self._scores(results, there)
        first = self.reference or next(iter(self.rows))
        return [
            self._laid_out(results, there, scores),
            *(
                table
                for reference in there
                if reference.key == first
                for table in apart_tables(
                    results,
                    there,
                    reference,
                    title=self.title,
                    metrics=self.metrics,
                    measures=self.measures,
                    beside=self.beside,
                )
            ),
            *against_table(self.title, [line for each in there for line in self._against(results, each, scores)]),
        ]

    def _scores(self, results: Results, there: Sequence[Variant]) -> dict[str, Rated]:
        """The human trust scores, by the key of the configuration."""
        answers = answers_of(results) if self.rated else None
        if answers is None:
            return {}
        asked = answers.to(self.question)
        found = {each.key: rated(_of(each, asked)) for each in there}
        return {key: one for key, one in found.items() if one is not None}

    def _laid_out(self, results: Results, there: Sequence[Variant], scores: Mapping[str, Rated]) -> Table:
        met = {key: one.measure for each in there for key, one in each.measured.items()}
        heads = {key: measure_heading(met[key]) if key in met else MEASURES.get(key, key) for key in self.measures}
        lines: list[tuple[Cell, ...]] = []
        for each in there:
            spread = each.row.metrics[list(self.metrics)].agg(["mean", "std"])
            cells = [estimate(key, float(spread[key]["mean"]), float(spread[key]["std"])) for key in self.metrics]
            ones = [each.measured.get(key) for key in self.measures]
            maps = [measured(one.measure, one.value) if one else NOTHING for one in ones]
            stars = [scores[each.key].cell if each.key in scores else NOTHING] if self.rated else []
            lines.append((each.label, len(each.row.metrics), *cells, *maps, *stars))
        shown = (*map(heading, self.metrics), *heads.values(), *([HTS] if self.rated else []))
        simulated = any(one.simulated for one in scores.values())
        title = f"{self.title} ({SIMULATED} raters)" if simulated else self.title
        empty = [head for key, head in heads.items() if key not in met]
        notes = (
            f"{SPREAD}.",
            *protocols(one for each in there for one in each.measured.values()),
            *([f"{INTERVALS}."] if met else []),
            *(f"{head}: empty, for nobody measured it of these explainers." for head in empty),
            *([f"{HTS}: empty. {NOBODY}"] if self.rated and not scores else []),
            *self._one_network(results, there),
            *self._absent(there),
        )
        return Table(title, ("Configuration", "Folds", *shown), tuple(lines), notes)

    def _absent(self, there: Sequence[Variant]) -> list[str]:
        absent = [key for key in self.rows if key not in {each.key for each in there}]
        rows = {each.row.row.name: each.row for each in there}.values()
        said = [f"Not there yet: {', '.join(absent)}."] if absent else []
        return said + [f"{row.row.label}: {row.missing}." for row in rows if row.missing]

    def _one_network(self, results: Results, there: Sequence[Variant]) -> list[str]:
        """What must be said where several lines are one network, and print lets its metrics change all the same."""
        notes = []
        for row in {each.row.row.name: each.row for each in there}.values():
            alike = [each for each in there if each.row is row]
            if len(alike) < 2:
                continue
            said = f"{'; '.join(each.label for each in alike)}: one and the same network, explained after its training"
            notes.append(f"{said}. No metric of its predictions can change with the explainer.")
            for key, column in self.metrics.items():
                values = [self._published(results, each, column) for each in alike]
                printed = list(dict.fromkeys(value.printed.text for value in values if value is not None))
                if len(printed) > 1:
                    notes.append(f"In print it does, {heading(key).rstrip(' ↑↓')}: {', '.join(printed)}.")
        return notes

    def _published(self, results: Results, each: Variant, column: str) -> Value | None:
        return results.published(self.beside, each.key, column)

    def _against(self, results: Results, each: Variant, scores: Mapping[str, Rated]) -> list[tuple[Cell, ...]]:
        lines = []
        for key, column in self.metrics.items():
            if (value := self._published(results, each, column)) is not None:
                found, what, places = each.row.pooled.interval(key), heading(key), metric_decimals(key, value)
                lines.append((value, found, what, places, results.unlike))
        for key, column in self.measures.items():
            one, value = each.measured.get(key), self._published(results, each, column)
            if one is not None and value is not None:
                places = decimals_of(one.measure, value)
                lines.append((value, one.value, measure_heading(one.measure), places, results.unlike))
        score, value = scores.get(each.key), self._published(results, each, self.rated)
        if score is not None and value is not None:
            lines.append((value, score.mean, HTS, 2, why_unlike(results, score.simulated)))
        return [
            line_against(value, ours, row=each.label, what=what, decimals=places, unlike=unlike)
            for value, ours, what, places, unlike in lines
        ]


def _of(each: Variant, answers: Answers) -> Answers:
    """What was said of it; of a configuration without maps only what was said where none was shown."""
    found = answers.about([each.row], each.explainer)
    return found if each.explainer else Answers(found.frame[found.frame["explainer"] == ""])
