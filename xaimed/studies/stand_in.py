"""Where do weights come from when there are none? From the same backbone, trained briefly on another phantom.

Stand-in weights are for demos, tests and rehearsals: they let every strategy run offline. They are no ImageNet weights,
and whatever is made from them is stamped.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from xaimed.config.identity import identity_hash
from xaimed.config.targets import instantiate
from xaimed.data.dataset import ManifestDataset
from xaimed.data.phantoms.patterns import PatternsPhantom
from xaimed.data.preparation import Preparation
from xaimed.data.randomness import seeded
from xaimed.models.network import Network
from xaimed.models.weights import read_state
from xaimed.store.cache import cache_root, publish_directory

STAND_IN = "stand_in"
STAMP = "stand-in weights"
RECIPE = {"size": 64, "epochs": 6, "batch": 32, "lr": 1e-3, "version": 1}


def stand_in_state(backbone: dict[str, Any]) -> tuple[dict[str, Tensor], Path]:
    """The stand-in weights of a backbone, and the file they lie in; trained on the first call, cached after that."""
    architecture = {key: value for key, value in backbone.items() if key not in ("weights", "checksum", "size")}
    folder = cache_root() / "stand_in" / identity_hash({"backbone": architecture, "recipe": RECIPE})
    if "size" in backbone:  # what is built for one size is trained at that of the recipe, and adapted
        architecture["size"] = RECIPE["size"]
    publish_directory(folder, lambda aside: _train(architecture, RECIPE, aside / "weights.pt"))
    file = folder / "weights.pt"
    return read_state(file), file


def _train(architecture: dict[str, Any], recipe: dict[str, Any], file: Path) -> None:
    manifest = PatternsPhantom(size=recipe["size"]).manifest()
    with seeded("stand-in", "initial"):
        network: Network = instantiate(architecture, outputs=manifest.task.outputs, pretrained=False)
    rows = np.arange(len(manifest))
    preparation = Preparation(max(recipe["size"], network.smallest), "imagenet")
    dataset = ManifestDataset(manifest, rows, preparation, seed=0, fold=0)
    samples = [dataset[position] for position in range(len(dataset))]
    images = torch.stack([sample["image"] for sample in samples])
    targets = torch.stack([sample["target"] for sample in samples])
    _fit(network, images, targets, recipe)
    torch.save(network.state_dict(), file)


def _fit(network: Network, images: Tensor, targets: Tensor, recipe: dict[str, Any]) -> None:
    optimizer = torch.optim.AdamW(network.parameters(), lr=recipe["lr"])
    network.train()
    for epoch in range(recipe["epochs"]):
        with seeded("stand-in", epoch):
            order = torch.randperm(len(images))
            for batch in torch.split(order, recipe["batch"]):
                if len(batch) > 1:
                    optimizer.zero_grad(set_to_none=True)
                    loss = functional.cross_entropy(network(images[batch]), targets[batch])
                    torch.autograd.backward(loss)
                    optimizer.step()
