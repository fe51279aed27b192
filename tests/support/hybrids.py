"""A hybrid fitted on pictures that differ by class, small enough for a test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from support.tiny import tiny_network
from xaimed.data.preparation import Preparation
from xaimed.data.task import Kind, Task
from xaimed.models.hybrid.chain import Chain
from xaimed.models.hybrid.handcrafted import Handcrafted
from xaimed.models.hybrid.network import HybridNetwork, seen_by_the_chain
from xaimed.models.network import Network
from xaimed.training.svm import SVM

PREPARATION = Preparation(16, "imagenet")
MEASURES = Handcrafted(families=("lbp", "intensity"), size=16, hog_cell=8)


@dataclass
class Fitted:
    """Everything that went into a hybrid, and the hybrid."""

    recipe: SVM
    task: Task
    cnn: Network
    images: torch.Tensor
    targets: np.ndarray
    groups: np.ndarray
    seen: np.ndarray
    chain: Chain
    network: HybridNetwork


def fitted(classes: int = 3, each: int = 10, seed: int = 0, **options: object) -> Fitted:
    """Pictures ``[n, 3, 16, 16]`` of noise whose brightness and texture depend on their class, and a hybrid of them."""
    task = Task(Kind.BINARY if classes == 2 else Kind.MULTICLASS, tuple("abcd"[:classes]))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        cnn = tiny_network(task.outputs, False).eval()
        targets = torch.arange(classes).repeat_interleave(each)
        noise = torch.rand(len(targets), 1, 16, 16) * (0.2 + 0.15 * targets[:, None, None, None])
        pictures = (noise + 0.08 * targets[:, None, None, None]).clamp(0, 1).expand(-1, 3, -1, -1)
    mean, std = (torch.tensor(values)[:, None, None] for values in (PREPARATION.mean, PREPARATION.std))
    images = ((pictures * 255).round() / 255 - mean) / std
    recipe = SVM(handcrafted=MEASURES, inner_folds=3, **options)
    with torch.no_grad():
        eyes = seen_by_the_chain(cnn, MEASURES, PREPARATION.mean, PREPARATION.std)
        seen = eyes(images).double().numpy()
    groups = np.array([f"patient {i // 2}" for i in range(len(targets))])
    labels = targets.numpy()
    chain = recipe.fit(seen, labels, groups, task=task, preparation=PREPARATION, seed=1)
    return Fitted(recipe, task, cnn, images, labels, groups, seen, chain, HybridNetwork(cnn, chain).eval())
