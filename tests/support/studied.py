"""A study whose runs were never trained: predictions and findings written by hand, read as those of a study are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from omegaconf import OmegaConf

from xaimed.config.places import conf_dir
from xaimed.evaluation.contract import Findings, Measure, row_table
from xaimed.evaluation.findings import write_findings
from xaimed.evaluation.predictions import Predictions, prediction_table, write_predictions
from xaimed.store.fold import CONFIG, EVALUATIONS, HISTORY, PREDICTIONS, SPLIT
from xaimed.store.run import Run
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.reading import paper_from
from xaimed.studies.reproduction.results import Results, results_of
from xaimed.studies.reproduction.study import Member, Row, Study

SEALED = (CONFIG, PREDICTIONS, SPLIT)


def binary(
    positive: Sequence[float], truth: Sequence[int], *, fold: int = 0, classes: tuple[str, str] = ("N", "P")
) -> Predictions:
    """Pictures ``00, 01, …`` of as many patients with these probabilities of the second class."""
    chance = np.asarray(positive, dtype=np.float64)
    names = [f"{i:02d}" for i in range(len(truth))]
    return prediction_table(
        "binary",
        classes,
        sample_ids=names,
        groups=[f"patient {name}" for name in names],
        fold=fold,
        targets=list(truth),
        logits=np.log(np.clip(chance, 1e-6, 1) / np.clip(1 - chance, 1e-6, 1)).reshape(-1, 1),
        probabilities=np.stack([1 - chance, chance], axis=1),
    )


def found(
    name: str,
    measures: Mapping[str, Measure],
    values: Mapping[tuple[str, str], npt.ArrayLike],
    caption: str = "As asked",
) -> tuple[str, Findings]:
    """What an evaluation found: by explainer and measure, a value for each of the pictures ``00, 01, …``."""
    parts = []
    for (explainer, measure), given in values.items():
        numbers = np.asarray(given, dtype=np.float64)
        parts.append(row_table([f"{i:02d}" for i in range(len(numbers))], explainer, measure, numbers))
    return name, Findings(pd.concat(parts, ignore_index=True), measures, caption)


def stored_run(
    output: Path,
    name: str,
    predictions: Predictions,
    findings: Sequence[tuple[str, Findings]] = (),
    *,
    stamps: Sequence[str] = (),
    folds: int = 1,
    explainer: Mapping[str, object] | None = None,
) -> Run:
    """A run of one finished fold, of ``folds`` that were wanted."""
    run = Run(output / "runs" / name)
    about = {
        "identity": name,
        "kind": predictions.kind,
        "classes": list(predictions.classes),
        "dataset": "made",
        "samples": len(predictions),
        "quarantined": 0,
        "folds": list(range(folds)),
        "note": "by hand",
        "stamps": list(stamps),
        "config": {"explainer": dict(explainer or {})},
    }
    run.describe(about)
    fold = run.fold(0)
    with fold.being_made() as folder:
        write_predictions(folder / PREDICTIONS, predictions)
        (folder / CONFIG).write_text("{}\n")
        (folder / HISTORY).write_text("epoch,val/accuracy\n0,0.5\n")
        ids = predictions.frame["sample_id"]
        pd.DataFrame({"sample_id": ids, "role": "select+report"}).to_csv(folder / SPLIT, index=False)
        for key, each in findings:
            place = folder / EVALUATIONS / f"{key}-aaaaaa-bbbbbb"
            place.mkdir(parents=True)
            write_findings(place, key, each)
        fold.publish({"identity": name, "stamps": list(stamps), "best_epoch": 0}, parts=SEALED)
    return run


def studied(
    rows: Mapping[str, Run | Sequence[Run] | None],
    *,
    paper: Paper | None = None,
    folder: Path | None = None,
    stamp: str = "",
    tables: Mapping[str, Mapping[str, object]] | None = None,
    raters: int = 0,
) -> Results:
    """A study with these rows; several runs of a row repeat, none is not there yet."""
    runs, made = {}, []
    for name, given in rows.items():
        several = [given] if isinstance(given, Run) else list(given or [])
        members = tuple(Member(f"{name}_{i}" if i else name, name) for i in range(max(len(several), 1)))
        runs |= {member.name: run for member, run in zip(members, several, strict=False)}
        made.append(Row(name, name.capitalize().replace("_", " "), members))
    study = Study("made", "Made by hand", "", tuple(made), {}, tables or {}, {}, {}, stamp, (), paper, raters)
    return results_of(study, runs, folder=folder)


def printed(study: str) -> Paper:
    """What the paper of that study prints."""
    node = OmegaConf.load(conf_dir() / "study" / "published" / f"{study}.yaml")
    return paper_from(study, OmegaConf.to_container(node))


def lines(table: object) -> list[list[str]]:
    """The cells of a table as a reader sees them."""
    return [[str(cell) for cell in row] for row in table.rows]  # type: ignore[attr-defined]
