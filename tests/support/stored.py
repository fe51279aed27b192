"""Finished runs that nobody trained: predictions and facts on disk as a real run leaves them, and studies of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from xaimed.data.assignment import write_assignment
from xaimed.evaluation.predictions import Predictions, write_predictions
from xaimed.store.run import Run
from xaimed.store.writing import sha256_of, write_json
from xaimed.studies.published.reading import paper_from
from xaimed.studies.reproduction.results import Results, results_of
from xaimed.studies.reproduction.study import Member, Row, Study

CONFIG = {"dataset": {"_target_": "support.nowhere.Nothing"}, "loader": {"batch_size": 8}}


def stored_run(
    place: Path,
    folds: Sequence[Predictions],
    *,
    config: Mapping[str, Any] = CONFIG,
    samples: pd.DataFrame | None = None,
    roles: pd.DataFrame | None = None,
    model: Mapping[str, int] | None = None,
    seconds: Sequence[float] | None = None,
    chose: Predictions | None = None,
    stamps: Sequence[str] = (),
) -> Run:
    """A run of these folds.

    Args:
        place: its directory.
        folds: what was said in each.
        config: its configuration.
        samples: ``samples.csv``.
        roles: ``assignment.csv``.
        model: ``model.json``.
        seconds: of the epochs of every fold.
        chose: ``validation.csv`` of the first fold.
        stamps: what must be said of it.
    """
    facts = {
        "identity": place.name,
        "folds": list(range(len(folds))),
        "stamps": list(stamps),
        "note": "made by hand",
        "config": dict(config),
        "classes": list(folds[0].classes),
        "kind": folds[0].kind,
        "dataset": "made",
    }
    write_json_at(place / "run.json", facts)
    if samples is not None:
        samples.to_csv(place / "samples.csv", index=False)
    if roles is not None:
        write_assignment(place / "assignment.csv", roles)
    if model is not None:
        write_json(place / "model.json", dict(model))
    for i, table in enumerate(folds):
        fold = place / f"fold-{i}"
        fold.mkdir()
        write_predictions(fold / "predictions.csv", table)
        if chose is not None and i == 0:
            write_predictions(fold / "validation.csv", chose)
        if seconds is not None:
            write_json(fold / "timings.json", {"epoch_seconds": list(seconds)})
        sealed = {"predictions.csv": sha256_of(fold / "predictions.csv")}
        write_json(fold / "fold.json", {"identity": place.name, "sealed": sealed})
    return Run(place)


def write_json_at(file: Path, value: Any) -> None:
    """Write it, and the directories above it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_json(file, value)


def study_results(
    runs: Mapping[str, Run],
    *,
    published: Mapping[str, Any] | None = None,
    places: Mapping[str, Mapping[str, str]] | None = None,
    configs: Mapping[str, Mapping[str, Any]] | None = None,
    stamp: str = "",
    chosen: Mapping[str, str] | None = None,
) -> Results:
    """The results of a study with a row for every run; a name that ends with ``_nested`` is a nested one.

    Args:
        runs: by name.
        published: the paper, as a YAML would say it.
        places: by name, the options of the axes.
        configs: by name, what would be trained, of rows without a run as well.
        stamp: of a rehearsal.
        chosen: what the paper leaves blank.
    """
    names = [*runs, *(name for name in configs or {} if name not in runs)]
    members = {
        name: Member(name, name.replace("_", " "), (), (places or {}).get(name, {}), nested=name.endswith("_nested"))
        for name in names
    }
    rows = tuple(Row(name, member.label, (member,)) for name, member in members.items())
    paper = None if published is None else paper_from("made", published)
    study = Study("made", "Made", "", rows, {}, {}, {}, chosen or {}, stamp, (), paper)
    return results_of(study, runs, configs=configs or {})
