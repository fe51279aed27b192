"""What did experts say of the cases that a model got wrong? For each model, how often a question was answered yes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from xaimed.errors import StoreError
from xaimed.evaluation.doubt import outcomes
from xaimed.evaluation.statistics.intervals import wilson
from xaimed.reporting.evaluations import NOTHING
from xaimed.reporting.html.survey import NONE_OF_THESE
from xaimed.reporting.tables import Cell, Table
from xaimed.studies.reproduction.ratings import FILE, NOBODY, Answers, answers_of, stamped, why_unlike
from xaimed.studies.reproduction.results import Results, RowResult
from xaimed.studies.reproduction.simulated import SIMULATED
from xaimed.studies.reproduction.tables.against import COLUMNS, lacking
from xaimed.studies.reproduction.verdict import Bounds, cell, difference, verdict

YES, NO = ("yes", "true", "1"), ("no", "false", "0")


@dataclass(frozen=True)
class Survey:
    """A line for each model: how many cases it got wrong, how many were judged, and the answers.

    Attributes:
        title: what it shows.
        models: by the row of the published table, the row of the study.
        questions: by their keys, how each is called; answered by yes or no, or by a class, which is held against the
            label of the picture.
        beside: the published table.
        cases: its column of cases that were judged.
        failed: by question, its column of cases whose answer is no.
    """

    title: str
    models: Mapping[str, str]
    questions: Mapping[str, str]
    beside: str = ""
    cases: str = "cases"
    failed: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, results: Results) -> list[Table]:
        """The tables; none while no model is there."""
        there = {key: row for key, name in self.models.items() for row in results.there([name])}
        if not there:
            return []
        answers = answers_of(results)
        given = {key: _of_errors(answers.about([row]), row) if answers else None for key, row in there.items()}
        judged = {
            key: {question: _judged(each.to(question), there[key]) for question in self.questions}
            for key, each in given.items()
            if each is not None
        }
        lines = tuple(self._line(there[key], judged.get(key), given[key]) for key in there)
        simulated = any(each.simulated for each in given.values() if each)
        title = f"{self.title} ({SIMULATED} raters)" if simulated else self.title
        notes = [
            "Wrong: of the pictures that the model was asked about; answers about the others are not counted here. "
            "Answers: yes, of those given; where a class was named, how often it is that of the label."
        ]
        notes += [] if any(given.values()) else [NOBODY]
        columns = ("Model", "Wrong", "Judged", *self.questions.values())
        tables = [Table(title, columns, lines, (*notes, *lacking(results, list(self.models.values()))))]
        compared = [
            line for key in judged for line in self._compared(results, key, there[key], judged[key], given[key])
        ]
        note = (
            "Shares of answers that are no, with Wilson's intervals; several answers about a case count as one there, "
            "for they are not independent."
        )
        return [
            *tables,
            *([Table(f"{title}, beside what was published", COLUMNS, tuple(compared), (note,))] if compared else []),
        ]

    def _line(
        self, row: RowResult, judged: Mapping[str, pd.Series[bool]] | None, given: Answers | None
    ) -> tuple[Cell, ...]:
        assert row.predictions is not None
        wrong = outcomes(row.predictions)["wrong"]
        if judged is None or given is None or not len(given):
            return (row.row.label, f"{int(wrong.sum())} of {len(wrong)}", *([NOTHING] * (1 + len(self.questions))))
        cells = [
            stamped(f"{int(each.sum())} of {len(each)}", given.simulated) if len(each) else NOTHING
            for each in judged.values()
        ]
        seen = int(given.frame["sample_id"].nunique())
        return (row.row.label, f"{int(wrong.sum())} of {len(wrong)}", stamped(seen, given.simulated), *cells)

    def _compared(
        self,
        results: Results,
        key: str,
        row: RowResult,
        judged: Mapping[str, pd.Series[bool]],
        given: Answers | None,
    ) -> list[tuple[Cell, ...]]:
        lines: list[tuple[Cell, ...]] = []
        cases = results.published(self.beside, key, self.cases)
        for question, column in self.failed.items():
            value, each = results.published(self.beside, key, column), judged.get(question)
            if value is None or cases is None or each is None or not len(each) or given is None:
                continue
            printed = wilson(int(value.printed.value), int(cases.printed.value))
            share, seen = float((~each).mean()), int(each.index.nunique())
            found = replace(wilson(round(share * seen), seen), value=share)
            there, ours = (Bounds(100 * one.value, 100 * one.low, 100 * one.high) for one in (printed, found))
            lines.append(
                (
                    row.row.label,
                    f"{self.questions[question]}: no (%)",
                    f"{value.printed.text} of {cases.printed.text}",
                    cell(ours, 1),
                    cell(difference(there, ours), 1),
                    str(verdict(there, ours, why_unlike(results, given.simulated))),
                )
            )
        return lines


def _of_errors(answers: Answers, row: RowResult) -> Answers:
    """Those about pictures that the model got wrong."""
    assert row.predictions is not None
    wrong = outcomes(row.predictions)["wrong"]
    return Answers(answers.frame[answers.frame["sample_id"].isin(wrong.index[wrong].astype(str))])


def _judged(answers: Answers, row: RowResult) -> pd.Series[bool]:
    """Whether each answer is yes, or names the class of the label."""
    assert row.predictions is not None
    frame = row.predictions.frame.drop_duplicates("sample_id").set_index("sample_id")
    labels = frame["label"] if "label" in frame else pd.Series(dtype=object)
    classes = {name.lower() for name in row.predictions.classes}
    said = []
    for sample, answer in zip(answers.frame["sample_id"], answers.frame["answer"].str.lower(), strict=True):
        if answer not in (*YES, *NO, *classes, NONE_OF_THESE):
            raise StoreError(
                f"'{answer}' is neither yes nor no nor a class",
                where=f"{FILE}, sample {sample}",
                fix=f"The classes are {', '.join(row.predictions.classes)}.",
            )
        said.append(answer in YES or answer == str(labels.get(sample, "")).lower())
    return pd.Series(said, dtype=bool, index=answers.frame["sample_id"])
