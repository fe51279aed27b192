"""What is a CNN-SVM hybrid? A network whose body also measures, and whose head is a fitted SVM."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from xaimed.errors import ConfigError
from xaimed.models.hybrid.chain import Chain
from xaimed.models.hybrid.handcrafted import Handcrafted
from xaimed.models.hybrid.layers import Affine, Calibrated, OnDeepPart, decision_layer
from xaimed.models.network import Network


class JoinedBody(nn.Module):
    """A CNN's body, and beside it the handcrafted features of the same picture; only the first has gradients."""

    def __init__(self, deep: nn.Module, handcrafted: Handcrafted, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.deep, self.handcrafted = deep, handcrafted
        self.mean, self.std = torch.tensor(mean)[:, None, None], torch.tensor(std)[:, None, None]

    def forward(self, images: Tensor) -> Tensor:
        """``[B, the body's features + the handcrafted ones]``."""
        return torch.cat([self.deep(images), self.measured(images)], 1)

    def measured(self, images: Tensor) -> Tensor:
        """The handcrafted features ``[B, width]`` of the pictures as they were before normalisation."""
        pictures = images.detach().cpu().float() * self.std + self.mean
        return self.handcrafted(pictures).to(images.device)


class HybridNetwork(Network):
    """A trained CNN whose last dense layer has given way to a fitted chain.

    The body gives the CNN's features and the handcrafted ones of the picture it sees. The head keeps the CNN's dense
    layers up to the last, dropout included, and goes on with standardisation, projection, SVM and calibration: what
    explains a network explains the hybrid, through its CNN branch. The handcrafted branch has no map; how much of a
    decision is its own, ``xaimed.explain.branches`` says. The SVM was fitted without dropout: with MC dropout an RBF
    kernel may find the sampled features far from everything it knows, and its maps vanish.

    Args:
        cnn: the trained network; its modules are shared, not copied.
        chain: what was fitted on its features.
    """

    def __init__(self, cnn: Network, chain: Chain) -> None:
        layers, width = deep_layers(cnn)
        if width != chain.deep_width:
            raise ConfigError(f"the SVM was fitted on {chain.deep_width} deep features; this network gives {width}")
        arrays = chain.arrays
        steps: OrderedDict[str, nn.Module] = OrderedDict(deep=OnDeepPart(layers, cnn.feature_width))
        steps["standardise"] = Affine(arrays["mean"], scale=arrays["scale"])
        if chain.projects:
            steps["project"] = Affine(arrays["projection.mean"], components=arrays["projection.components"])
        steps["svm"] = decision_layer(chain)
        steps["calibrate"] = Calibrated(arrays["calibration.slope"], arrays["calibration.offset"])
        super().__init__(
            JoinedBody(cnn.body, chain.handcrafted, chain.pixel_mean, chain.pixel_std),
            nn.Sequential(steps),
            explained=f"deep.{cnn.explained}",
            feature_width=cnn.feature_width + chain.handcrafted.width,
            input_size=cnn.input_size,
            to_grid=cnn.to_grid,
        )
        self.deep_width = width

    def seen(self, features: Tensor) -> Tensor:
        """What the chain sees: the CNN's last features, then the handcrafted ones."""
        return cast(Tensor, self.head.get_submodule("deep")(features))

    def decisions(self, seen: Tensor) -> Tensor:
        """The SVM's decision values ``[B, K]`` for what it sees, before calibration."""
        return cast(Tensor, self.head[1:-1](seen))

    def typical(self) -> Tensor:
        """The mean of what the chain saw in training, ``[width]``."""
        return cast(Tensor, self.head.get_submodule("standardise").mean)


def deep_layers(cnn: Network) -> tuple[nn.Sequential, int]:
    """The head without its last dense layer, and how many features that layer reads."""
    last = cnn.head[-1] if len(cnn.head) else None
    if not isinstance(last, nn.Linear):
        raise ConfigError(
            f"the network's head ends in a {type(last).__name__}, not in a dense layer whose place an SVM could take",
            where="hybrid",
            fix="Take another backbone, or hybrid=null.",
        )
    return cnn.head[:-1], last.in_features


def seen_by_the_chain(
    cnn: Network, handcrafted: Handcrafted, mean: Sequence[float], std: Sequence[float]
) -> nn.Sequential:
    """Images to what a chain is fitted on, by the very modules that run in the fitted hybrid."""
    layers, _ = deep_layers(cnn)
    return nn.Sequential(JoinedBody(cnn.body, handcrafted, mean, std), OnDeepPart(layers, cnn.feature_width))
