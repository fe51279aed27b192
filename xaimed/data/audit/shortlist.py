"""Which proposed pairs are worth an alignment? Those that correlate at half the resolution at some shift and scale."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from xaimed.data.audit.alignment import blurred

SIDE, MARGIN, REACH = 32, 3, 3
SCALES = (64, 70, 58)
"""Sides of the middle of a 64-pixel thumb that is brought to 32 pixels; above 64 its border is repeated."""
PROMISING = 0.86
"""Chosen on real chest radiographs: nine in ten pairs of different pictures that hash alike lie below."""
AT_ONCE = 8192


def promising(thumbs: npt.NDArray[np.uint8], pairs: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which pairs of rows are."""
    kept = [_promising(thumbs, pairs[start : start + AT_ONCE]) for start in range(0, len(pairs), AT_ONCE)]
    return np.concatenate(kept) if kept else np.zeros(0, dtype=bool)


def _promising(thumbs: npt.NDArray[np.uint8], pairs: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """By the normalised correlation's highest peak; every picture is prepared once, however many pairs it is in."""
    rows, where = np.unique(pairs, return_inverse=True)
    first, second = torch.from_numpy(where.reshape(-1, 2)).unbind(1)
    pictures = torch.from_numpy(np.array(thumbs[rows])).float()[:, None]
    plain = _spectra(pictures, SCALES[0]).conj()
    reach = torch.arange(-REACH, REACH + 1) % SIDE
    peak = torch.full((len(pairs),), -1.0)
    for side in SCALES:
        scaled = plain.conj() if side == SCALES[0] else _spectra(pictures, side)
        for start in range(0, len(pairs), 1024):
            part = slice(start, start + 1024)
            surface = torch.fft.irfft2(scaled[first[part]] * plain[second[part]], s=(SIDE, SIDE))
            peak[part] = peak[part].maximum(surface[:, reach][:, :, reach].amax((1, 2)))
    return np.asarray((peak > PROMISING).numpy(), dtype=bool)


def _spectra(pictures: Tensor, side: int) -> Tensor:
    """Fourier transforms of the fine detail, of length one, faded out towards the border."""
    cut = (64 - side) // 2
    part = (
        functional.pad(pictures, (-cut,) * 4, mode="replicate")
        if cut < 0
        else pictures[:, :, cut : 64 - cut, cut : 64 - cut]
    )
    small = functional.interpolate(part, (SIDE, SIDE), mode="bilinear", antialias=True)[:, 0]
    detail = (blurred(small, 0.5) - blurred(small, 2.0))[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
    window = torch.hann_window(SIDE - 2 * MARGIN, periodic=False).sqrt()
    detail = detail * window[:, None] * window
    detail = detail / detail.norm(dim=(1, 2), keepdim=True).clamp(min=1e-3)
    spectra: Tensor = torch.fft.rfft2(functional.pad(detail, (0, 2 * MARGIN, 0, 2 * MARGIN)))
    return spectra
