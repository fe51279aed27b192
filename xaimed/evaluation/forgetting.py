"""How does a network forget what it has learned? Stage by stage, from the decision back to the picture."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from xaimed.data.randomness import seed_for, seeded
from xaimed.models.network import Network
from xaimed.models.stages import stages_of

HEAD, ALL = "head", "all"


@dataclass(frozen=True)
class Forgotten:
    """A network that has forgotten everything from its head down to a stage.

    Attributes:
        down_to: ``head``, the name of a stage of the body, or ``all``.
        network: a copy; it is changed when the next one is asked for.
    """

    down_to: str
    network: Network


def forgetting(network: Network, steps: int, *chance: int | str) -> Iterator[Forgotten]:
    """Copies of the network that know less and less (Adebayo et al. 2018, cascading randomisation).

    The first has lost its head, the last everything, BatchNorm included. Where the body has more stages than there are
    steps between, several are lost at once. Drawn on the CPU, so that a network forgets the same on any device.

    Args:
        network: is not touched.
        steps: at most so many copies, two at least.
        chance: what the new weights are drawn from, besides the names of the layers.
    """
    like = next(network.parameters()).device
    losing = copy.deepcopy(network).cpu()
    stages = list(reversed(stages_of(losing.body)))
    forget([losing.head], [], *chance, HEAD)
    yield Forgotten(HEAD, _at(losing, like))
    stops = _spread(len(stages), max(1, steps - 1))
    for number, stage in enumerate(stages):
        forget(stage.modules, stage.loose, *chance, stage.name)
        if number in stops:
            yield Forgotten(ALL if number == len(stages) - 1 else stage.name, _at(losing, like))


def forget(modules: Sequence[nn.Module], loose: Sequence[Tensor], *chance: int | str) -> None:
    """New weights, in place: a layer's own ``reset_parameters`` where it has one, which resets statistics as well.

    Elsewhere (a class token, a fitted SVM) the numbers of each tensor change places, so that mean and SD stay. Whole
    numbers, which are no weights, and buffers that are not saved stay as they are.
    """
    for tensor, number in ((tensor, str(at)) for at, tensor in enumerate(loose)):
        _permute(tensor, *chance, "loose", number)
    for at, module in enumerate(modules):
        for name, layer in module.named_modules():
            reset: Any = getattr(layer, "reset_parameters", None)
            if callable(reset):
                with seeded(*chance, at, name):
                    reset()
                continue
            for of, tensor in _own(layer):
                _permute(tensor, *chance, at, name, of)


def _own(layer: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """The layer's own weights and saved buffers."""
    yield from layer.named_parameters(recurse=False)
    passing = layer._non_persistent_buffers_set
    yield from ((name, buffer) for name, buffer in layer.named_buffers(recurse=False) if name not in passing)


def _permute(tensor: Tensor, *chance: int | str) -> None:
    if tensor.is_floating_point():
        order = torch.randperm(tensor.numel(), generator=torch.Generator().manual_seed(seed_for(*chance)))
        with torch.no_grad():
            tensor.copy_(tensor.detach().flatten()[order].view(tensor.shape))


def _spread(count: int, stops: int) -> set[int]:
    """The last of ``count`` and up to ``stops`` - 1 others, evenly before it."""
    return {round((step + 1) * count / min(stops, count)) - 1 for step in range(min(stops, count))}


def _at(network: Network, device: torch.device) -> Network:
    return network if device.type == "cpu" else copy.deepcopy(network).to(device)
