"""How does a fitted chain run in torch? Each step as a layer with the numbers that scikit-learn found."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from xaimed.models.hybrid.chain import Chain, Floats


class OnDeepPart(nn.Module):
    """Layers applied to the first ``width`` entries of a vector; the others pass as they are."""

    def __init__(self, layers: nn.Sequential, width: int) -> None:
        super().__init__()
        self.layers, self.width = layers, width

    def forward(self, joint: Tensor) -> Tensor:
        """``[B, width + others]`` to ``[B, whatever the layers give + others]``."""
        # A copy, for layers may work in place.
        return torch.cat([self.layers(joint[:, : self.width].clone()), joint[:, self.width :]], 1)


class Affine(nn.Module):
    """``(x - mean) / scale`` and ``(x - mean) @ componentsᵀ``, whichever is given, in double precision."""

    def __init__(self, mean: Floats, *, scale: Floats | None = None, components: Floats | None = None) -> None:
        super().__init__()
        self.mean: Tensor
        self.scale: Tensor | None
        self.components: Tensor | None
        self.register_buffer("mean", torch.from_numpy(mean.copy()))
        self.register_buffer("scale", None if scale is None else torch.from_numpy(scale.copy()))
        self.register_buffer("components", None if components is None else torch.from_numpy(components.copy()))

    def forward(self, vectors: Tensor) -> Tensor:
        """Standardised, or projected."""
        centred = vectors.to(self.mean.dtype) - self.mean
        if self.scale is not None:
            centred = centred / self.scale
        return centred if self.components is None else centred @ self.components.T


class LinearDecision(nn.Module):
    """The decision values of linear SVMs, one against the rest."""

    def __init__(self, weights: Floats, intercept: Floats) -> None:
        super().__init__()
        self.weights: Tensor
        self.intercept: Tensor
        self.register_buffer("weights", torch.from_numpy(weights.copy()))
        self.register_buffer("intercept", torch.from_numpy(intercept.copy()))

    def forward(self, vectors: Tensor) -> Tensor:
        """``[B, p]`` to ``[B, K]``."""
        return vectors @ self.weights.T + self.intercept


class RBFDecision(nn.Module):
    """The decision values of SVMs with kernel ``exp(-γ‖x - v‖²)``, one against the rest, over shared vectors."""

    def __init__(self, vectors: Floats, dual: Floats, gamma: float, intercept: Floats) -> None:
        super().__init__()
        self.gamma = gamma
        self.vectors: Tensor
        self.dual: Tensor
        self.intercept: Tensor
        self.register_buffer("vectors", torch.from_numpy(vectors.copy()))
        self.register_buffer("dual", torch.from_numpy(dual.copy()))
        self.register_buffer("intercept", torch.from_numpy(intercept.copy()))

    def forward(self, vectors: Tensor) -> Tensor:
        """``[B, p]`` to ``[B, K]``."""
        squares = vectors.square().sum(1)[:, None] + self.vectors.square().sum(1) - 2 * vectors @ self.vectors.T
        return (-self.gamma * squares.clamp_min(0)).exp() @ self.dual.T + self.intercept


class Calibrated(nn.Module):
    """Platt's sigmoids as logits: what softmax (several classes) or a sigmoid (two) turns into the probabilities.

    The probability of one against the rest is ``σ(z), z = -(slope·f + offset)``. For two classes the logit is z. For
    more, probabilities are divided by their sum, so that the logits are ``log σ(z)``. The result is float32.
    """

    def __init__(self, slope: Floats, offset: Floats) -> None:
        super().__init__()
        self.slope: Tensor
        self.offset: Tensor
        self.register_buffer("slope", torch.from_numpy(slope.copy()))
        self.register_buffer("offset", torch.from_numpy(offset.copy()))

    def forward(self, decisions: Tensor) -> Tensor:
        """``[B, K]`` to logits ``[B, K]``."""
        logits = -(self.slope * decisions + self.offset)
        return (logits if logits.shape[1] == 1 else functional.logsigmoid(logits)).float()


def decision_layer(chain: Chain) -> nn.Module:
    """The chain's SVM."""
    arrays = chain.arrays
    if chain.kernel == "linear":
        return LinearDecision(arrays["svm.weights"], arrays["svm.intercept"])
    gamma = float(arrays["svm.gamma"])
    return RBFDecision(arrays["svm.vectors"], arrays["svm.dual"], gamma, arrays["svm.intercept"])
