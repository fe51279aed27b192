"""Are these two pictures the same? Laid over one another as well as they can be, their fine detail must agree.

Radiographs of one view look alike in everything coarse. What tells two patients apart is detail of one to four pixels
of a 64-pixel thumb, and that can be compared only after shift, scale, brightness and contrast have been fitted.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

SIDE = 64
MARGIN = 5
"""Pixels at the border that do not count: there a copy may show a frame instead."""
REACH = 5
"""Pixels of shift that are searched."""
SCALES = (0.0, -0.07, 0.07)
"""Logarithms of the scales that the search begins with."""
WORTH_FITTING = 0.55
"""Agreement after the coarse search below which no copy has ever been seen."""
STEPS = 6
MOST_SHIFT, MOST_SCALE = 0.25, 0.15


def agreement(a: Tensor, b: Tensor) -> Tensor:
    """Correlation of the fine detail of pairs ``[n, 64, 64]`` in the best alignment found, from -1 to 1."""
    a, b = _detail(a.float()), _detail(b.float())
    best, place = _coarse(a, b)
    worth = best > WORTH_FITTING
    if worth.any():
        best[worth] = _fitted(a[worth], b[worth], best[worth], place[worth])
    return best


def _coarse(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """The best whole-pixel shift over a few scales, by way of Fourier's correlation theorem."""
    best, place = torch.full((len(a),), -1.0), torch.zeros(len(a), 4)
    window = torch.hann_window(SIDE, periodic=False)
    window = window[:, None] * window
    spectrum = torch.fft.rfft2(b * window).conj()
    reach = torch.arange(-REACH, REACH + 1)
    far = torch.full((SIDE, SIDE), -math.inf)
    far[reach[:, None] % SIDE, reach[None] % SIDE] = 0
    for scale in SCALES:
        p = torch.zeros(len(a), 4)
        p[:, 2:] = scale
        moved = _warped(a, p)[0] if scale else a
        peak = (torch.fft.irfft2(torch.fft.rfft2(moved * window) * spectrum, s=(SIDE, SIDE)) + far).flatten(1).argmax(1)
        shift = torch.stack([peak % SIDE, peak // SIDE], 1)
        shift = torch.where(shift > SIDE // 2, shift - SIDE, shift)
        p[:, :2] = shift * (2 / SIDE) * math.exp(scale)
        best, place = _better(a, b, p, best, place)
    return best, place


def _fitted(a: Tensor, b: Tensor, best: Tensor, place: Tensor) -> Tensor:
    """Gauss and Newton's steps on shift, scale, contrast and brightness; the best agreement on the way."""
    across = (torch.arange(SIDE) + 0.5) / SIDE * 2 - 1
    p = place.clone()
    for _ in range(STEPS):
        moved, counts = _warped(a, p)
        down_slope, right_slope = torch.gradient(moved, dim=(1, 2))
        terms = [right_slope, down_slope, right_slope * across, down_slope * across[:, None], moved]
        system = torch.stack([*terms, torch.ones_like(moved)], -1).mul(counts[..., None]).flatten(1, 2)
        left = system.mT @ system + 1e-3 * torch.eye(6)
        solved = torch.linalg.solve(left, system.mT @ (b * counts).flatten(1)[..., None])[..., 0]
        step = (solved[:, :4] / solved[:, 4:5].clamp(min=0.2)).clamp(-2, 2) * (2 / SIDE)
        p = torch.cat(
            [
                (p[:, :2] + step[:, :2] * p[:, 2:].exp()).clamp(-MOST_SHIFT, MOST_SHIFT),
                (p[:, 2:] + step[:, 2:].clamp(-0.03, 0.03)).clamp(-MOST_SCALE, MOST_SCALE),
            ],
            1,
        )
        best, place = _better(a, b, p, best, place)
    return best


def _better(a: Tensor, b: Tensor, p: Tensor, best: Tensor, place: Tensor) -> tuple[Tensor, Tensor]:
    value = _correlation(*_warped(a, p), b)
    up = value > best
    return torch.where(up, value, best), torch.where(up[:, None], p, place)


def _warped(a: Tensor, p: Tensor) -> tuple[Tensor, Tensor]:
    """Pictures moved by ``p`` (shift right, shift down, both in half sides; logarithms of scale), and what counts."""
    along = (torch.arange(SIDE) + 0.5) / SIDE * 2 - 1
    x = along[None, None, :] * p[:, 2].exp()[:, None, None] + p[:, 0][:, None, None]
    y = along[None, :, None] * p[:, 3].exp()[:, None, None] + p[:, 1][:, None, None]
    where = torch.stack([x.expand(-1, SIDE, SIDE), y.expand(-1, SIDE, SIDE)], -1)
    moved = functional.grid_sample(a[:, None], where, align_corners=False, padding_mode="border")[:, 0]
    inside = (where.abs() < 1 - 2 * MARGIN / SIDE).all(-1).float()
    inside[:, :MARGIN] = inside[:, -MARGIN:] = 0
    inside[:, :, :MARGIN] = inside[:, :, -MARGIN:] = 0
    return moved, inside


def _correlation(a: Tensor, counts: Tensor, b: Tensor) -> Tensor:
    total = counts.sum((1, 2), keepdim=True).clamp(min=1)
    a = (a - (a * counts).sum((1, 2), keepdim=True) / total) * counts
    b = (b - (b * counts).sum((1, 2), keepdim=True) / total) * counts
    scale = ((a * a).sum((1, 2)) * (b * b).sum((1, 2))).sqrt()
    # A blank picture agrees with nothing; its detail is rounding alone.
    return torch.where(scale > 1.0, (a * b).sum((1, 2)) / scale.clamp(min=1), -1.0)


def _detail(picture: Tensor) -> Tensor:
    return blurred(picture, 0.5) - blurred(picture, 2.0)


def blurred(picture: Tensor, sigma: float) -> Tensor:
    """Pictures ``[n, H, W]`` through a Gaussian filter."""
    reach = int(3 * sigma + 0.5)
    kernel = torch.from_numpy(np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma**2))).float()
    kernel /= kernel.sum()
    padded = functional.pad(picture[:, None], (reach,) * 4, mode="reflect")
    return functional.conv2d(functional.conv2d(padded, kernel[None, None, None]), kernel[None, None, :, None])[:, 0]
