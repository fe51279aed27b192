"""What if gradients are not trusted? Maps from what the activation is, or from what changes when it is changed.

Written out here and tested against the grad-cam package, which for these swaps modules of the network for the time of
the call (and leaves them swapped after an error), draws progress bars, and looks at the smallest value of a whole batch
to decide how a channel of one picture is removed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from xaimed.errors import ConfigError
from xaimed.explain.contract import Explanation, asked_targets, class_score, predicted_class
from xaimed.explain.gradcam import GradCAM, body_from_explained_layer, on_grid, weighted_map
from xaimed.explain.untouched import untouched
from xaimed.models.network import Network


@dataclass(frozen=True)
class _WithoutGradients:
    """What the three have in common: one forward for the activation and the class, then picture by picture."""

    name: ClassVar[str]

    def check(self, network: Network) -> None:
        """Refuse a layer without a grid; not by one of these maps, which can take as long as training."""
        GradCAM().check(network)

    def __call__(self, network: Network, images: Tensor, targets: Tensor | None = None) -> Explanation:
        """Heatmaps of ``images``, for their predicted classes or for ``targets``."""
        images = images.float()
        with untouched(network):
            activation, features = (each.detach() for each in body_from_explained_layer(network, images))
            on_grid(network, activation)
            logits = network.head(features)
            classes = predicted_class(logits) if targets is None else asked_targets(targets, logits)
            # One by one, so that what is said of a picture does not depend on the batch in which it stands.
            rows = zip(*(torch.split(each, 1) for each in (images, activation, classes)), strict=True)
            heatmap = torch.cat([self.raw_map(network, *row) for row in rows])
        options = {option.name: getattr(self, option.name) for option in fields(self)}
        asked = {"explainer": self.name, "layer": network.explained, **options}
        return Explanation(heatmap, classes, logits, asked=asked)

    def raw_map(self, network: Network, image: Tensor, activation: Tensor, target: Tensor) -> Tensor:
        """The map ``[1, h, w]`` of one image."""
        raise NotImplementedError


@dataclass(frozen=True)
class EigenCAM(_WithoutGradients):
    """Eigen-CAM (Muhammad and Yeasin 2020): what most of the activation varies along. It knows of no class.

    The cells' vectors of channels, less their mean, projected on their first principal direction, as in the grad-cam
    package. Of that direction's two signs the one is taken along which the activations grow; the package takes
    whichever comes out.
    """

    name: ClassVar[str] = "eigencam"

    def raw_map(self, network: Network, image: Tensor, activation: Tensor, target: Tensor) -> Tensor:
        """The rectified projection."""
        seen = on_grid(network, activation)[0].double()
        cells = seen.flatten(1).T
        centred = cells - cells.mean(0)
        _, _, directions = torch.linalg.svd(centred, full_matrices=False)
        projected = centred @ directions[0]
        grows = projected @ centred.sum(1) >= 0
        return torch.where(grows, projected, -projected).relu().reshape(1, *seen.shape[1:]).float()


@dataclass(frozen=True)
class ScoreCAM(_WithoutGradients):
    """Score-CAM (Wang et al. 2020): a channel counts by the class score of the picture seen through it alone.

    A channel is drawn at the picture's size (bilinear, corners aligned), scaled to 0..1 and multiplied with the
    picture; the softmax of the class's logits over channels weighs them. It costs a forward for each channel.

    Args:
        batch_size: pictures that are run together.
    """

    name: ClassVar[str] = "scorecam"
    batch_size: int = 32

    def __post_init__(self) -> None:
        """Refuse batches of nothing."""
        _check_batch(self.batch_size, self.name)

    def raw_map(self, network: Network, image: Tensor, activation: Tensor, target: Tensor) -> Tensor:
        """Channels weighted by what the network says of the picture through each."""
        scores = []
        for channels in torch.split(on_grid(network, activation)[0], self.batch_size):
            drawn = functional.interpolate(channels[:, None], image.shape[-2:], mode="bilinear", align_corners=True)
            lowest, highest = drawn.amin((2, 3), keepdim=True), drawn.amax((2, 3), keepdim=True)
            logits = network(image * ((drawn - lowest) / (highest - lowest + 1e-8)))
            scores.append(class_score(logits, target.expand(len(logits))))
        return weighted_map(network, activation, torch.cat(scores).softmax(0)[None])


@dataclass(frozen=True)
class AblationCAM(_WithoutGradients):
    """Ablation-CAM (Desai and Ramaswamy 2020): a channel counts by how far the class score falls when it is set to 0.

    The paper divides the fall by the score. That only scales the map, and turns it over where the score is negative, so
    it is left out. It costs a run of the layers behind the explained one for each channel, and of those before it for
    each batch of channels.

    Args:
        batch_size: channels that are set to zero together, each in a row of its own.
    """

    name: ClassVar[str] = "ablationcam"
    batch_size: int = 128

    def __post_init__(self) -> None:
        """Refuse batches of nothing."""
        _check_batch(self.batch_size, self.name)

    def raw_map(self, network: Network, image: Tensor, activation: Tensor, target: Tensor) -> Tensor:
        """Channels weighted by what the class loses without each."""
        owner = _channel_of(network, activation)
        count = on_grid(network, activation).shape[1]
        whole = _scores(network, image, activation, target)
        alone = self.batch_size > 1 and _one_row_will_do(network, image, activation, whole, target)
        scores = []
        for channels in torch.split(torch.arange(1, count + 1, device=image.device), self.batch_size):
            without = activation * (owner != channels.view(-1, *(1 for _ in activation.shape[1:])))
            seen = image if alone else image.expand(len(channels), -1, -1, -1)
            scores.append(_scores(network, seen, without, target))
        return weighted_map(network, activation, (whole - torch.cat(scores))[None])


def _check_batch(size: int, name: str) -> None:
    if isinstance(size, bool) or size < 1:
        raise ConfigError(f"{size!r} is no whole number of at least 1", where=f"{name}.batch_size")


def _channel_of(network: Network, activation: Tensor) -> Tensor:
    """For each number of the layer's output the channel of the grid that shows it, from 1; 0 if none does.

    ``to_grid`` only moves numbers, so its transpose moves the channels' names back.
    """
    grid, back = torch.func.vjp(network.grid, activation)[:2]
    names = torch.arange(1, grid.shape[1] + 1, device=grid.device, dtype=grid.dtype)
    owner: Tensor = back(names[:, None, None].expand_as(grid))[0]
    return owner


def _scores(network: Network, image: Tensor, output: Tensor, target: Tensor) -> Tensor:
    """The class score of each row of ``output``, given in place of what the explained layer gives."""
    with _replaced(network.explained_layer(), output):
        logits: Tensor = network(image)
    return class_score(logits, target.expand(len(logits)))


@contextmanager
def _replaced(layer: nn.Module, output: Tensor) -> Iterator[None]:
    def replace(module: nn.Module, inputs: Any, found: Any) -> Tensor:
        return output.clone()  # what follows may work in place

    handle = layer.register_forward_hook(replace)
    try:
        yield
    finally:
        handle.remove()


def _one_row_will_do(network: Network, image: Tensor, activation: Tensor, whole: Tensor, target: Tensor) -> bool:
    """Whether the layers before the explained one may see the picture once while those behind see many rows.

    Not where something that does not pass through the explained layer is concatenated with what does.
    """
    try:
        twice = _scores(network, image, activation.expand(2, *activation.shape[1:]), target)
    except RuntimeError:
        return False
    return twice.shape == (2,) and torch.allclose(twice, whole.expand(2), rtol=1e-3, atol=1e-5)
