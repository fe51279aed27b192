"""A finished run on the disk, written and not trained: predictions, maps, epochs, and the pictures it was shown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from xaimed.config.identity import identity_hash
from xaimed.evaluation.predictions import prediction_table, write_predictions
from xaimed.store.run import Run
from xaimed.studies.reproduction.results import Results, results_of
from xaimed.studies.reproduction.study import Member, Row, Study

NODES = {name: {"_target_": f"xaimed.explain.{name}.none"} for name in ("gradcam", "mc_gradcam", "lime")}
TASKS = {"multiclass": ("Normal", "Scoliosis", "Slip"), "binary": ("NORMAL", "PNEUMONIA")}


def dataset(folder: Path, truth: Sequence[int], classes: Sequence[str], kind: str) -> dict:
    """The configuration of a dataset with a grey picture for each label, sample ``s0``, ``s1`` and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, label in enumerate(truth):
        Image.fromarray(np.full((16, 16), 40 * label + i, dtype=np.uint8)).save(folder / f"s{i}.png")
    rows = {"path": [f"s{i}.png" for i in range(len(truth))], "label": [classes[label] for label in truth]}
    pd.DataFrame({"sample_id": [f"s{i}" for i in range(len(truth))], **rows}).to_csv(folder / "t.csv", index=False)
    file, task = str(folder / "t.csv"), {"task": kind, "classes": list(classes)}
    return {"_target_": "xaimed.data.sources.table.Table", "file": file, "name": "made", **task}


def finished_run(
    path: Path,
    data: Mapping[str, object],
    chances: Sequence[Sequence[float]],
    truth: Sequence[int],
    *,
    explainers: Sequence[str] = ("gradcam",),
    kind: str = "multiclass",
    classes: Sequence[str] = TASKS["multiclass"],
    folds: int = 2,
    epochs: int = 3,
) -> Run:
    """A run over ``folds`` folds, sample i in fold i mod folds; its maps say whose they are: 100 i + explainer + 1."""
    config = {
        "dataset": dict(data),
        "image": {"_target_": "xaimed.data.preparation.Preparation", "size": 16, "normalization": "unit"},
        "explainer": {name: NODES[name] for name in explainers},
    }
    run = Run(path)
    run.describe(
        {
            "identity": path.name,
            "folds": list(range(folds)),
            "stamps": [],
            "note": "as made",
            "config": config,
            "dataset": "made",
            "kind": kind,
            "classes": list(classes),
        }
    )
    chance, label = np.asarray(chances, dtype=float), np.asarray(truth)
    for index in range(folds):
        fold, mine = run.fold(index), np.arange(len(label)) % folds == index
        names = [f"s{i}" for i in np.flatnonzero(mine)]
        with fold.being_made() as folder:
            table = prediction_table(
                kind,
                classes,
                sample_ids=names,
                groups=names,
                fold=index,
                targets=label[mine],
                logits=np.log(chance[mine])[:, 1:] if kind == "binary" else np.log(chance[mine]),
                probabilities=chance[mine],
            )
            write_predictions(folder / "predictions.csv", table)
            _write_epochs(folder, epochs + index)
            for number, name in enumerate(explainers):
                _write_maps(folder, name, number, np.flatnonzero(mine), chance[mine].argmax(1))
            fold.publish({"identity": path.name, "best_epoch": 2, "stamps": []}, parts=["predictions.csv"])
    return run


def _write_epochs(folder: Path, epochs: int) -> None:
    epoch = np.arange(1, epochs + 1)
    columns = {f"{phase}/{name}": 1 / epoch for phase in ("train", "val") for name in ("loss", "accuracy")}
    pd.DataFrame({"epoch": epoch, **columns}).to_csv(folder / "history.csv", index=False)


def _write_maps(folder: Path, name: str, number: int, samples: np.ndarray, targets: np.ndarray) -> None:
    place = folder / "explanations" / f"{name}-{identity_hash(NODES[name])[:6]}"
    place.mkdir(parents=True)
    maps = np.zeros((len(samples), 2, 2), dtype=np.float32)
    maps[:, 0, 0] = 100 * samples + number + 1
    more = {}
    if name == "mc_gradcam":
        more = {"certainty_weighted": maps / 2, "uncertainty": maps / 4}
        more["predictive_entropy"] = np.full(len(samples), 0.25, dtype=np.float32)
    ids = np.array([f"s{i}" for i in samples])
    np.savez_compressed(place / "maps.npz", sample_id=ids, targets=targets, heatmap=maps, **more)
    (place / "asked.json").write_text(json.dumps({"explainer": name}))


def study_results(runs: Mapping[str, Sequence[Run | None]], *, stamp: str = "", paper: object = None) -> Results:
    """What a study of these rows has to show; a run that is None was never begun."""
    rows, there = [], {}
    for name, made in runs.items():
        members = tuple(Member(f"{name}_{i}", name) for i in range(len(made)))
        rows.append(Row(name, name, members))
        there.update({member.name: run for member, run in zip(members, made, strict=True) if run})
    study = Study("s", "S", "", tuple(rows), {}, {}, {}, {}, stamp, (), paper)
    return results_of(study, there)
