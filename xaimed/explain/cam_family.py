"""Where else does the gradient point? Grad-CAM's relatives that weigh the same activation by the same gradient.

Each costs what Grad-CAM costs: one forward, and a backward that ends at the explained layer. They are written out here
and tested against the grad-cam package, which would run a whole backward, take the maps through NumPy and scale every
one to 0..1, so that no two could be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaimed.errors import ConfigError
from xaimed.explain.gradcam import GradCAM, on_grid, weighted_map
from xaimed.models.network import Network


@dataclass(frozen=True)
class GradCAMPlusPlus(GradCAM):
    """Grad-CAM++ (Chattopadhay et al. 2018): cells that raise the score, so weighted that small areas count too.

    A channel's weight is Σ α·ReLU(g), g its gradient at a cell and α = g² / (2g² + g³·ΣA), ΣA the channel's sum: the
    paper's closed form for the exponential of the score. It is meant for activations that are not negative.

    Args:
        epsilon: added to the denominator of α. The grad-cam package adds 1e-6, which under global pooling is more than
            g² and turns the weights into Σ g³; 0 is the paper.
    """

    name: ClassVar[str] = "gradcam_plusplus"
    epsilon: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a denominator that could be negative."""
        if self.epsilon < 0:
            raise ConfigError(f"{self.epsilon} is negative", where="gradcam_plusplus.epsilon", fix="0 is the paper's.")

    def raw_map(self, network: Network, activation: Tensor, gradient: Tensor) -> Tensor:
        """Channels weighted by their rising cells."""
        total = on_grid(network, activation).detach().sum((2, 3), keepdim=True)
        rising = on_grid(network, gradient).relu()
        # α·g with g² cancelled, which would underflow
        extra = self.epsilon / rising.square().clamp_min(torch.finfo(rising.dtype).tiny)
        return weighted_map(network, activation, (rising / (2 + total * rising + extra)).sum((2, 3)))


@dataclass(frozen=True)
class XGradCAM(GradCAM):
    """XGrad-CAM (Fu et al. 2020): a channel's weight is the mean of its gradient by where the channel is active."""

    name: ClassVar[str] = "xgradcam"

    def raw_map(self, network: Network, activation: Tensor, gradient: Tensor) -> Tensor:
        """Channels weighted by Σ g·A / ΣA; a channel that is zero everywhere has no weight."""
        seen, pull = on_grid(network, activation).detach(), on_grid(network, gradient)
        total = seen.sum((2, 3))
        weights = (pull * seen).sum((2, 3)) / total.where(total != 0, 1)
        return weighted_map(network, activation, weights)


@dataclass(frozen=True)
class HiResCAM(GradCAM):
    """HiResCAM (Draelos and Carin 2020): every cell by its own gradient, so that it shows only what the score used."""

    name: ClassVar[str] = "hirescam"

    def raw_map(self, network: Network, activation: Tensor, gradient: Tensor) -> Tensor:
        """The rectified sum over channels of gradient times activation."""
        seen, pull = on_grid(network, activation).detach(), on_grid(network, gradient)
        return torch.einsum("bkhw,bkhw->bhw", pull, seen).relu()


@dataclass(frozen=True)
class LayerCAM(GradCAM):
    """LayerCAM (Jiang et al. 2021): every cell by its own gradient where that is positive; fit for earlier layers."""

    name: ClassVar[str] = "layercam"

    def raw_map(self, network: Network, activation: Tensor, gradient: Tensor) -> Tensor:
        """The rectified sum over channels of the positive gradient times activation."""
        seen, pull = on_grid(network, activation).detach(), on_grid(network, gradient)
        return torch.einsum("bkhw,bkhw->bhw", pull.relu(), seen).relu()
