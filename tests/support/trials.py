"""A fold to put to the test, without training one: a network, the pictures it is asked about, and its maps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from xaimed.data.module import FoldData
from xaimed.data.phantoms.spine import SpinePhantom
from xaimed.data.preparation import Preparation
from xaimed.data.protocol import Split
from xaimed.evaluation.predictions import prediction_table
from xaimed.evaluation.trial import StoredMaps, Trial
from xaimed.explain.contract import Explainer, Explanation
from xaimed.models.network import Network


def trial_of(
    network: Network,
    explainers: Mapping[str, Explainer],
    *,
    count: int = 4,
    size: int = 32,
    separate_selection: bool = False,
) -> Trial:
    """A trial on spine phantoms, ``count`` of each class reported and as many chosen by.

    Args:
        network: three logits for the phantom's three classes.
        explainers: by the name of their directory; asked here.
        count: reported pictures of each class.
        size: side of the images.
        separate_selection: whether the rows that chose the checkpoint are others than the reported ones.
    """
    source = SpinePhantom(counts=[2 * count] * 3, size=size, seed=3)
    manifest = source.manifest()
    labels = np.array(manifest.labels)
    first = np.array([row for row in range(len(labels)) if (labels[:row] == labels[row]).sum() < count])
    others = np.setdiff1d(np.arange(len(labels)), first)
    split = Split(0, train=others, select=others if separate_selection else first, report=first)
    data = FoldData(manifest, split, Preparation(size, "imagenet"), None, batch_size=5, workers=0, seed=0)
    parts: dict[str, list[Explanation]] = {name: [] for name in explainers}
    logits = []
    for batch in data.predict_dataloader():
        with torch.no_grad():
            logits.append(network.eval()(batch["image"]))
        for name, explainer in explainers.items():
            parts[name].append(explainer(network, batch["image"]))
    scores = torch.cat(logits)
    frame = manifest.frame.iloc[first]
    predictions = prediction_table(
        manifest.task.kind.value,
        manifest.task.classes,
        sample_ids=list(frame["sample_id"]),
        groups=list(frame["group"]),
        fold=0,
        targets=labels[first],
        logits=scores.numpy(),
        probabilities=scores.softmax(1).numpy(),
    )
    maps = {name: _stored(explainers[name], found) for name, found in parts.items()}
    return Trial(network, data, predictions, maps, seed=0)


def _stored(explainer: Explainer, parts: list[Explanation]) -> StoredMaps:
    spread = [part.uncertainty for part in parts if part.uncertainty is not None]
    return StoredMaps(
        explainer,
        torch.cat([part.heatmap for part in parts]).numpy(),
        torch.cat([part.targets for part in parts]).numpy(),
        torch.cat(spread).numpy() if spread else None,
    )
