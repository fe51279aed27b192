"""Where did several networks look together? The weighted sum of their maps, and how far the networks part."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional


def weighted_sum(maps: Sequence[Tensor], weights: Sequence[float]) -> tuple[Tensor, Tensor]:
    """The mean map ``[B, h, w]`` and its spread over networks, both on the finest grid among them.

    Raw maps of different networks have no common scale: each is first brought to a mean of 1 over its grid, so that a
    network counts by its weight and not by the size of its activations; of a map with negative values it is the mean
    of their sizes that becomes 1. A map that is zero everywhere stays zero: that network saw nothing for the class. The
    spread is the standard deviation by the same weights.

    Args:
        maps: of each network, ``[B, h, w]``.
        weights: how much each network counts; they sum to 1.
    """
    side = max((tuple(each.shape[-2:]) for each in maps), key=lambda grid: grid[0] * grid[1])
    alike = torch.stack([_on_grid(_to_mean_one(each), side) for each in maps])
    counted = torch.as_tensor(weights, dtype=alike.dtype, device=alike.device)[:, None, None, None]
    mean = (counted * alike).sum(0)
    spread = (counted * (alike - mean).square()).sum(0).sqrt()
    return mean, spread


def _to_mean_one(maps: Tensor) -> Tensor:
    average = maps.abs().mean((1, 2), keepdim=True)
    return torch.where(average > 0, maps / average.clamp_min(torch.finfo(maps.dtype).tiny), maps)


def _on_grid(maps: Tensor, side: tuple[int, ...]) -> Tensor:
    if maps.shape[-2:] == side:
        return maps
    return functional.interpolate(maps[:, None], side, mode="bilinear", align_corners=False)[:, 0]
