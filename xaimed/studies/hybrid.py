"""How does a fold become a hybrid? Its CNN is trained or taken from the run without one; then an SVM is fitted."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from xaimed.callbacks.progress import RunProgress
from xaimed.data.protocol import Split
from xaimed.data.randomness import seed_for
from xaimed.models.hybrid.chain import Chain
from xaimed.models.hybrid.network import HybridNetwork, seen_by_the_chain
from xaimed.store.fold import EPOCH_SECONDS, HISTORY, SVM, TIMINGS, WEIGHTS
from xaimed.store.writing import read_json, write_bytes
from xaimed.studies.parts import Parts
from xaimed.studies.plan import Plan
from xaimed.training.svm import SVM as Recipe


def check_hybrid(plan: Plan) -> None:
    """Refuse, before any CNN is trained, a hybrid that could not be fitted on it."""
    if plan.hybrid is None:
        return
    network = plan.start.network(plan.splits[0].fold)
    for split in plan.wanted:
        manifest = plan.labelled(split)
        plan.hybrid.check(network, manifest.task, manifest.groups[split.train], manifest.labels[split.train])


def trained_before(
    plan: Plan, split: Split, parts: Parts, folder: Path, progress: RunProgress
) -> dict[str, Any] | None:
    """Put the CNN that the run without a hybrid has trained for this fold into the module, where there is one."""
    if plan.cnn is None or not (trained := plan.cnn.fold(split.fold)).complete:
        return None
    trained.verify(plan.cnn.path.name.rsplit("-", 1)[-1])
    weights = torch.load(trained.path / WEIGHTS, weights_only=True, map_location="cpu")
    parts.module.network.load_state_dict(weights)
    write_bytes(folder / HISTORY, (trained.path / HISTORY).read_bytes())
    progress.say(f"fold {split.fold}: its CNN was trained in {plan.cnn.path.name}, nothing is trained again")
    timings = read_json(trained.path / TIMINGS)
    kept = {key: timings[key] for key in ("fit_seconds", "epochs", EPOCH_SECONDS, "best_epoch") if key in timings}
    return kept | {"cnn_trained_in": plan.cnn.path.name}


def fit_hybrid(plan: Plan, split: Split, parts: Parts, folder: Path, timings: dict[str, Any]) -> None:
    """Put the hybrid in the place of the module's trained CNN; its SVM is fitted on the training rows, once."""
    if plan.hybrid is None:
        return
    began = time.perf_counter()
    if not (folder / SVM).exists():
        _fit(plan, plan.hybrid, split, parts).save(folder / SVM)
    parts.module.network = HybridNetwork(parts.module.network, Chain.read(folder / SVM))
    timings["svm_seconds"] = time.perf_counter() - began


def _fit(plan: Plan, recipe: Recipe, split: Split, parts: Parts) -> Chain:
    cnn, preparation = parts.module.network, parts.data.preparation
    device = parts.trainer.strategy.root_device
    eyes = seen_by_the_chain(cnn, recipe.handcrafted, preparation.mean, preparation.std).to(device).eval()
    with torch.no_grad():
        rows = [eyes(batch["image"].to(device).float()).cpu().numpy() for batch in parts.data.fitting_dataloader()]
    return recipe.fit(
        np.concatenate(rows).astype(np.float64),
        parts.data.manifest.labels[split.train],
        plan.manifest.groups[split.train],
        task=plan.manifest.task,
        preparation=preparation,
        seed=seed_for(int(plan.config["seed"]), split.fold, "svm"),
    )
