"""What was found of a run's explanations? Every evaluation as a table, with what it has of tests and pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from xaimed.evaluation.findings import read_arrays
from xaimed.evaluation.gathered import Gathered, short_names
from xaimed.evaluation.predictions import Predictions
from xaimed.reporting.canvas import save_figure
from xaimed.reporting.evaluations import evaluation_table
from xaimed.reporting.faithfulness import faithfulness_figure
from xaimed.reporting.tables import Table, to_csv, to_markdown
from xaimed.reporting.zones import zones_table
from xaimed.store.writing import write_text
from xaimed.studies.fold_agreement import agreement_over_folds_of
from xaimed.studies.result import RunResult

ZONES = ("activation", "uncertainty")


@dataclass(frozen=True)
class Judged:
    """What one evaluation has to show: its tables, and curves where it kept any."""

    key: str
    tables: list[Table]
    curves: Figure | None


def judged(result: RunResult) -> Iterator[Judged]:
    """Every evaluation of a run, and how far its folds agree where that was asked."""
    assert result.predictions is not None
    for found in [*result.findings(), *agreement_over_folds_of(result.run, result.predictions)]:
        yield Judged(
            found.key, [evaluation_table(found), *zone_tables(result.predictions, found)], _curves(result, found)
        )


def judgement_of(result: RunResult, folder: Path) -> list[str]:
    """The part of the report on explanations, as Markdown; its tables as CSV and its pictures lie in ``folder``."""
    parts: list[str] = []
    for found in judged(result):
        for number, table in enumerate(found.tables):
            parts.append(to_markdown(table))
            write_text(folder / f"{found.key}{f'-{number}' if number else ''}.csv", to_csv(table))
        if found.curves:
            save_figure(found.curves, folder / f"{found.key}.png")
            parts += [f"![Deletion and insertion]({folder.name}/{found.key}.png)", ""]
    return parts


def zone_tables(predictions: Predictions, found: Gathered) -> Iterator[Table]:
    """Of an evaluation of zones: how the classes differ in each, for every explainer; of nothing else any table."""
    if predictions.kind == "multilabel":
        return
    frame = predictions.frame.drop_duplicates("sample_id").set_index("sample_id")
    labels, patients = _by_sample(frame["label"]), _by_sample(frame["group"])
    names = short_names(found.explainers)
    for kind in ZONES:
        zones = [key for key in found.measures if key.startswith(f"{kind}:")]
        told = found.rows[found.rows["measure"].isin(zones)].dropna(subset="value")
        for explainer in dict.fromkeys(told["explainer"]):
            rows = told[told["explainer"] == explainer].assign(explainer=names[explainer])
            yield zones_table(
                rows,
                labels,
                found.measures,
                explainer=names[explainer],
                kind=kind,
                classes=predictions.classes,
                patients=patients,
            )


def _curves(result: RunResult, found: Gathered) -> Figure | None:
    """Mean deletion and insertion curves, where they were kept."""
    arrays = [read_arrays(place) for place in found.places.values()]
    kept = [each for each in arrays if any(name.startswith("deletion|") for name in each)]
    if not kept:
        return None
    patients = _by_sample(found.rows.drop_duplicates("sample_id").set_index("sample_id")["group"])
    names = short_names(found.explainers)
    return faithfulness_figure(kept, title=result.name, names=names, groups=patients, stamp=result.stamp or None)


def _by_sample(column: pd.Series[str]) -> dict[str, str]:
    return {str(sample): str(value) for sample, value in column.items()}
