"""How are superpixels given weights? A thousand pictures with some of them hidden, and a sum that fits the answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, get_args

import torch
from torch import Tensor

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.explain.coalitions import Coalitions
from xaimed.explain.contract import Explanation, asked_targets, predicted_class
from xaimed.explain.hidden import Fill, hidden
from xaimed.explain.lean import Lean, Precision
from xaimed.explain.sign import Sign, of_sign
from xaimed.explain.superpixels import Segmentation, painted, superpixels
from xaimed.explain.surrogate import Surrogate, nothing
from xaimed.explain.untouched import untouched
from xaimed.models.network import Network

FEWEST = 4  # samples, two for either half


@dataclass(frozen=True)
class BySuperpixels(ABC):
    """What LIME and Kernel SHAP have in common: which pictures are asked about differs, and how a sum is fitted.

    What is explained is the probability of the class. ``heatmap`` has each superpixel's weight on all its pixels, at
    the size of the picture. In ``extra``, each ``[B]`` but the first:

    * ``signed`` ``[B, H, W]``: the weights with their sign;
    * ``fit``: weighted R² of the sum, NaN where hiding changes no probability;
    * ``convergence``: the weights' relative standard error, lower is better (see ``Surrogate``);
    * ``superpixels``: how many were found.

    The pictures asked about follow from the seed and the number of superpixels, so that what is said of a picture does
    not depend on the batch in which it stands.

    Args:
        samples: pictures asked about.
        segments: about how many superpixels.
        segmentation: ``slic`` or ``grid``.
        fill: what stands where a superpixel is hidden: ``zero``, ``mean`` or ``blurred``.
        sign: whether the heatmap shows evidence for the class (``positive``), for or against it alike (``absolute``),
            or both with their sign (``signed``).
        precision: ``bf16`` asks a network that computes in half precision; the name of the explainer says so.
        seed: of the choice of pictures.
        exclusive: whether an image has one class; false for multi-label.
    """

    method: ClassVar[str]
    samples: int = 1000
    segments: int = 50
    segmentation: Segmentation = "slic"
    fill: Fill = "zero"
    sign: Sign = "positive"
    precision: Precision = "fp32"
    seed: int = 0
    exclusive: bool = True

    def __post_init__(self) -> None:
        """Refuse options that do not exist, and fewer samples than there are weights to be found."""
        known(self.method, segmentation=(self.segmentation, Segmentation))
        known(self.method, fill=(self.fill, Fill), sign=(self.sign, Sign), precision=(self.precision, Precision))
        if self.segments < 1:
            raise ConfigError("a picture has one superpixel or more", where=f"{self.method}.segments")
        if self.samples <= max(self.segments, FEWEST - 1):
            raise ConfigError(
                f"{self.samples} samples cannot tell {self.segments} superpixels apart",
                where=f"{self.method}.samples",
                fix="Ask for more samples, about twenty a superpixel, or for fewer segments.",
            )

    @property
    def name(self) -> str:
        """How files and panels call it; maps in half precision have a name of their own."""
        return named(self.method, self.precision)

    def check(self, network: Network) -> None:
        """Explain one blank image, so that a network that cannot be copied or asked is found before training."""
        like = next(network.parameters())
        blank = torch.zeros(1, 3, network.size, network.size, device=like.device)
        replace(self, samples=FEWEST, segments=1)(network, blank)

    def __call__(self, network: Network, images: Tensor, targets: Tensor | None = None) -> Explanation:
        """Heatmaps of ``images``, for their predicted classes or for ``targets``."""
        images = images.float()
        with untouched(network):
            logits = network(images)
            classes = predicted_class(logits) if targets is None else asked_targets(targets, logits)
            lean = Lean(network, images, self.precision)
            parts = [superpixels(image, self.segments, self.segmentation) for image in images]
            found = [self._explained(lean, *each) for each in zip(images, parts, classes.tolist(), strict=True)]
        maps = [painted(each.weights, of) for each, of in zip(found, parts, strict=True)]
        signed = torch.stack(maps).to(images.device)
        return Explanation(
            heatmap=of_sign(signed, self.sign),
            targets=classes,
            logits=logits,
            extra={
                "signed": signed,
                "fit": torch.tensor([each.fit for each in found]),
                "convergence": torch.tensor([each.convergence for each in found]),
                "superpixels": torch.tensor([len(each.weights) for each in found]),
            },
            asked=self.asked(),
        )

    def asked(self) -> dict[str, str | int | float]:
        """Everything that decides the maps."""
        return {"explainer": self.name, "score": "probability", **vars(self)}

    def _explained(self, lean: Lean, image: Tensor, parts: Tensor, target: int) -> Surrogate:
        absent = hidden(image, self.fill)
        coalitions = Coalitions(lean, image, absent, parts, target, self.exclusive)
        return nothing(coalitions.count) if torch.equal(image, absent) else self.fitted(coalitions)

    @abstractmethod
    def fitted(self, coalitions: Coalitions) -> Surrogate:
        """The weights of one picture's superpixels."""


def known(method: str, **asked: tuple[str, Any]) -> None:
    """Refuse an option that is not one of its ``Literal``."""
    for option, (value, choices) in asked.items():
        names: Sequence[str] = get_args(choices)
        if value not in names:
            raise ConfigError(
                f"there is no {option} '{value}'", where=f"{method}.{option}", fix=near_miss(value, names)
            )


def named(method: str, precision: Precision) -> str:
    """The method, and the precision where it is not the usual one."""
    return method if precision == "fp32" else f"{method}_{precision}"
