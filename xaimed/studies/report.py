"""What is worth opening after a run? One page with its tables and pictures, and each of them as a file."""

from __future__ import annotations

import os
from pathlib import Path

from xaimed.evaluation.metrics import METRICS
from xaimed.evaluation.summary import pooled_confusion
from xaimed.reporting.canvas import save_figure
from xaimed.reporting.tables import to_csv, to_markdown
from xaimed.reporting.tensorboard import add_hparams, flatten_params
from xaimed.reporting.text import markdown
from xaimed.store.fold import EXPLANATIONS
from xaimed.store.run import Run
from xaimed.store.writing import write_text
from xaimed.studies.doubts import doubt_figures, doubt_tables
from xaimed.studies.drawn import confusion_of, curves_of, reliability_of
from xaimed.studies.elsewhere import all_elsewhere
from xaimed.studies.judgement import judgement_of
from xaimed.studies.result import RunResult, result_of
from xaimed.studies.tables import metrics_table, pooled_table, tables_of

REPORT, FOLDER, HPARAMS, CURVES = "report.md", "tables", "hparams", "curves.png"
RELIABILITY = "reliability.png"
OF_INTEREST = (
    *("dataset", "labels", "protocol", "image", "augmentation", "imbalance", "backbone", "strategy", "hybrid"),
    *("objective", "optimizer", "schedule", "loader", "trainer", "callbacks", "seed"),
)
"""What two runs of a sweep can differ in; TensorBoard shows first what they do."""


def write_report(run: Run) -> Path | None:
    """Write ``report.md`` and what it shows; None while the run has no finished fold."""
    result = result_of(run)
    if result.predictions is None:
        return None
    config = result.facts["config"]
    folder = run.path / FOLDER
    folder.mkdir(exist_ok=True)
    write_text(folder / "metrics.csv", to_csv(metrics_table(result)))
    if len(result.predictions.repeats) > 1:
        write_text(folder / "repeats.csv", to_csv(pooled_table(result)))
    confusion = pooled_confusion(result.predictions)
    write_text(folder / "confusion.csv", confusion.to_csv(lineterminator="\n"))
    save_figure(confusion_of(result), folder / "confusion.png")
    write_text(folder / "calibration.csv", to_csv(result.calibrated.table()))
    save_figure(reliability_of(result), folder / RELIABILITY)
    if curves := curves_of(result):
        save_figure(curves, folder / CURVES)
    chosen = flatten_params({key: config[key] for key in OF_INTEREST if key in config})
    final = {f"final/{name}": float(value) for name, value in result.metrics()[list(METRICS)].mean().items()}
    final["final/ece"] = result.calibrated.found["ece"].value
    add_hparams(run.path / HPARAMS, chosen, final, name=result.name)
    page = run.path / REPORT
    write_text(page, _page(result))
    return page


def _elsewhere(result: RunResult) -> list[str]:
    """What the run reached on other datasets, where it was asked."""
    assert result.predictions is not None
    found, refused = all_elsewhere(result.run)
    tables = filter(None, (each.table(result.predictions, result.stamp) for each in found))
    parts = [*map(to_markdown, tables), *(f"{markdown(line)}\n" for line in refused)]
    return ["## Elsewhere", "", *parts] if parts else []


def _doubts(result: RunResult) -> list[str]:
    """Where it errs, how surely, and for whom."""
    figures = doubt_figures(result, result.run.path / FOLDER)
    shown = [line for file in figures for line in (f"![{file.stem}]({FOLDER}/{file.name})", "")]
    return ["## Errors and doubt", "", *map(to_markdown, doubt_tables(result)), *shown]


def _page(result: RunResult) -> str:
    parts = [f"# {markdown(result.name)}", ""]
    parts += [to_markdown(table) for table in tables_of(result)]
    parts += judgement_of(result, result.run.path / FOLDER)
    parts += [f"![Confusion matrix]({FOLDER}/confusion.png)", ""]
    parts += [f"![Is it right as often as it is sure?]({FOLDER}/{RELIABILITY})", ""]
    parts += _doubts(result)
    parts += _elsewhere(result)
    if result.history():
        parts += [f"![Curves]({FOLDER}/{CURVES})", ""]
    for fold in result.run.finished():
        for overview in sorted((fold.path / EXPLANATIONS).glob("panels-*/overview.png")):
            place = os.path.relpath(overview, result.run.path)
            parts += [
                f"## Fold {fold.index}: correct and incorrect cases ({overview.parent.name})",
                "",
                f"![Panels]({place})",
                "",
            ]
    return "\n".join(parts)
