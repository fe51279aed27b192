"""What do several explainers say together? The weighted sum of their maps, each first brought to one scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.explain.contract import Explainer, Explanation
from xaimed.models.network import Network


@dataclass(frozen=True)
class Part:
    """One explainer of a fusion, and how much it counts."""

    explainer: Explainer
    weight: float


@dataclass(frozen=True)
class Fusion:
    """``Σ weight · map / Σ weight`` over the parts' maps, each on the image's grid (bilinear) and on one scale.

    The hybrid paper, whose weights are the default, does not say how maps of different units are made comparable.
    ``normalise`` says it here, image by image:

    * ``max``: what speaks against the class is set to 0, the rest divided by its maximum, so that it runs from 0 to 1;
    * ``minmax``: the lowest value becomes 0 and the highest 1, so that evidence against the class is only less of it;
    * ``sum``: as ``max``, divided by the sum, so that each part has a mass of 1, however narrow.

    A map without any evidence (for ``minmax``: without any contrast) stays zero and takes its weight with it. All parts
    explain the same class: the one asked for, or the one that the first part explains. There is no uncertainty. In
    ``extra`` stands the raw map of every part, ``part_<name>``, so that other weights need no new explanations.

    Args:
        parts: explainers and weights by name; the weights are divided by their sum.
        normalise: ``max``, ``minmax`` or ``sum``.
    """

    parts: Mapping[str, Part]
    normalise: str = "max"
    name: ClassVar[str] = "fusion"

    def __post_init__(self) -> None:
        """Refuse weights that weigh nothing, and ways of normalising that there are not."""
        if not self.parts or any(part.weight < 0 for part in self.parts.values()) or not self._total > 0:
            told = {name: part.weight for name, part in self.parts.items()}
            raise ConfigError(
                f"the weights {told} leave nothing to fuse",
                where="fusion.parts",
                fix="No weight may be negative, and one must be above 0.",
            )
        if self.normalise not in SCALES:
            raise ConfigError(
                f"there is no way '{self.normalise}' to normalise",
                where="fusion.normalise",
                fix=near_miss(self.normalise, SCALES),
            )

    def check(self, network: Network) -> None:
        """Refuse a network that one of the parts cannot explain."""
        for part in self.parts.values():
            part.explainer.check(network)

    def __call__(self, network: Network, images: Tensor, targets: Tensor | None = None) -> Explanation:
        """The fused heatmaps ``[B, H, W]`` on the grid of the images."""
        found: dict[str, Explanation] = {}
        for name, part in self.parts.items():
            found[name] = part.explainer(network, images, targets)
            targets = found[name].targets
        first = next(iter(found.values()))
        scale = SCALES[self.normalise]
        fused = torch.stack(
            [
                part.weight / self._total * scale(_drawn(found[name].heatmap, images))
                for name, part in self.parts.items()
            ]
        ).sum(0)
        weights = {f"weight of {name}": part.weight for name, part in self.parts.items()}
        options = {
            f"{name}: {key}": value for name, explanation in found.items() for key, value in explanation.asked.items()
        }
        return Explanation(
            heatmap=fused,
            targets=first.targets,
            logits=first.logits,
            extra={f"part_{name}": explanation.heatmap for name, explanation in found.items()},
            asked={"explainer": self.name, "normalise": self.normalise, **weights, **options},
        )

    @property
    def _total(self) -> float:
        return sum(part.weight for part in self.parts.values())


def _drawn(maps: Tensor, images: Tensor) -> Tensor:
    """Raw maps on the grid of the images."""
    size = images.shape[-2:]
    if maps.shape[-2:] == size:
        return maps
    return functional.interpolate(maps[:, None], size, mode="bilinear", align_corners=False)[:, 0]


def _by_max(maps: Tensor) -> Tensor:
    return _divided(maps.relu(), maps.amax((1, 2), keepdim=True))


def _by_minmax(maps: Tensor) -> Tensor:
    lowest = maps.amin((1, 2), keepdim=True)
    return _divided(maps - lowest, maps.amax((1, 2), keepdim=True) - lowest)


def _by_sum(maps: Tensor) -> Tensor:
    # By the maximum first: the sum of many small numbers could underflow.
    scaled = _by_max(maps)
    return _divided(scaled, scaled.sum((1, 2), keepdim=True))


def _divided(maps: Tensor, by: Tensor) -> Tensor:
    """``maps / by``, and zero where there is nothing to divide by."""
    return torch.where(by > 0, maps / by.where(by > 0, 1), 0)


SCALES: Mapping[str, Callable[[Tensor], Tensor]] = {"max": _by_max, "minmax": _by_minmax, "sum": _by_sum}
