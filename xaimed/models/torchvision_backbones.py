"""How does a torchvision classifier become a network? Cut before its dense layers, the last of them replaced."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from torch import nn
from torchvision import models

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.models.network import Network
from xaimed.models.weights import fit, pretrained_state


@dataclass(frozen=True)
class Anatomy:
    """Where a torchvision model is cut, and which of its layers is explained."""

    body: Callable[[nn.Module], nn.Sequential]
    dense: str
    """The dense layers, one or several; they become the head."""
    last: str
    """The dense layer that decides between ImageNet's classes; it is replaced."""
    explained: str


def _resnet_body(model: nn.Module) -> nn.Sequential:
    return _pooled(**{name: part for name, part in model.named_children() if name != "fc"})


def _vgg_body(model: nn.Module) -> nn.Sequential:
    return _pooled(features=model.get_submodule("features"), avgpool=model.get_submodule("avgpool"))


def _mobilenet_body(model: nn.Module) -> nn.Sequential:
    return _pooled(features=model.get_submodule("features"), avgpool=nn.AdaptiveAvgPool2d(1))


def _densenet_body(model: nn.Module) -> nn.Sequential:
    # Torchvision calls this ReLU as a function; as a module it has a name and can be explained.
    relu = nn.ReLU(inplace=True)
    return _pooled(features=model.get_submodule("features"), relu=relu, avgpool=nn.AdaptiveAvgPool2d(1))


def _pooled(**parts: nn.Module) -> nn.Sequential:
    return nn.Sequential(OrderedDict(parts, flatten=nn.Flatten()))


_RESNET = Anatomy(_resnet_body, dense="fc", last="fc", explained="layer4")
ANATOMIES = {
    "resnet18": _RESNET,
    "resnet50": _RESNET,
    "vgg16": Anatomy(_vgg_body, dense="classifier", last="classifier.6", explained="features.29"),
    "mobilenet_v2": Anatomy(_mobilenet_body, dense="classifier", last="classifier.1", explained="features.18"),
    "densenet121": Anatomy(_densenet_body, dense="classifier", last="classifier", explained="relu"),
    "alexnet": Anatomy(_vgg_body, dense="classifier", last="classifier.6", explained="features.11"),
}


def torchvision_network(
    name: str,
    outputs: int,
    pretrained: bool,
    weights: str | None = "imagenet",
    checksum: str | None = None,
    dropout: float | None = None,
) -> Network:
    """A torchvision classifier with a new last dense layer, initialised from torch's global seed.

    Args:
        name: the architecture, by torchvision's name.
        outputs: how many logits.
        pretrained: whether to start from ``weights``, and not from random ones.
        weights: ``imagenet`` or the path of a local file in torchvision's layout.
        checksum: SHA-256 of the weights file, whole or its beginning.
        dropout: probability in the head. Null keeps the architecture's own dropout, or its having none.
    """
    if name not in ANATOMIES:
        raise ConfigError(f"there is no backbone '{name}'", where="backbone.name", fix=near_miss(name, ANATOMIES))
    if dropout is not None and not 0 <= dropout < 1:
        raise ConfigError(f"a dropout of {dropout} is no probability below 1", where="backbone.dropout")
    anatomy = ANATOMIES[name]
    model: nn.Module = models.get_model(name, weights=None)
    if pretrained:
        fit(model, pretrained_state(name, weights, checksum), but=anatomy.last, where=weights)
    last = model.get_submodule(anatomy.last)
    assert isinstance(last, nn.Linear)
    model.set_submodule(anatomy.last, nn.Linear(last.in_features, outputs))
    head = _head(model.get_submodule(anatomy.dense), dropout)
    first = next(part for part in head if isinstance(part, nn.Linear))
    return Network(
        anatomy.body(model), head, explained=anatomy.explained, feature_width=first.in_features, input_size=224
    )


def _head(dense: nn.Module, dropout: float | None) -> nn.Sequential:
    """The dense layers with dropout as asked; a bare last layer gets one before it, others keep their places."""
    if not isinstance(dense, nn.Sequential):
        parts = OrderedDict[str, nn.Module](dropout=nn.Dropout(dropout)) if dropout else OrderedDict()
        return nn.Sequential(OrderedDict(parts, last=dense))
    for part in dense:
        if isinstance(part, nn.Dropout) and dropout is not None:
            part.p = dropout
    return dense
