"""What is an explanation? Raw maps on the layer's own grid, the class they speak of, and what was asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from xaimed.errors import ExplainError
from xaimed.models.network import Network


@dataclass(frozen=True)
class Explanation:
    """Where a network looked in each of B images. Nothing is normalised or resized before it is drawn."""

    heatmap: Tensor
    """``[B, h, w]`` float32, raw."""
    targets: Tensor
    """``[B]`` int64, the class whose evidence the heatmap shows."""
    logits: Tensor
    """``[B, outputs]``, the network's own, with dropout off."""
    uncertainty: Tensor | None = None
    """``[B, h, w]`` float32, the spread of the heatmap, where the explainer has one."""
    extra: dict[str, Tensor] = field(default_factory=dict)
    """What only this explainer gives, by name."""
    asked: dict[str, str | int | float] = field(default_factory=dict)
    """Explainer, layer, passes, seed: enough to ask the same again."""


class Explainer(Protocol):
    """Anything that says where a network looked, and leaves the network as it found it."""

    @property
    def name(self) -> str:
        """How files and panels call it."""
        ...

    def check(self, network: Network) -> None:
        """Raise ``ExplainError`` if this network cannot be explained; asked before training starts."""
        ...

    def __call__(self, network: Network, images: Tensor, targets: Tensor | None = None) -> Explanation:
        """Explain ``images``, for their predicted classes or for ``targets``."""
        ...


def class_score(logits: Tensor, targets: Tensor) -> Tensor:
    """The score ``[B]`` of each row's class; a single logit speaks for class 1, and negated for class 0."""
    if logits.shape[1] == 1:
        return logits[:, 0] * (2 * targets - 1)
    return logits.gather(1, targets[:, None])[:, 0]


def predicted_class(logits: Tensor) -> Tensor:
    """The class ``[B]`` that is explained unless another is asked for: the highest score."""
    return (logits[:, 0] > 0).long() if logits.shape[1] == 1 else logits.argmax(1)


def asked_targets(targets: Tensor, logits: Tensor) -> Tensor:
    """The asked classes as int64 beside ``logits``, refused where there is no such class."""
    classes = max(2, logits.shape[1])
    if targets.shape != logits.shape[:1] or targets.is_floating_point():
        raise ExplainError(
            f"targets {list(targets.shape)} of {targets.dtype} do not name one class per image",
            fix=f"Give {len(logits)} class indices.",
        )
    wrong = targets[(targets < 0) | (targets >= classes)]
    if len(wrong):
        raise ExplainError(f"there is no class {int(wrong[0])} to explain", fix=f"Classes run from 0 to {classes - 1}.")
    return targets.to(logits.device, torch.int64)
