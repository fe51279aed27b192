"""How does a class score change with each pixel? Asked of a lean copy of the network, many points at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce

import torch
from torch import Tensor, nn

from xaimed.errors import ExplainError
from xaimed.explain.contract import class_score
from xaimed.explain.first_layer import Told, cut_off_first
from xaimed.explain.lean import Lean
from xaimed.explain.pieces import pieces
from xaimed.models.hybrid.network import HybridNetwork, JoinedBody
from xaimed.models.network import Network

AT_ONCE = {"cpu": 8, "cuda": 64}
Points = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""From images and numbers of points, ``[R]`` each: the points ``[R, ...]`` and what their gradients are taken times."""


class PixelGradients:
    """A network's class scores around given images, and their gradients.

    Weights have no gradients, BatchNorm is folded and memory is channels-last; the network itself is not touched. Of a
    hybrid the handcrafted features, which have no gradient, are held at those of the image: what is differentiated is
    the decision as far as the CNN branch moves it.

    With ``behind_first`` points and gradients are those of the first layer's output, where that is possible. A straight
    line between two images is straight there too, so that this layer need not be run at every point of it.

    Args:
        network: what is asked; call it inside ``untouched``.
        images: ``[B, 3, H, W]``.
        targets: ``[B]``, the class whose score is meant.
        at_once: points computed together at first; fewer where memory does not allow it.
        behind_first: whether the first layer may be taken off.
    """

    def __init__(
        self, network: Network, images: Tensor, targets: Tensor, at_once: int | None = None, behind_first: bool = False
    ) -> None:
        self.images = images.contiguous(memory_format=torch.channels_last)
        self.targets = targets
        self.at_once = at_once or AT_ONCE.get(images.device.type, 8)
        self._network = Lean(network, images).network
        self._measured, self._held = _hold(self._network, self.images)
        self.first: nn.Module = nn.Identity()
        self._behind: Told | None = None
        if behind_first and (cut := cut_off_first(self._network, self.images[:1])):
            self.first, self._behind = cut

    def scores(self, points: Tensor, of: Tensor) -> Tensor:
        """The class score ``[R]`` at points ``[R, ...]`` around the images ``of``."""
        points = points.contiguous(memory_format=torch.channels_last)
        if self._held is not None:
            self._held.value = self._measured[of]
        if self._behind is not None:
            self._behind.value = points
            points = self.images.new_zeros(()).expand(len(points), *self.images.shape[1:])
        return class_score(self._network(points), self.targets[of])

    def gradients(self, points: Tensor, of: Tensor) -> Tensor:
        """The gradient of the class score at each point, ``[R, ...]``."""
        points = points.detach().requires_grad_()
        with torch.enable_grad():
            score = self.scores(points.clone(), of).sum()  # what follows may work in place
            found = torch.autograd.grad(score, points, allow_unused=True)[0] if score.requires_grad else None
        if found is None:
            raise ExplainError(
                "the logits cannot be differentiated with respect to the pixels",
                fix="Ask an explainer that only needs predictions, such as occlusion.",
            )
        return found

    def through_first(self, of: Tensor, gradients: Tensor) -> Tensor:
        """Gradients behind the first layer as gradients ``[R, 3, H, W]`` of the pixels."""
        with torch.enable_grad():
            pixels = self.images[of].requires_grad_()
            found: Tensor = torch.autograd.grad(self.first(pixels), pixels, gradients)[0]
        return found

    def groups(self, points: int) -> Iterator[Tensor]:
        """The numbers of the images, as many at a time as have their points computed together, or one."""
        everything = torch.arange(len(self.images), device=self.images.device)
        return iter(torch.split(everything, max(1, self.at_once // points)))

    def total(self, group: Tensor, count: int, points: Points) -> Tensor:
        """Of each image of a group, the sum over its ``count`` points of gradient times factor."""

        def part(rows: slice) -> Tensor:
            row = torch.arange(rows.start, rows.stop, device=group.device)
            of, number = group[row // count], row % count
            places, factors = points(of, number)
            mine = (group[:, None] == of).to(places.dtype)
            total: Tensor = torch.tensordot(mine, factors * self.gradients(places, of), 1)
            return total

        return reduce(torch.add, pieces(len(group) * count, part, self.at_once))


def _hold(network: Network, images: Tensor) -> tuple[Tensor, Told | None]:
    """The handcrafted features of a hybrid's images, and the layer that gives them from now on."""
    if not isinstance(network, HybridNetwork):
        return images.new_empty(0), None
    body = network.body
    assert isinstance(body, JoinedBody)
    measured = body.measured(images)
    held = Told(measured[:1])
    body.handcrafted = held  # type: ignore[assignment]
    return measured, held
