"""How sure is the heatmap? Grad-CAM over networks sampled by dropout: their mean map, and how far they disagree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaimed.errors import ConfigError, ExplainError
from xaimed.explain.contract import Explanation, asked_targets
from xaimed.explain.dropout import sampled
from xaimed.explain.gradcam import (
    GradCAM,
    body_from_explained_layer,
    channel_weights,
    score_gradient,
    weighted_map,
)
from xaimed.explain.predictive import mutual_information, predictive_entropy, probabilities
from xaimed.explain.untouched import untouched
from xaimed.models.network import Network, active_dropouts_in

AT_ONCE = 2**26  # numbers in the activations of the passes that are computed together, 256 MB of them


@dataclass(frozen=True)
class MCDropoutGradCAM:
    """Grad-CAM under Monte-Carlo dropout (Gal and Ghahramani 2016).

    ``heatmap`` is the mean of the passes' raw maps, each rectified by itself; ``uncertainty`` is their standard
    deviation with divisor P. The class is that of the highest mean probability, the same in every pass. In ``extra``:

    * ``certainty_weighted`` ``[B, h, w]``: mean² / (mean + SD), the mean where passes agree, half of it where the SD
      is as large as the mean;
    * ``predictive_entropy`` and ``mutual_information`` ``[B]``, in nats;
    * ``passes_logits`` ``[P, B, outputs]``.

    With dropout in the head alone, body and head up to the first dropout run once, and only what follows is sampled.
    With dropout in the body, whole passes are run.

    Args:
        passes: how many networks are sampled.
        seed: of the dropout masks.
        exclusive: whether an image has one class; false for multi-label.
    """

    name: ClassVar[str] = "mc_gradcam"
    passes: int = 20
    seed: int = 0
    exclusive: bool = True

    def __post_init__(self) -> None:
        """Refuse a spread over fewer than two passes."""
        if self.passes < 2:
            raise ConfigError(
                f"{self.passes} passes have no spread", where="mc_gradcam.passes", fix="Ask for 2 or more."
            )

    def check(self, network: Network) -> None:
        """Refuse a network without dropout: all its passes would be equal and their agreement would mean nothing."""
        if not network.has_active_dropout():
            raise ExplainError(
                "MC-dropout Grad-CAM was asked for, and the network has no dropout with p > 0",
                where="explainer.mc_gradcam",
                fix="Say backbone.dropout=0.2, or leave this explainer out.",
            )
        GradCAM().check(network)

    def __call__(self, network: Network, images: Tensor, targets: Tensor | None = None) -> Explanation:
        """Mean maps and their spread, for the classes of highest mean probability or for ``targets``."""
        if not network.has_active_dropout():
            self.check(network)
        sample = _WholePasses if active_dropouts_in(network.body) else _HeadPasses
        with untouched(network):
            passes = sample(network, images.float(), self.passes, self.seed)
            logits = passes.logits
            chances = probabilities(logits, self.exclusive)
            classes = chances.mean(0).argmax(1) if targets is None else asked_targets(targets, logits[0])
            maps = torch.cat(list(passes.maps(classes)))
        mean, spread = maps.mean(0), maps.std(0, correction=0)
        return Explanation(
            heatmap=mean,
            targets=classes,
            logits=passes.settled,
            uncertainty=spread,
            extra={
                "certainty_weighted": mean.square() / (mean + spread).clamp_min(torch.finfo(mean.dtype).tiny),
                "predictive_entropy": predictive_entropy(chances, self.exclusive),
                "mutual_information": mutual_information(chances, self.exclusive),
                "passes_logits": logits,
            },
            asked={"explainer": self.name, "layer": network.explained, "passes": self.passes, "seed": self.seed},
        )


class _HeadPasses:
    """Passes that differ only behind the head's first dropout; everything before it is run once."""

    def __init__(self, network: Network, images: Tensor, passes: int, seed: int) -> None:
        first = next(i for i, part in enumerate(network.head) if active_dropouts_in(part))
        self.network = network
        self.activation, features = body_from_explained_layer(network, images)
        tail = network.head[first:]
        with torch.enable_grad():
            self.vector = network.head[:first](features)
        self.settled: Tensor = tail(self.vector.detach().clone())  # the tail may work in place
        self.samples: list[tuple[int, Tensor, Tensor]] = []
        for chunk in _chunks(passes, self.activation):
            vectors = self.vector.detach().repeat(len(chunk), *(1 for _ in self.vector.shape[1:])).requires_grad_()
            with torch.enable_grad(), sampled(network, chunk, seed):
                self.samples.append((len(chunk), vectors, tail(vectors.clone())))
        self.logits = torch.cat([_by_pass(logits.detach(), count) for count, _, logits in self.samples])

    def maps(self, targets: Tensor) -> Iterator[Tensor]:
        """The passes' raw maps ``[p, B, h, w]``, chunk by chunk."""
        for count, vectors, logits in self.samples:
            pulls = _by_pass(score_gradient(logits, targets.repeat(count), vectors), count)
            (gradients,) = torch.autograd.grad(
                self.vector, self.activation, pulls, is_grads_batched=True, retain_graph=True
            )
            weights = _by_pass(channel_weights(self.network, gradients.flatten(0, 1)), count)
            yield weighted_map(self.network, self.activation, weights)


class _WholePasses:
    """Passes that differ from somewhere in the body on; each is run whole, several in one batch."""

    def __init__(self, network: Network, images: Tensor, passes: int, seed: int) -> None:
        self.network = network
        self.settled: Tensor = network(images)
        self.samples: list[tuple[int, Tensor, Tensor]] = []
        for p in range(passes):
            with sampled(network, [p], seed):
                activation, features = body_from_explained_layer(network, images)
                with torch.enable_grad():
                    self.samples.append((1, activation, network.head(features)))
        self.logits = torch.cat([_by_pass(logits.detach(), count) for count, _, logits in self.samples])

    def maps(self, targets: Tensor) -> Iterator[Tensor]:
        """The passes' raw maps ``[1, B, h, w]``, pass by pass."""
        for _, activation, logits in self.samples:
            weights = channel_weights(self.network, score_gradient(logits, targets, activation))
            yield weighted_map(self.network, activation, weights)[None]


def _chunks(passes: int, activation: Tensor) -> Iterator[range]:
    """The passes in groups whose gradients on the layer's grid fit ``AT_ONCE``."""
    size = max(1, AT_ONCE // max(1, activation.numel()))
    return (range(start, min(start + size, passes)) for start in range(0, passes, size))


def _by_pass(rows: Tensor, count: int) -> Tensor:
    """Rows ``[p*B, ...]`` as ``[p, B, ...]``."""
    return rows.reshape(count, -1, *rows.shape[1:])
