"""What does the network say when only some superpixels are shown? The probability of a class, of many such pictures."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaimed.explain.lean import Lean
from xaimed.explain.pieces import in_pieces
from xaimed.explain.predictive import probabilities


def chances(lean: Lean, pictures: Tensor, target: int, exclusive: bool) -> Tensor:
    """The probability ``[N]`` of a class, float64 on the CPU: a softmax or sigmoid of the logits."""
    return probabilities(lean.logits(pictures).double(), exclusive)[:, target].cpu()


@dataclass(frozen=True)
class Coalitions:
    """One picture, its superpixels, and what stands where one is hidden.

    Args:
        lean: the network.
        image: ``[3, H, W]``.
        hidden: the same with everything hidden.
        parts: the number of each pixel's superpixel ``[H, W]``.
        target: the class whose probability is asked for.
        exclusive: whether a picture has one class (softmax) or any number of them (a sigmoid each).
    """

    lean: Lean
    image: Tensor
    hidden: Tensor
    parts: Tensor
    target: int
    exclusive: bool

    @property
    def count(self) -> int:
        """How many superpixels there are."""
        return int(self.parts.max()) + 1

    def values(self, shown: Tensor) -> Tensor:
        """The probability ``[N]`` for each row of ``shown`` ``[N, K]``, never more pictures at once than fit."""
        parts, shown = self.parts.to(self.image.device), shown.to(self.image.device)

        def value(rows: slice) -> Tensor:
            pictures = torch.where(shown[rows][:, None, parts], self.image, self.hidden)
            return chances(self.lean, pictures, self.target, self.exclusive)

        return in_pieces(len(shown), value, self.lean.at_once)
