"""Where does the network look, so that it can be trained to look elsewhere? Grad-CAM and integrated gradients at once.

The explainers of ``xaimed.explain`` cut the graph to be cheap; here it is kept, so that the maps can be differentiated
once more, with respect to the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from scipy.special import roots_jacobi
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.overrides import TorchFunctionMode

from xaimed.errors import ExplainError
from xaimed.explain.gradcam import channel_weights
from xaimed.explain.untouched import untouched
from xaimed.models.network import Network


class TwiceDifferentiable(TorchFunctionMode):
    """Torch has no second derivative of its hard sigmoid; the same function from other parts has."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call what was asked for, or its stand-in."""
        if func in (functional.hardsigmoid, torch._C._nn.hardsigmoid):
            return functional.relu6(args[0] + 3) / 6
        return func(*args, **(kwargs or {}))


@dataclass(frozen=True)
class Evidence:
    """What speaks for a score (positive) and against it (negative) in each cell of the explained layer's grid."""

    gradcam: Tensor
    """``[B, h, w]``: channels weighted by the mean gradient of the score and summed, not rectified."""
    integrated: Tensor
    """``[B, h, w]``: integrated gradients, signed, summed over colours and averaged over the pixels of a cell."""


def evidence(
    network: Network, images: Tensor, score: Callable[[Tensor], Tensor], steps: int, trainable: bool
) -> Evidence:
    """Both maps of ``images`` for ``score``, from one batch of ``steps`` forwards and one backward.

    The network is asked as it is asked after training: in evaluation mode (BatchNorm by its running statistics, which
    are not moved, so that no image is mixed with another; no dropout), without autocast, attention in its math form
    (the fused ones cannot be differentiated twice). It is left as it was found.

    The baseline of the integrated gradients is 0, which is the mean colour where images are normalised. The path is cut
    by Gauss-Radau quadrature, whose last point is the image itself; Grad-CAM is read off there and costs no forward.

    Args:
        network: the network.
        images: ``[B, 3, H, W]``.
        score: logits ``[N, outputs]`` to the score ``[N]`` whose evidence is asked, in groups of B images.
        steps: points of the path.
        trainable: keep the graph, so that the maps can be differentiated with respect to the weights.
    """
    with untouched(network, trainable), torch.enable_grad(), sdpa_kernel(SDPBackend.MATH), TwiceDifferentiable():
        images = images.to(next(network.parameters()).dtype)
        nodes, weights = (images.new_tensor(numbers).view(-1, 1, 1, 1, 1) for numbers in path(steps))
        points = (nodes * images).flatten(0, 1).requires_grad_()
        with _activation_of(network) as found:
            total = score(network(points)).sum()
        by_point, by_cell = _gradients(network, total, points, found, trainable)
        average = (weights * by_point.view(steps, *images.shape)).sum(0)
        own = slice(-len(images), None)
        channels = channel_weights(network, by_cell[own])
        gradcam = torch.einsum("bk,bkhw->bhw", channels, network.grid(found[-1][own]))
        integrated = pooled((average * images).sum(1), gradcam.shape[-2], gradcam.shape[-1])
        return Evidence(gradcam, integrated) if trainable else Evidence(gradcam.detach(), integrated.detach())


def pooled(maps: Tensor, height: int, width: int) -> Tensor:
    """Maps ``[B, H, W]`` averaged over the cells of a coarser grid."""
    return functional.adaptive_avg_pool2d(maps, (height, width))


@cache
def path(steps: int) -> tuple[list[float], list[float]]:
    """Points in (0, 1] and their weights, exact for polynomials up to degree ``2 * steps - 2``; the last point is 1.

    These are the Gauss-Radau rule's: its inner points are the roots of the Jacobi polynomial for the weight 1 - x.
    """
    inner, shares = roots_jacobi(steps - 1, 1, 0) if steps > 1 else (np.empty(0), np.empty(0))
    return [*((inner + 1) / 2).tolist(), 1.0], [*(shares / (1 - inner) / 2).tolist(), 1 / steps**2]


@contextmanager
def _activation_of(network: Network) -> Iterator[list[Tensor]]:
    """Inside the block, what the explained layer gives is noted, with its graph."""
    found: list[Tensor] = []

    def note(layer: nn.Module, inputs: Any, output: Any) -> Tensor:
        if not isinstance(output, Tensor):
            raise ExplainError(f"the layer gives a {type(output).__name__}, not a tensor", where=network.explained)
        found[:] = [output]
        return output.clone()  # what follows may work in place

    handle = network.explained_layer().register_forward_hook(note)
    try:
        yield found
    finally:
        handle.remove()


def _gradients(
    network: Network, total: Tensor, points: Tensor, found: list[Tensor], trainable: bool
) -> tuple[Tensor, Tensor]:
    by_point, *by_cell = torch.autograd.grad(total, [points, *found], create_graph=trainable, allow_unused=True)
    if not by_cell or by_cell[0] is None or by_point is None:
        raise ExplainError("the logits do not depend on the explained layer", where=network.explained)
    return by_point, by_cell[0]
