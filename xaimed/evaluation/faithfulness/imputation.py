"""What could stand where a pixel was? The mean of its neighbours, the missing ones included, and a little noise."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

NEAR = 3e-5  # the largest difference from the mean of the neighbours that is left, in SDs of the intensity
AT_MOST = 5000  # steps of the solver; a hole 224 px wide takes about 500


def imputed(images: Tensor, missing: Tensor) -> Tensor:
    """Pictures whose missing pixels are filled in linearly, as ROAD does (Rong et al. 2022), without the noise.

    Each missing pixel becomes the weighted mean of its eight neighbours inside the picture, 1/6 for those that share a
    side and 1/12 for those that share a corner; all are solved for at once, by conjugate gradients. A picture's
    result does not depend on the others.

    Args:
        images: ``[B, C, H, W]``.
        missing: ``[B, H, W]``, true where a pixel is to be filled in; some of each picture must be left.
    """
    hole = missing[:, None].to(images)
    weight = _neighbours(torch.ones_like(hole))
    filled = _pyramid(images * (1 - hole), (1 - hole).expand_as(images))
    left = (_neighbours(filled) - weight * filled) * hole
    toward = left / weight
    size = _dot(left, toward)
    for _ in range(AT_MOST):
        busy = left.abs().amax((1, 2, 3), keepdim=True) > NEAR
        if not bool(busy.any()):
            break
        pushed = (weight * toward - _neighbours(toward)) * hole
        # A picture that has arrived, or a channel without any error, stays where it is.
        step = torch.where(busy & (size > 0), size / _dot(toward, pushed), 0.0)
        filled, left = filled + step * toward, left - step * pushed
        scaled = left / weight
        before, size = size, _dot(left, scaled)
        toward = scaled + torch.where(before > 0, size / before, 0.0) * toward
    return torch.where(missing[:, None], filled, images)


def _neighbours(values: Tensor) -> Tensor:
    """The weighted sum of each pixel's neighbours, nothing beyond the border."""
    padded = functional.pad(values, (1, 1, 1, 1))
    row = padded[..., :-2] + padded[..., 2:] + 2 * padded[..., 1:-1]
    return (row[..., :-2, :] + row[..., 2:, :] + 2 * row[..., 1:-1, :] - 4 * values) / 12


def _dot(one: Tensor, other: Tensor) -> Tensor:
    return (one * other).sum((2, 3), keepdim=True)


def _pyramid(values: Tensor, known: Tensor) -> Tensor:
    """A first guess: what is unknown is taken from the same picture at half the size, and so on."""
    guess = values / known.clamp_min(torch.finfo(values.dtype).tiny)
    if max(values.shape[-2:]) == 1:
        return guess
    half = _pyramid(*(functional.avg_pool2d(each, 2, ceil_mode=True) for each in (values, known)))
    larger = functional.interpolate(half, values.shape[-2:], mode="bilinear", align_corners=False)
    return torch.where(known > 0, guess, larger)
