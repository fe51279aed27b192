"""What would a map score that knows nothing? A random map and a blob in the middle, judged beside the explainers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from xaimed.data.randomness import seed_for
from xaimed.evaluation.contract import CONTROL, RANDOM

BLOB = f"{CONTROL}blob"
BLOB_WIDTH = 0.25  # the blob's SD, in sides of the picture
CONTROLS_CAPTION = (
    "Controls: uniform noise on the explainer's own grid, drawn as its maps are, and a Gaussian blob in the middle of "
    "the picture (SD a quarter of its side)"
)

Maps = npt.NDArray[np.float32]
Ids = Sequence[Any] | npt.NDArray[Any]


def control_maps(sample_ids: Ids, shape: tuple[int, int], seed: int) -> dict[str, Maps]:
    """Raw maps ``[N, h, w]`` of both controls, by name; a sample's are the same whatever stands beside it.

    Args:
        sample_ids: the names of the N samples; the noise depends on the name.
        shape: ``(h, w)``, the grid of the explainer beside which they stand.
        seed: of the noise.
    """
    return {RANDOM: _noise(sample_ids, shape, seed), BLOB: np.repeat(_blob(shape)[None], len(sample_ids), axis=0)}


def controls_beside(shapes: Iterable[tuple[int, int]], sample_ids: Ids, seed: int) -> dict[str, Maps]:
    """The controls of explainers whose grids may differ: noise on each of them, for fine noise is another thing.

    On the coarsest grid it is called plainly ``control:random``, on every other one as ``random_beside`` says. The
    blob, nearly the same on all, stands there once, on the finest.
    """
    grids = sorted(set(shapes), key=lambda shape: (shape[0] * shape[1], shape))
    found = {random_beside(shape, grids): _noise(sample_ids, shape, seed) for shape in grids}
    return found | {name: maps for name, maps in control_maps(sample_ids, grids[-1], seed).items() if name == BLOB}


def random_beside(shape: tuple[int, int], shapes: Iterable[tuple[int, int]]) -> str:
    """The name of the random control on the grid ``shape``, where the explainers have those ``shapes``."""
    coarsest = min(shapes, key=lambda each: (each[0] * each[1], each))
    return RANDOM if shape == coarsest else f"{RANDOM} {shape[0]}×{shape[1]}"


def _noise(sample_ids: Ids, shape: tuple[int, int], seed: int) -> Maps:
    noise = np.empty((len(sample_ids), *shape), dtype=np.float32)
    for at, name in enumerate(sample_ids):
        chance = torch.Generator().manual_seed(seed_for("control", seed, str(name)))
        noise[at] = torch.rand(shape, generator=chance).numpy()
    return noise


def _blob(shape: tuple[int, int]) -> Maps:
    down, across = (((np.arange(side) + 0.5) / side - 0.5) / BLOB_WIDTH for side in shape)
    return np.exp(-(down[:, None] ** 2 + across**2) / 2).astype(np.float32)
