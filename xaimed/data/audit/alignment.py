"""Are these two pictures the same? Laid over one another as well as they can be, their fine detail must agree.

Radiographs of one view look alike in everything coarse. What tells two patients apart is detail of one to four pixels
of a 64-pixel thumb, and that can be compared only after shift, scale, brightness and contrast have been fitted.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from xaimed.data.audit.separable import gaussian, through, zoom

SIDE = 64
MARGIN = 5
"""Pixels at the border that do not count: there a copy may show a frame instead."""
REACH = 5
"""Pixels of shift that are searched."""
SCALES = (0.0, -0.07, 0.07)
"""Logarithms of the scales that the search begins with."""
WORTH_FITTING, WORTH_MORE = 0.62, 0.8
"""Agreement after the coarse search, and after one step of the fit, below which no copy has ever been seen."""
STEPS = 4
MOST_SHIFT, MOST_SCALE = 0.25, 0.15
AT_ONCE = 256


def agreements(thumbs: npt.NDArray[np.uint8], pairs: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Correlation of the fine detail of pairs of ``[n, 64, 64]`` in the best alignment found, from -1 to 1.

    What concerns one picture is reckoned once, however many pairs it is in.
    """
    rows, where = np.unique(pairs, return_inverse=True)
    details = _details(thumbs, rows)
    found = [
        _agreement(*_distinct(details, where.reshape(-1, 2)[start : start + AT_ONCE]))
        for start in range(0, len(pairs), AT_ONCE)
    ]
    return torch.cat(found).double().numpy() if found else np.zeros(0)


def _distinct(details: Tensor, where: npt.NDArray[np.int64]) -> tuple[Tensor, Tensor, Tensor]:
    """The pictures of some pairs, and which of them are a pair's first and second."""
    rows, ends = np.unique(where, return_inverse=True)
    first, second = torch.from_numpy(ends.reshape(-1, 2)).unbind(1)
    return details[torch.from_numpy(rows)], first, second


def _details(thumbs: npt.NDArray[np.uint8], rows: npt.NDArray[np.int64]) -> Tensor:
    fine, coarse = gaussian(SIDE, 0.5), gaussian(SIDE, 2.0)
    found = torch.empty(len(rows), SIDE, SIDE)
    for start in range(0, len(rows), AT_ONCE):
        pictures = torch.from_numpy(np.array(thumbs[rows[start : start + AT_ONCE]])).float()
        found[start : start + AT_ONCE] = through(pictures, fine) - through(pictures, coarse)
    return found


def _agreement(pictures: Tensor, first: Tensor, second: Tensor) -> Tensor:
    a, b, place = pictures[first], pictures[second], _coarse(pictures, first, second)
    moved, counts = _warped(a, place)
    best = _correlation(moved, counts, b)
    for step, worth in enumerate([WORTH_FITTING, *[WORTH_MORE] * (STEPS - 1)]):
        on = torch.nonzero(best > worth)[:, 0]
        if len(on) == 0:
            break
        if step == 0:
            a, b, place, moved, counts, rows = a[on], b[on], place[on], moved[on], counts[on], on
        else:
            kept = best[rows] > worth
            a, b, place, moved, counts, rows = (one[kept] for one in (a, b, place, moved, counts, rows))
        place = _step(moved, counts, b, place)
        moved, counts = _warped(a, place)
        best[rows] = best[rows].maximum(_correlation(moved, counts, b))
    return best


def _coarse(pictures: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """The best whole-pixel shift over a few scales, by way of Fourier's correlation theorem."""
    window = torch.hann_window(SIDE, periodic=False)
    window = window[:, None] * window
    plain = _spectra(pictures, window).conj().resolve_conj()
    reach = torch.arange(-REACH, REACH + 1)
    best, place = torch.full((len(first),), -math.inf), torch.zeros(len(first), 4)
    for scale in SCALES:
        scaled = _spectra(through(pictures, zoom(SIDE, math.exp(scale))), window) if scale else plain.conj()
        surface = torch.fft.irfft2(scaled[first] * plain[second], s=(SIDE, SIDE))
        near = surface[:, reach % SIDE][:, :, reach % SIDE].flatten(1)
        value, peak = near.max(1)
        p = torch.full((len(first), 4), scale)
        p[:, 0], p[:, 1] = reach[peak % len(reach)], reach[peak // len(reach)]
        p[:, :2] *= (2 / SIDE) * math.exp(scale)
        better = value > best
        best, place = torch.where(better, value, best), torch.where(better[:, None], p, place)
    return place


def _spectra(pictures: Tensor, window: Tensor) -> Tensor:
    faded = pictures * window
    spectra: Tensor = torch.fft.rfft2(faded / faded.norm(dim=(1, 2), keepdim=True).clamp(min=1e-3))
    return spectra


def _step(moved: Tensor, counts: Tensor, b: Tensor, p: Tensor) -> Tensor:
    """One of Gauss and Newton's steps on shift, scale, contrast and brightness."""
    across = (torch.arange(SIDE) + 0.5) / SIDE * 2 - 1
    down_slope, right_slope = torch.gradient(moved, dim=(1, 2))
    terms = [right_slope, down_slope, right_slope * across, down_slope * across[:, None], moved, torch.ones_like(moved)]
    system = (torch.stack(terms, 1) * counts[:, None]).flatten(2)
    left = system @ system.mT + 1e-3 * torch.eye(6)
    solved = torch.linalg.solve(left, system @ (b * counts).flatten(1)[..., None])[..., 0]
    step = (solved[:, :4] / solved[:, 4:5].clamp(min=0.2)).clamp(-2, 2) * (2 / SIDE)
    shift = (p[:, :2] + step[:, :2] * p[:, 2:].exp()).clamp(-MOST_SHIFT, MOST_SHIFT)
    return torch.cat([shift, (p[:, 2:] + step[:, 2:].clamp(-0.03, 0.03)).clamp(-MOST_SCALE, MOST_SCALE)], 1)


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
