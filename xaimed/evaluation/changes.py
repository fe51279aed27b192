"""Which small changes should not matter? Noise, brightness, a shift and a turn, each with its way back."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as F

from xaimed.data.randomness import seed_for


@dataclass(frozen=True)
class Change:
    """A small change of pictures, and what puts the maps of changed pictures back in place.

    Attributes:
        name: in a measure's key.
        of_pictures: takes pictures ``[B, C, H, W]`` in [0, 1] and their names, gives the same.
        of_maps: takes maps ``[B, H, W]`` at image resolution back to where they would lie in the unchanged picture;
            what came in over the edge, at most ``margin`` pixels, means nothing.
    """

    name: str
    of_pictures: Callable[[Tensor, Iterable[Any]], Tensor]
    of_maps: Callable[[Tensor], Tensor]


def small_changes(
    side: int, *, noise: float, brightness: float, shift: float, turn: float, seed: int
) -> tuple[list[Change], int]:
    """The changes, and the margin in pixels inside which all of them can be compared.

    Args:
        side: of the pictures.
        noise: SD of Gaussian noise, as a share of the range of intensities.
        brightness: what is added, and taken off, as a share of the same range.
        shift: right and down, as a share of the side; at least one pixel.
        turn: degrees, counter-clockwise.
        seed: of the noise.
    """
    by = max(1, round(shift * side))
    margin = max(by, math.ceil(math.tan(math.radians(abs(turn))) * side / 2)) + 1
    changes = [
        Change("noise", lambda pictures, names: _noisy(pictures, names, noise, seed), _as_it_is),
        Change("brighter", lambda pictures, names: (pictures + brightness).clamp(0, 1), _as_it_is),
        Change("darker", lambda pictures, names: (pictures - brightness).clamp(0, 1), _as_it_is),
        Change(
            "shifted",
            lambda pictures, names: functional.pad(pictures, (by, 0, by, 0), mode="replicate")[..., :-by, :-by],
            lambda maps: functional.pad(maps, (0, by, 0, by))[..., by:, by:],
        ),
        Change(
            "turned",
            lambda pictures, names: _turned(pictures, turn, margin),
            lambda maps: F.rotate(maps, -turn, InterpolationMode.BILINEAR),
        ),
    ]
    return changes, margin


def _noisy(pictures: Tensor, names: Iterable[Any], sd: float, seed: int) -> Tensor:
    """Noise that depends on the picture's name alone; one draw for all channels, for most pictures are grey."""
    drawn = [
        torch.randn(pictures.shape[-2:], generator=torch.Generator().manual_seed(seed_for(seed, "noise", str(name))))
        for name in names
    ]
    return (pictures + sd * torch.stack(drawn)[:, None].to(pictures)).clamp(0, 1)


def _turned(pictures: Tensor, degrees: float, margin: int) -> Tensor:
    """Turned about the middle; what comes in over the edge continues the edge."""
    wide = functional.pad(pictures, (margin, margin, margin, margin), mode="replicate")
    turned: Tensor = F.rotate(wide, degrees, InterpolationMode.BILINEAR)
    return turned[..., margin:-margin, margin:-margin]


def _as_it_is(maps: Tensor) -> Tensor:
    return maps
