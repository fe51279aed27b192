"""How is one fold made? Trained or taken up where it was cut off, judged, explained, sealed."""

from __future__ import annotations

import pickle
import shutil
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import torch
import yaml

from xaimed.callbacks.checkpoints import BEST, RESUME
from xaimed.callbacks.progress import RunProgress
from xaimed.config.many import many
from xaimed.config.targets import instantiate
from xaimed.data.protocol import Split
from xaimed.errors import WeightsError
from xaimed.evaluation.metrics import fold_metrics
from xaimed.evaluation.predictions import Predictions
from xaimed.evaluation.reading import read_predictions
from xaimed.reporting.tables import to_csv
from xaimed.store.fold import (
    CONFIG,
    EPOCH_SECONDS,
    FAILURE,
    HISTORY,
    IMBALANCE,
    PREDICTIONS,
    QUARANTINE,
    SPLIT,
    TIMINGS,
    WEIGHTS,
)
from xaimed.store.writing import read_json, write_bytes, write_json, write_text
from xaimed.studies.environment import environment
from xaimed.studies.finished import data_as_then, trained_module
from xaimed.studies.fold_pictures import show_fold
from xaimed.studies.hybrid import fit_hybrid, trained_before
from xaimed.studies.imbalance import imbalance_table
from xaimed.studies.normalization import write_normalization
from xaimed.studies.parts import Parts, afterwards, closed_at_the_end, parts_of
from xaimed.studies.plan import Plan
from xaimed.studies.selection import predict_selection
from xaimed.training.classifier import Classifier

FITTED = "fitted.json"


def make_fold(plan: Plan, split: Split, progress: RunProgress) -> None:
    """Make one fold, or go on with it, and publish it."""
    fold = plan.run.fold(split.fold)
    with fold.being_made() as folder:
        if fold.complete:  # another process has just finished it
            shutil.rmtree(folder)
            return
        (folder / FAILURE).unlink(missing_ok=True)
        progress.fold_started(split.fold, "taken up where it was cut off" if (folder / RESUME).exists() else "")
        parts = parts_of(plan, split, folder, progress)
        with closed_at_the_end(parts.trainer):
            _write_inputs(plan, split, folder, parts)
            timings = trained_before(plan, split, parts, folder, progress) or _fit(parts, folder)
            _write_weights(parts.module, folder)
            fit_hybrid(plan, split, parts, folder, timings)
            predict_selection(plan, split, parts, folder)
            _predict_and_explain(parts, timings)
            predictions = read_predictions(folder / PREDICTIONS)
            values, _ = fold_metrics(predictions)
            _write_results(plan, parts, predictions, values, folder)
            write_json(folder / TIMINGS, timings)
        for name in (RESUME, BEST, FITTED):
            (folder / name).unlink(missing_ok=True)
        fold.publish(
            {
                "identity": plan.identity,
                "stamps": list(plan.stamps),
                "samples": len(predictions),
                "epochs": timings["epochs"],
                "best_epoch": timings["best_epoch"],
            }
        )
        progress.fold_done(
            split.fold, f"done, accuracy {values['accuracy']:.3f} on {many(len(predictions), 'picture')}"
        )


def finish_again(plan: Plan, split: Split) -> bool:
    """Explain and evaluate a finished fold as is asked for now; nothing is trained. False if all is there already."""
    fold = plan.run.fold(split.fold)
    missing = [step for step in afterwards(plan) if not step.is_done(fold.path)]
    if not missing:
        return False
    module, data = trained_module(plan, split, fold.path), data_as_then(plan, split, fold.path)
    trainer = instantiate(plan.config["trainer"], folder=fold.path, callbacks=missing, loggers=[])
    trainer.predict(module, datamodule=data, return_predictions=False)
    return True


def _fit(parts: Parts, folder: Path) -> dict[str, Any]:
    """Train to the end, from the last resume point if there is one; leave the best epoch's weights in the module."""
    resume, fitted = folder / RESUME, folder / FITTED
    if not fitted.exists():
        began = time.perf_counter()
        if resume.exists():
            _check_resume_point(resume, parts.module)
        try:
            parts.trainer.fit(
                parts.module, datamodule=parts.data, ckpt_path=resume if resume.exists() else None, weights_only=True
            )
        except SystemExit as stop:  # Lightning's way of ending after Ctrl-C
            raise KeyboardInterrupt from stop
        _write_history(parts.module, folder)
        spent, epochs = time.perf_counter() - began, len(parts.module.history)
        write_json(fitted, {"fit_seconds": spent, "epochs": epochs, EPOCH_SECONDS: parts.clock.seconds})
    best = folder / BEST
    chosen = torch.load(best if best.exists() else resume, weights_only=True, map_location="cpu")
    parts.module.load_state_dict(chosen["state_dict"])
    return dict(read_json(fitted)) | {"best_epoch": int(chosen["epoch"]) + 1}


def _check_resume_point(file: Path, module: Classifier) -> None:
    """Refuse a checkpoint that is damaged, somebody else's, or of another network; loading it runs nothing."""
    try:
        content = torch.load(file, weights_only=True, map_location="cpu")
        found, expected = content["state_dict"], module.state_dict()
        fits = "xaimed" in content and {k: v.shape for k, v in found.items()} == {
            k: v.shape for k, v in expected.items()
        }
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, TypeError, AttributeError):
        fits = False
    if not fits:
        raise WeightsError(
            "this checkpoint is damaged, or not one of this fold",
            where=file,
            fix=f"Remove {file.parent.name} to begin the fold anew.",
        )


def _predict_and_explain(parts: Parts, timings: dict[str, Any]) -> None:
    began = time.perf_counter()
    parts.trainer.predict(parts.module, datamodule=parts.data, return_predictions=False)
    timings["predict_and_explain_seconds"] = time.perf_counter() - began


def _write_inputs(plan: Plan, split: Split, folder: Path, parts: Parts) -> None:
    write_text(folder / CONFIG, yaml.safe_dump(plan.config, sort_keys=True, allow_unicode=True))
    write_text(folder / SPLIT, split.table(plan.manifest).to_csv(index=False, lineterminator="\n"))
    write_text(folder / QUARANTINE, plan.quarantined.to_csv(index=False, lineterminator="\n"))
    if table := imbalance_table(plan, split):
        write_text(folder / IMBALANCE, to_csv(table))
    write_normalization(parts.data.preparation, folder)
    write_json(folder / "environment.json", environment(parts.trainer))


def _write_history(module: Classifier, folder: Path) -> None:
    write_text(folder / HISTORY, pd.DataFrame(module.history).to_csv(index=False, lineterminator="\n"))


def _write_weights(module: Classifier, folder: Path) -> None:
    content = BytesIO()
    torch.save({name: value.cpu() for name, value in module.network.state_dict().items()}, content)
    write_bytes(folder / WEIGHTS, content.getvalue())


def _write_results(plan: Plan, parts: Parts, predictions: Predictions, values: dict[str, float], folder: Path) -> None:
    write_json(folder / "metrics.json", values)
    show_fold(parts.trainer, predictions, plan.manifest.name, ", ".join(plan.stamps) or None)
