"""What did a finished fold learn, and what was it shown? Its network and its data, as they were."""

from __future__ import annotations

from pathlib import Path

import torch

from xaimed.data.module import FoldData
from xaimed.data.protocol import Split
from xaimed.models.hybrid.chain import Chain
from xaimed.models.hybrid.network import HybridNetwork
from xaimed.store.fold import SVM, WEIGHTS
from xaimed.studies.normalization import preparation_of_fold
from xaimed.studies.parts import data_of, module_of
from xaimed.studies.plan import Plan
from xaimed.training.classifier import Classifier


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
