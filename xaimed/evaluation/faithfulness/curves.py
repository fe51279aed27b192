"""How does the probability change while pixels do? Deletion and insertion curves (Petsiuk et al. 2018)."""

from __future__ import annotations

import math
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torchvision.transforms.v2 import functional as pictures

from xaimed.data.task import Task
from xaimed.explain.lean import Lean
from xaimed.explain.pieces import in_pieces


def probabilities_along(lean: Lean, task: Task, start: Tensor, end: Tensor, order: Tensor, counts: Tensor) -> Tensor:
    """Probabilities ``[B, counts, classes]`` while pixels change from ``start`` to ``end``, on the CPU.

    All steps of all pictures are one long batch, made and predicted in pieces that fit.

    Args:
        lean: the network.
        task: what its logits mean.
        start: pictures ``[B, 3, H, W]`` of which no pixel has changed.
        end: the same pictures with all of them changed.
        order: ranks ``[B, H, W]`` of the pixels; those below a count have changed.
        counts: how many have changed at each step.
    """
    steps = len(counts)
    counts, order = counts.to(start.device), order.to(start.device)

    def predicted(rows: slice) -> Tensor:
        row = torch.arange(rows.start, rows.stop, device=start.device)
        picture, step = row // steps, row % steps
        changed = order[picture] < counts[step][:, None, None]
        return task.probabilities(lean.logits(torch.where(changed[:, None], end[picture], start[picture]))).cpu()

    return in_pieces(len(start) * steps, predicted, lean.at_once).reshape(len(start), steps, -1)


def area(curves: npt.NDArray[np.float32], positions: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The area ``[N]`` under each curve ``[N, positions]`` by trapezoids."""
    return np.trapezoid(curves.astype(np.float64), positions, axis=1)


def blurred(images: Tensor, share: float) -> Tensor:
    """Each picture through a Gaussian whose SD is this share of its side, cut off at three SD."""
    spread = share * images.shape[-1]
    reach = min(max(1, math.ceil(3 * spread)), images.shape[-1] - 1)
    return cast(Tensor, pictures.gaussian_blur(images, [2 * reach + 1] * 2, [spread] * 2))
