"""Where did the network look? Grad-CAM at little more than the price of the prediction."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from xaimed.errors import ExplainError
from xaimed.explain.contract import Explanation, asked_targets, class_score, predicted_class
from xaimed.explain.untouched import untouched
from xaimed.models.network import Network


@dataclass(frozen=True)
class GradCAM:
    """Grad-CAM (Selvaraju et al. 2017): channels weighted by the mean gradient of the class score, summed, rectified.

    The graph begins at the explained layer, so everything before it costs a plain forward, and no parameter's gradient
    is ever computed: frozen or not, the same weights give the same map.
    """

    name: ClassVar[str] = "gradcam"

    def check(self, network: Network) -> None:
        """Explain one blank image, so that a layer that cannot be explained is found before training."""
        like = next(network.parameters())
        self(network, torch.zeros(1, 3, network.size, network.size, device=like.device))

    def __call__(self, network: Network, images: Tensor, targets: Tensor | None = None) -> Explanation:
        """Heatmaps of ``images``, for their predicted classes or for ``targets``."""
        with untouched(network):
            activation, features = body_from_explained_layer(network, images.float())
            with torch.enable_grad():
                logits = network.head(features)
            classes = predicted_class(logits) if targets is None else asked_targets(targets, logits)
            gradient = score_gradient(logits, classes, activation)
            heatmap = self.raw_map(network, activation, gradient)
        return Explanation(heatmap, classes, logits.detach(), asked=self._asked(network))

    def raw_map(self, network: Network, activation: Tensor, gradient: Tensor) -> Tensor:
        """The maps ``[B, h, w]`` of an activation whose class score has this gradient; the family differs in it."""
        return weighted_map(network, activation, channel_weights(network, gradient))

    def _asked(self, network: Network) -> dict[str, str | int | float]:
        options = {option.name: getattr(self, option.name) for option in fields(self)}
        return {"explainer": self.name, "layer": network.explained, **options}


def body_from_explained_layer(network: Network, images: Tensor) -> tuple[Tensor, Tensor]:
    """Run the body and return the explained activation and the feature vector, joined by a graph.

    The activation is a leaf; what leads to it is computed without a graph.
    """
    found: list[Tensor] = []

    def cut(layer: nn.Module, inputs: Any, output: Any) -> Tensor:
        if not isinstance(output, Tensor):
            raise ExplainError(f"the layer gives a {type(output).__name__}, not a tensor", where=network.explained)
        found[:] = [output.detach().requires_grad_()]
        torch.set_grad_enabled(True)  # until no_grad, below, is left
        return found[0].clone()  # what follows may work in place

    handle = network.explained_layer().register_forward_hook(cut)
    try:
        with torch.no_grad():
            features: Tensor = network.body(images)
    finally:
        handle.remove()
    if not found or not features.requires_grad:
        raise ExplainError("the features do not depend on the explained layer", where=network.explained)
    return found[0], features


def score_gradient(logits: Tensor, targets: Tensor, activation: Tensor) -> Tensor:
    """The gradient of each image's class score with respect to its activation."""
    with torch.enable_grad():
        return torch.autograd.grad(class_score(logits, targets).sum(), activation)[0]


def channel_weights(network: Network, gradient: Tensor) -> Tensor:
    """The weight of each channel ``[N, channels]``: its gradient's mean over the grid."""
    return on_grid(network, gradient).mean((2, 3))


def on_grid(network: Network, output: Tensor) -> Tensor:
    """The layer's output, or its gradient, as ``[N, channels, h, w]``; refused where it has no such form."""
    grid = network.grid(output)
    if grid.ndim != 4:
        raise ExplainError(
            f"the layer gives {list(grid.shape)}, not [images, channels, height, width]",
            where=network.explained,
            fix="Explain a layer that keeps the picture's grid, or give the network a to_grid.",
        )
    return grid


def weighted_map(network: Network, activation: Tensor, weights: Tensor) -> Tensor:
    """The rectified sum of channels ``[..., B, h, w]`` for weights ``[..., B, channels]``, a batch or several."""
    return torch.einsum("...bk,bkhw->...bhw", weights, network.grid(activation).detach()).relu()
