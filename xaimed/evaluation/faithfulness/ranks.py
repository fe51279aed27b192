"""Which pixel goes first? Exact ranks of a map as it is drawn, equal pixels in an order of seeded chance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from xaimed.data.randomness import seed_for
from xaimed.evaluation.controls import Ids
from xaimed.evaluation.trial import on_image


def ranks(maps: Tensor, sample_ids: Ids, size: int, seed: int, cells: int | None = None) -> Tensor:
    """The rank ``[B, size, size]`` of every pixel, 0 for the most relevant, on the CPU.

    Equal pixels, of which a rectified map has many, are ranked by chance that depends on the seed and the sample's
    name alone. A threshold would take all of them or none.

    Args:
        maps: raw ``[B, h, w]``, drawn bilinearly before they are ranked.
        sample_ids: the names of the B samples.
        size: side of the picture.
        seed: of the chance.
        cells: rank so many cells a side by the mean in each of them, all pixels of a cell alike; otherwise pixels.
    """
    # In float64 and back: in float32 a constant map would be drawn with a pattern of rounding errors.
    drawn = on_image(maps.cpu().double(), size).float()
    if cells is None:
        return torch.stack([_ranked(each, seed, name) for each, name in zip(drawn, sample_ids, strict=True)])
    means = functional.adaptive_avg_pool2d(drawn[:, None].double(), cells)[:, 0].float()
    coarse = torch.stack([_ranked(each, seed, name) for each, name in zip(means, sample_ids, strict=True)])
    place = torch.arange(size) * cells // size
    return coarse[:, place[:, None], place]


def _ranked(values: Tensor, seed: int, name: object) -> Tensor:
    chance = torch.Generator().manual_seed(seed_for("ties", seed, str(name)))
    shuffled = torch.randperm(values.numel(), generator=chance)
    order = shuffled[values.flatten()[shuffled].sort(descending=True, stable=True).indices]
    found = torch.empty_like(order)
    found[order] = torch.arange(len(order))
    return found.view(values.shape)


def counts_along(steps: int, units: int) -> npt.NDArray[np.int64]:
    """How many of the ranked are gone after 0, 1, …, ``steps`` equal steps; fewer steps where there are fewer units."""
    return np.unique(np.round(np.linspace(0, units, steps + 1)).astype(np.int64))
