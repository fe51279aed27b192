"""Where is a torchvision model cut in two? What every family says about itself, and what many of them share."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn


@dataclass(frozen=True)
class Anatomy:
    """How torchvision's model of one architecture becomes a body and a head."""

    body: Callable[[nn.Module], nn.Module]
    """What leads to the feature vector."""
    head: Callable[[nn.Module], nn.Sequential]
    """What the paper has behind it: dropout and dense layers."""
    last: str
    """The layer that decides between ImageNet's classes; it is replaced."""
    explained: str
    """The layer of the body that is explained."""
    to_grid: Callable[[Tensor], Tensor] | None = None
    """The explained layer's output as a map, where it is not one."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What torchvision must be told to build it."""
    ignored: tuple[str, ...] = ()
    """Layers that torchvision's files have and the network has not: auxiliary classifiers."""
    smallest: int | None = None
    """Side of the smallest image; None for what torchvision says."""
    patch: int | None = None
    """Side of a patch, where the network is built for one image size only."""


def pooled(**parts: nn.Module) -> nn.Sequential:
    """The parts one after the other, and a vector at the end."""
    return nn.Sequential(OrderedDict(parts, flatten=nn.Flatten()))


def children_but(*left_out: str) -> Callable[[nn.Module], nn.Sequential]:
    """The model's parts in their order without those named, and a vector at the end."""
    return lambda model: pooled(**{name: part for name, part in model.named_children() if name not in left_out})


def features_pooled(model: nn.Module) -> nn.Sequential:
    """``features``, then the mean over the grid (or the model's own pooling)."""
    pool = dict(model.named_children()).get("avgpool", nn.AdaptiveAvgPool2d(1))
    return pooled(features=model.get_submodule("features"), avgpool=pool)


def classifier(model: nn.Module) -> nn.Sequential:
    """The dense layers that torchvision calls ``classifier``, all of them."""
    dense = model.get_submodule("classifier")
    assert isinstance(dense, nn.Sequential)
    return dense


def only(last: str) -> Callable[[nn.Module], nn.Sequential]:
    """A head of one dense layer."""
    return lambda model: nn.Sequential(OrderedDict(last=model.get_submodule(last)))


def with_dropout(head: nn.Sequential, dropout: float | None) -> nn.Sequential:
    """The head with its own dropouts at that probability; a head without any gets one before its last layer."""
    own = [part for part in head if isinstance(part, nn.Dropout)]
    for part in own:
        part.p = part.p if dropout is None else dropout
    if own or not dropout:
        return head
    *before, last = head.named_children()
    return nn.Sequential(OrderedDict([*before, ("dropout", nn.Dropout(dropout)), last]))
