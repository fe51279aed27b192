"""What do the answers say together? Every table of a survey, and the answers themselves for studies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from xaimed.errors import StoreError
from xaimed.reporting.html.survey import COMMENT, TRUST
from xaimed.reporting.latex import to_latex
from xaimed.reporting.tables import Table, to_csv, to_markdown
from xaimed.reporting.text import markdown
from xaimed.store.writing import write_text
from xaimed.studies.survey.agreed import between_raters, of_diagnoses, together, with_themselves
from xaimed.studies.survey.answers import Sheet, handed_in
from xaimed.studies.survey.key import read_key
from xaimed.studies.survey.rated import for_studies, rated
from xaimed.studies.survey.trusted import by_expert, cases_by, seen_by, trust_by


@dataclass(frozen=True)
class Scores:
    """What a survey found.

    Attributes:
        named: the tables, by the name of their file.
        sheets: the answers that count.
        notes: what a reader must know of the answer files.
        refused: the files that are not counted, and why.
    """

    named: dict[str, Table]
    sheets: list[Sheet]
    notes: list[str]
    refused: dict[Path, str]

    @property
    def tables(self) -> list[Table]:
        """The tables, in the order in which they are read."""
        return list(self.named.values())

    def write(self, folder: Path) -> list[Path]:
        """Write the report, every table as CSV and LaTeX, and ``raters.csv``; the files a reader begins with."""
        tables = folder / "tables"
        tables.mkdir(parents=True, exist_ok=True)
        for name, table in self.named.items():
            write_text(tables / f"{name}.csv", to_csv(table))
            write_text(tables / f"{name}.tex", to_latex(table, f"tab:survey-{name}"))
        parts = [to_markdown(table) for table in self.tables] + [self._comments(), self._notes()]
        write_text(folder / "scores.md", "# What the raters say\n\n" + "\n".join(filter(None, parts)))
        write_text(folder / "raters.csv", for_studies(self.sheets).to_csv(index=False))
        return [folder / "scores.md", folder / "raters.csv"]

    def _comments(self) -> str:
        lines = [
            f"- {markdown(sheet.rater)}, {_about(sheet, item)}: {markdown(given[COMMENT].strip())}"
            for sheet in self.sheets
            for item, given in sheet.answers.items()
            if given.get(COMMENT, "").strip()
        ]
        stamp = " (simulated raters among them)" if any(sheet.simulated for sheet in self.sheets) else ""
        return f"## Comments{stamp}\n\n" + "\n".join(lines) + "\n" if lines else ""

    def _notes(self) -> str:
        return (
            "## Answer files\n\n" + "\n".join(f"- {markdown(note)}" for note in self.notes) + "\n" if self.notes else ""
        )


def score(places: Sequence[Path], keys: Sequence[Path]) -> Scores:
    """Score answer files.

    Args:
        places: files, or folders of them.
        keys: of the surveys that they answer.

    Raises:
        StoreError: no file can be used, a key is damaged, or no map was rated.
    """
    known = {key.survey: key for key in map(read_key, keys)}
    came = handed_in(places, list(known.values()))
    answers = rated(came.sheets)
    if not (answers["question"] == TRUST).any():
        raise StoreError("no map was rated in these answers", fix="Wait for raters who get as far as the first map.")
    several = answers["survey"].nunique() > 1
    of = ["dataset"] if several else []
    stamp = _stamp(came.sheets)
    first = answers[answers["model"] != ""]
    models = ["model"] if first["model"].nunique() > 1 else []
    named: dict[str, Table | None] = {
        "explainers": trust_by(answers, [*models, "explained"], f"Human trust by explainer{stamp}", "Explainer"),
        "models": trust_by(answers, ["model"], f"Human trust by model{stamp}", "Model") if models else None,
        "classes": trust_by(answers, [*of, "class"], f"Human trust by true class{stamp}", "True class"),
        "right": trust_by(answers, ["right"], f"Human trust by whether the model was right{stamp}", "Model was")
        if first["right"].nunique() > 1
        else None,
        "raters": trust_by(answers, [*of, "rater"], f"Human trust by rater{stamp}", "Rater"),
        "experts": by_expert(answers, f"Human trust scores of every expert{stamp}"),
        "seen": seen_by(answers, [*models, "explained"], f"What the maps highlight{stamp}", "Explainer"),
        "cases": cases_by(answers, f"How difficult the cases are{stamp}"),
        "agreement": between_raters(answers, known, f"Agreement between raters{stamp}"),
        "icc": together(answers, known, f"Agreement of all raters{stamp}"),
        "repeats": with_themselves(answers, known, f"Agreement of each rater with themselves{stamp}"),
        "diagnoses": of_diagnoses(answers, known, f"The raters' diagnoses{stamp}"),
    }
    left_out = [f"{file.name} is not counted: {why}." for file, why in came.refused.items()]
    return Scores(
        {name: table for name, table in named.items() if table}, came.sheets, came.notes + left_out, came.refused
    )


def _stamp(sheets: Sequence[Sheet]) -> str:
    """What must be said in every title: raters that are no human beings, and the stamps of the runs."""
    who = [sheet.rater for sheet in sheets if sheet.simulated]
    said = []
    if who:
        everybody = len(who) == len(sheets)
        said = ["simulated raters" if everybody else f"simulated: {', '.join(dict.fromkeys(who))}"]
    said += dict.fromkeys(stamp for sheet in sheets for stamp in sheet.key.about["stamps"])
    return f" ({'; '.join(said)})" if said else ""


def _about(sheet: Sheet, item: int) -> str:
    entry = sheet.key.entries[item]
    what = f"{entry.run}, {entry.explainer}" if entry.run else "the picture"
    return markdown(f"{entry.sample_id}, {what}")
