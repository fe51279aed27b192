"""How alike are two maps of one picture? By rank, by where they are highest, and by structure."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.stats import rankdata
from skimage.metrics import structural_similarity as skimage_ssim
from torch import Tensor
from torch.nn import functional

from xaimed.data.randomness import seed_for

Maps = npt.NDArray[Any] | Tensor
"""``[B, h, w]``, raw; a tensor may lie on any device."""
Values = npt.NDArray[np.float64]

WINDOW = 7
"""Side in map pixels of the window in which structure is compared."""


def same_grid(first: Maps, second: Maps) -> tuple[Tensor, Tensor]:
    """Both maps on the coarser of the two grids, the finer one averaged over its pixels."""
    one, other = (torch.as_tensor(maps).detach().cpu().double() for maps in (first, second))
    height, width = (min(sides) for sides in zip(one.shape[-2:], other.shape[-2:], strict=True))
    return _averaged(one, height, width), _averaged(other, height, width)


def spearman(first: Maps, second: Maps) -> Values:
    """Spearman's correlation ``[B]`` of the pixels of each pair; NaN where one of the maps is constant."""
    ranks = []
    for maps in same_grid(first, second):
        of = rankdata(maps.flatten(1).numpy(), axis=1)
        ranks.append(of - of.mean(1, keepdims=True))
    one, other = ranks
    scale = np.sqrt((one**2).sum(1) * (other**2).sum(1))
    found: Values = (one * other).sum(1) / np.where(scale > 0, scale, np.nan)
    return found


def top_overlap(first: Maps, second: Maps, share: float = 0.1, seed: int = 0) -> Values:
    """Intersection over union ``[B]`` of the highest pixels of each pair; NaN where one of the maps is constant.

    Args:
        first: maps.
        second: maps of the same pictures, on any grid.
        share: of the pixels that count as the highest; ``top`` says what ties do.
        seed: of the order in which ties are taken.
    """
    one, other = (top(maps, share, seed) for maps in same_grid(first, second))
    union = (one | other).sum((1, 2))
    found: Values = (one & other).sum((1, 2)) / np.where(one.any((1, 2)) & other.any((1, 2)), union, np.nan)
    return found


def top(maps: Maps, share: float = 0.1, seed: int = 0) -> npt.NDArray[np.bool_]:
    """Which pixels ``[B, h, w]`` are the highest: exactly this share of each map, or fewer where fewer stand out.

    Of equal pixels those are taken that a draw names, the same for every map of this grid, so that equal maps have
    equal highest pixels. Pixels at a map's minimum never count: two maps that are zero nearly everywhere would
    otherwise agree on where they say nothing.
    """
    values = torch.as_tensor(maps).detach().cpu().double().flatten(1).numpy()
    height, width = maps.shape[-2:]
    drawn = torch.randperm(
        height * width, generator=torch.Generator().manual_seed(seed_for(seed, "ties", height, width))
    ).numpy()
    order = np.lexsort((np.broadcast_to(drawn, values.shape), -values), axis=1)
    highest = np.zeros(values.shape, dtype=bool)
    np.put_along_axis(highest, order[:, : max(1, round(share * height * width))], True, axis=1)
    highest &= values > values.min(1, keepdims=True)
    return highest.reshape(maps.shape)


def structural_similarity(first: Maps, second: Maps) -> Values:
    """SSIM ``[B]`` of each pair, every map stretched to [0, 1] first; NaN where one of the maps is constant.

    The window has ``WINDOW`` map pixels a side, fewer on a grid that is smaller; below three there is no structure.
    """
    pairs = [_stretched(maps) for maps in same_grid(first, second)]
    side = min(*pairs[0].shape[-2:], WINDOW)
    window = side - 1 + side % 2
    if window < 3:
        return np.full(len(pairs[0]), np.nan)
    return np.array(
        [
            skimage_ssim(one, other, win_size=window, data_range=1.0)  # type: ignore[no-untyped-call]
            if np.isfinite(one).all() and np.isfinite(other).all()
            else np.nan
            for one, other in zip(*pairs, strict=True)
        ],
        dtype=np.float64,
    )


def mean_of_known(values: Values) -> Values:
    """The mean over the first axis of what is not NaN; NaN where nothing is."""
    known = ~np.isnan(values)
    mean: Values = np.where(known, values, 0).sum(0) / np.where(known.any(0), known.sum(0), np.nan)
    return mean


def _averaged(maps: Tensor, height: int, width: int) -> Tensor:
    if tuple(maps.shape[-2:]) == (height, width):
        return maps
    return functional.adaptive_avg_pool2d(maps[:, None], (height, width))[:, 0]


def _stretched(maps: Tensor) -> Values:
    values: Values = maps.numpy()
    low, high = values.min((1, 2), keepdims=True), values.max((1, 2), keepdims=True)
    stretched: Values = (values - low) / np.where(high > low, high - low, np.nan)
    return stretched
