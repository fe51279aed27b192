"""How is one copy made? Varied by a recipe, or between a picture and a neighbour; at the network's size, lossless."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2 import functional as F

from xaimed.data.dataset import ManifestDataset
from xaimed.data.imbalance.frequencies import Counts
from xaimed.data.imbalance.smote import between, neighbours_within
from xaimed.data.preparation import square
from xaimed.data.randomness import seed_for, seeded

THUMB = 32
"""Side at which pictures are compared to find neighbours: small in memory, and noise does not count."""


@dataclass(frozen=True)
class Copy:
    """One copy to be made: of which row of the manifest, and the how many-th of it."""

    row: int
    number: int


@dataclass(frozen=True)
class Recipe:
    """What varies a copy, and a text that changes when it does."""

    vary: Callable[[Tensor], Tensor]
    key: str


class AtSize:
    """The pictures of a dataset at the network's size, by their row, and where chance comes from for each."""

    def __init__(self, pictures: ManifestDataset) -> None:
        self.pictures = pictures
        self.position = {int(row): i for i, row in enumerate(pictures.rows)}

    def __call__(self, position: int) -> Tensor:
        """The picture at a position ``[1 or 3, size, size]``."""
        return square(self.pictures.picture(position), self.pictures.preparation.resized)

    def chance(self, copy: Copy) -> tuple[int | str, ...]:
        """What the copy is a function of."""
        name = str(self.pictures.sample_ids[self.position[copy.row]])
        return self.pictures.seed, self.pictures.fold, "copy", name, copy.number


def augmented(pictures: ManifestDataset, recipe: Recipe) -> Callable[[Copy], Tensor]:
    """Makes copies varied by the recipe."""
    sized = AtSize(pictures)

    def make(copy: Copy) -> Tensor:
        with seeded(*sized.chance(copy)):
            return recipe.vary(sized(sized.position[copy.row]))

    return make


def blended(pictures: ManifestDataset, classes: Counts, count: int) -> Callable[[Copy], Tensor]:
    """Makes pictures at a random place between one and one of its ``count`` nearest neighbours of the same class."""
    sized = AtSize(pictures)
    near: list[Counts] = []

    def make(copy: Copy) -> Tensor:
        if not near:  # only when the first copy is drawn: comparing takes a look at every picture
            near.extend(neighbours_within(_thumbs(sized), classes, count))
        position = sized.position[copy.row]
        chance = np.random.default_rng(seed_for(*sized.chance(copy)))
        one, other = sized(position), sized(int(chance.choice(near[position])))
        eight_bits = one.dtype == other.dtype == torch.uint8
        blend = between(_unit(one), _unit(other), chance.random())
        return (blend * 255).round().to(torch.uint8) if eight_bits else blend

    return make


def save_png(picture: Tensor, file: Path) -> None:
    """Without loss: eight bits as they are, grey float pictures (which come from sixteen bits) as sixteen."""
    if picture.is_floating_point() and len(picture) == 1:
        values = (picture[0].clamp(0, 1) * 65535).round().numpy().astype(np.uint16)
    else:
        exact = F.to_dtype(picture.clamp(0, 1) if picture.is_floating_point() else picture, torch.uint8, scale=True)
        values = exact[0].numpy() if len(picture) == 1 else exact.permute(1, 2, 0).numpy()
    Image.fromarray(values).save(file, compress_level=1)


def _unit(picture: Tensor) -> Tensor:
    scaled: Tensor = F.to_dtype(picture, torch.float32, scale=True)
    return scaled


def _thumbs(sized: AtSize) -> npt.NDArray[np.float32]:
    """Every picture small ``[n, 3 · 32 · 32]``."""
    small = [_unit(square(sized(i), THUMB)).expand(3, -1, -1).flatten() for i in range(len(sized.pictures))]
    values: npt.NDArray[np.float32] = torch.stack(small).numpy()
    return values
