"""What do the pixels add between an empty picture and this one? What integrated gradients and gradient SHAP share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import ClassVar, get_args

import torch
from torch import Tensor

from xaimed.explain.contract import Explanation, asked_targets, class_score, predicted_class
from xaimed.explain.hidden import Fill, hidden
from xaimed.explain.options import one_of, whole
from xaimed.explain.pixel_gradients import PixelGradients
from xaimed.explain.sign import Sign, of_sign
from xaimed.explain.untouched import untouched
from xaimed.models.network import Network

SMALLEST_CHANGE = 1e-6


@dataclass(frozen=True, kw_only=True)
class PathAttribution(ABC):
    """Gradients of the class score on lines from a baseline x′ to the picture x, times the way, added up.

    The score F is the logit of the class; a single logit is negated for class 0. Of a hybrid it is the decision as far
    as its CNN branch moves it; see ``PixelGradients``. A pixel has one value: the sum over its three colours, which of
    a grey picture are three times the same. The heatmap is on the image's grid. In ``extra``:

    * ``signed`` ``[B, H, W]``: what speaks for the class (positive) and against it, raw; the heatmap is made of it;
    * ``convergence`` ``[B]``: ``|Σ signed - (F(x) - F(x′))| / |F(x) - F(x′)|``, the gap of the sum; 0 is exact.

    Args:
        baseline: the picture x′ without anything to see: ``zero``, 0 after normalisation, hence the mean colour of the
            data that normalise; ``mean``, the picture's own mean colour; ``blurred``, the picture out of focus.
        sign: what of the signed values the heatmap shows: ``absolute``, ``positive`` or ``signed``.
        at_once: points computed together; null for 8 on a CPU and 64 on a GPU, and fewer where memory is short.
    """

    baseline: Fill = "zero"
    sign: Sign = "absolute"
    at_once: int | None = None
    name: ClassVar[str]
    straight: ClassVar[bool]
    """Whether all points of an image lie on one line."""

    def __post_init__(self) -> None:
        """Refuse what cannot be asked."""
        one_of(self.baseline, get_args(Fill), f"{self.name}.baseline")
        one_of(self.sign, get_args(Sign), f"{self.name}.sign")
        if self.at_once is not None:
            whole(self.at_once, f"{self.name}.at_once")

    @property
    @abstractmethod
    def points(self) -> int:
        """How many points each image needs."""

    @abstractmethod
    def attributed(self, asker: PixelGradients, group: Tensor, baselines: Tensor) -> Tensor:
        """What the pixels ``[G, 3, H, W]`` of a group of images add."""

    def check(self, network: Network) -> None:
        """Differentiate one blank image, so that logits without a gradient are found before training."""
        like = next(network.parameters())
        with untouched(network):
            blank = torch.zeros(1, 3, network.size, network.size, device=like.device)
            first = torch.zeros(1, dtype=torch.int64, device=like.device)
            PixelGradients(network, blank, first).gradients(blank, first)

    def __call__(self, network: Network, images: Tensor, targets: Tensor | None = None) -> Explanation:
        """Heatmaps of ``images``, for their predicted classes or for ``targets``."""
        with untouched(network):
            images = images.float()
            logits = network(images)
            classes = predicted_class(logits) if targets is None else asked_targets(targets, logits)
            asker = PixelGradients(network, images, classes, self.at_once, behind_first=self.straight)
            maps, changes = [], []
            for group in asker.groups(self.points):
                baselines = torch.stack([hidden(image, self.baseline) for image in images[group]])
                maps.append(self.attributed(asker, group, baselines).sum(1))
                empty = asker.scores(asker.first(baselines), group)
                changes.append(class_score(logits[group], classes[group]) - empty)
            signed = torch.cat(maps)
        return Explanation(
            heatmap=of_sign(signed, self.sign),
            targets=classes,
            logits=logits,
            extra={"signed": signed, "convergence": gap(signed, torch.cat(changes))},
            asked={"explainer": self.name, **self._options()},
        )

    def _options(self) -> dict[str, str | int | float]:
        """What decides the map."""
        return {option.name: getattr(self, option.name) for option in fields(self) if option.name != "at_once"}


def gap(signed: Tensor, change: Tensor) -> Tensor:
    """How far the sums of maps ``[B, H, W]`` are from the changes ``[B]`` that they explain, as a share of these."""
    off = (signed.sum((1, 2)) - change).abs()
    return (off / change.abs().clamp_min(SMALLEST_CHANGE)).float()
