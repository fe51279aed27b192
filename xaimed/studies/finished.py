"""What did a finished fold learn, and what was it shown? Its network and its data, as they were."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from xaimed.data.module import FoldData
from xaimed.data.protocol import Split
from xaimed.errors import StoreError
from xaimed.models.hybrid.chain import Chain
from xaimed.models.hybrid.network import HybridNetwork
from xaimed.store.fold import SVM, WEIGHTS
from xaimed.store.run import Run
from xaimed.studies.normalization import preparation_of_fold
from xaimed.studies.parts import data_of, module_of
from xaimed.studies.plan import Plan, make_plan
from xaimed.training.classifier import Classifier


def plan_as_then(run: Run, fix: str, **changes: Any) -> Plan:
    """The plan of a run that was made before; refused where its data or weights are no longer those of its folds.

    Args:
        run: where it lies, be it elsewhere than it was made.
        fix: what to do where it is refused.
        changes: groups of the configuration that decide nothing, such as other explainers.
    """
    facts = run.facts()
    if "members" in facts.get("config", {}):
        raise StoreError(
            "this is an ensemble, which has no network of its own", where=run.path, fix="Name its members."
        )
    plan = make_plan({**facts["config"], "audit": False, **changes})
    if plan.identity != facts["identity"]:
        raise StoreError("this run's data or weights have changed since it was made", where=run.path, fix=fix)
    return replace(plan, run=run)


def trained_module(plan: Plan, split: Split, folder: Path) -> Classifier:
    """The network of the fold that lies finished in ``folder``, a hybrid with its SVM."""
    module = module_of(plan, split)
    module.network.load_state_dict(torch.load(folder / WEIGHTS, weights_only=True, map_location="cpu"))
    if plan.hybrid:
        module.network = HybridNetwork(module.network, Chain.read(folder / SVM))
    return module


def data_as_then(plan: Plan, split: Split, folder: Path) -> FoldData:
    """The data of that fold, normalised by the numbers it was trained with."""
    return data_of(plan, split, preparation_of_fold(plan, split, folder))


def explaining_device(plan: Plan) -> torch.device:
    """Where a finished network is explained: on the GPU, if there is one and the trainer is not told otherwise."""
    alone = str(plan.config["trainer"].get("accelerator")) == "cpu"
    return torch.device("cuda" if torch.cuda.is_available() and not alone else "cpu")
