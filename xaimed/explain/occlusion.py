"""What does the score lose when a window of the picture is covered? Occlusion, through captum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, get_args

import captum.attr
import torch
from torch import Tensor

from xaimed.errors import ConfigError, ExplainError
from xaimed.explain.contract import Explanation, asked_targets, class_score, predicted_class
from xaimed.explain.hidden import Fill, hidden
from xaimed.explain.lean import Lean
from xaimed.explain.options import one_of, whole
from xaimed.explain.sign import Sign, of_sign
from xaimed.explain.untouched import untouched
from xaimed.models.network import Network


@dataclass(frozen=True)
class Occlusion:
    """Occlusion (Zeiler & Fergus 2014): how much the class score drops when a window is covered.

    The score is the logit of the class (a single logit is negated for class 0). The window slides by ``stride`` over
    the picture, the last in each direction running over its edge; a pixel has the mean drop of the windows that cover
    it, on the image's grid. ``extra["signed"]`` has these drops, negative where the score rises; the heatmap is made of
    them. Only predictions are needed: any network can be explained, and of a hybrid the whole decision is.

    Args:
        window: side of the window: a share of the picture's shorter side where it is a fraction, else pixels.
        stride: likewise, at most the window.
        fill: what covers: ``zero``, 0 after normalisation, hence the mean colour of the data that normalise; ``mean``,
            the picture's own mean colour; ``blurred``, the picture out of focus.
        sign: what of the signed values the heatmap shows: ``absolute``, ``positive`` or ``signed``.
        at_once: pictures predicted together; null for 4 on a CPU and 256 elsewhere, and fewer where memory is short.
    """

    window: int | float = 0.2
    stride: int | float = 0.1
    fill: Fill = "zero"
    sign: Sign = "positive"
    at_once: int | None = None
    name: ClassVar[str] = "occlusion"

    def __post_init__(self) -> None:
        """Refuse what cannot be asked."""
        for option, length in (("window", self.window), ("stride", self.stride)):
            if isinstance(length, float) and not 0 < length <= 1:
                raise ConfigError(f"{length!r} is no share of the side", where=f"{self.name}.{option}", fix="Give 0.2.")
            if not isinstance(length, float):
                whole(length, f"{self.name}.{option}")
        one_of(self.fill, get_args(Fill), f"{self.name}.fill")
        one_of(self.sign, get_args(Sign), f"{self.name}.sign")
        if self.at_once is not None:
            whole(self.at_once, f"{self.name}.at_once")

    def check(self, network: Network) -> None:
        """Refuse windows that do not fit into the network's images, or leave gaps."""
        self.lengths(network.size)

    def lengths(self, side: int) -> tuple[int, int]:
        """Window and stride in pixels on pictures whose shorter side has so many."""
        window, stride = (
            max(1, round(length * side)) if isinstance(length, float) else length
            for length in (self.window, self.stride)
        )
        if not stride <= window <= side:
            raise ExplainError(
                f"a window of {window} px in steps of {stride} px does not cover a picture of {side} px",
                where=f"explainer.{self.name}",
                fix="The stride must not exceed the window, nor the window the picture.",
            )
        return window, stride

    def __call__(self, network: Network, images: Tensor, targets: Tensor | None = None) -> Explanation:
        """Heatmaps of ``images``, for their predicted classes or for ``targets``."""
        window, stride = self.lengths(min(images.shape[-2:]))
        with untouched(network):
            images = images.float()
            logits = network(images)
            classes = predicted_class(logits) if targets is None else asked_targets(targets, logits)
            lean = Lean(network, images, at_once=self.at_once)

            def score(covered: Tensor, meant: Tensor) -> Tensor:
                return class_score(lean.logits(covered), meant)

            found: Tensor = captum.attr.Occlusion(score).attribute(
                images,
                sliding_window_shapes=(3, window, window),
                strides=(3, stride, stride),
                baselines=torch.stack([hidden(image, self.fill) for image in images]),
                additional_forward_args=(classes,),
                perturbations_per_eval=max(1, lean.at_once // len(images)),
            )
        signed = found[:, 0].contiguous()  # a window covers all colours, so they all have its drop
        return Explanation(
            heatmap=of_sign(signed, self.sign),
            targets=classes,
            logits=logits,
            extra={"signed": signed},
            asked={"explainer": self.name, "window": window, "stride": stride, "fill": self.fill, "sign": self.sign},
        )
