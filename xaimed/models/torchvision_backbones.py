"""How does a torchvision classifier become a network? Cut before its dense layers, the last of them replaced."""

from __future__ import annotations

import copy
from functools import partial

import torch
from torch import nn
from torchvision import models

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.models.anatomy import with_dropout
from xaimed.models.network import Network, State
from xaimed.models.timm_layout import in_torchvision_layout
from xaimed.models.torchvision_cnns import CNNS
from xaimed.models.torchvision_transformers import TRANSFORMERS, positions_for
from xaimed.models.weights import fit, pretrained_state

ANATOMIES = {**CNNS, **TRANSFORMERS}


def torchvision_network(
    name: str,
    outputs: int,
    pretrained: bool,
    weights: str | None = "imagenet",
    checksum: str | None = None,
    dropout: float | None = None,
    size: int | None = None,
) -> Network:
    """A torchvision classifier with a new last layer, initialised from torch's global seed.

    Args:
        name: the architecture, by torchvision's name.
        outputs: how many logits.
        pretrained: whether to start from ``weights``, and not from random ones.
        weights: ``imagenet`` or the path of a local file in torchvision's or timm's layout.
        checksum: SHA-256 of the weights file, whole or its beginning.
        dropout: probability in the head. Null keeps the architecture's own dropout, or its having none.
        size: side of the images it will see; null for the side it was made for.
    """
    if name not in ANATOMIES:
        raise ConfigError(f"there is no backbone '{name}'", where="backbone.name", fix=near_miss(name, ANATOMIES))
    if dropout is not None and not 0 <= dropout < 1:
        raise ConfigError(f"a dropout of {dropout} is no probability below 1", where="backbone.dropout")
    anatomy = ANATOMIES[name]
    published = models.get_model_weights(name)["IMAGENET1K_V1"]
    native: int = published.transforms.keywords["crop_size"]
    size = size or native
    options, adapt = dict(anatomy.options), None
    if anatomy.patch is not None:
        _check_patches(name, size, anatomy.patch)
        options["image_size"] = size
        adapt = partial(positions_for, size=size, patch=anatomy.patch)
    model: nn.Module = models.get_model(name, weights=None, **options)
    if pretrained:
        state: State = in_torchvision_layout(name, pretrained_state(name, weights, checksum))
        fit(model, adapt(state) if adapt else state, but=anatomy.last, where=weights, ignored=anatomy.ignored)
    _replace_last(model, anatomy.last, outputs)
    head = with_dropout(anatomy.head(model), dropout)
    body = anatomy.body(model)
    smallest = anatomy.smallest or max(published.meta["min_size"])
    return Network(
        body,
        head,
        explained=anatomy.explained,
        feature_width=_feature_width(body, head, max(size, smallest)),
        input_size=native,
        to_grid=anatomy.to_grid,
        size=size,
        smallest=smallest,
        adapt=adapt,
    )


def _check_patches(name: str, size: int, patch: int) -> None:
    if size % patch:
        below = max(patch, size - size % patch)
        raise ConfigError(
            f"{name} cuts images into patches of {patch} px, which {size} px are no multiple of",
            where="image.size",
            fix=f"Say image.size={below} or image.size={below + patch}.",
        )


def _replace_last(model: nn.Module, name: str, outputs: int) -> None:
    last = model.get_submodule(name)
    if isinstance(last, nn.Conv2d):
        new: nn.Conv2d | nn.Linear = nn.Conv2d(last.in_channels, outputs, 1)
        assert new.bias is not None
        nn.init.normal_(new.weight, std=0.01)  # as torchvision; a ReLU follows, which a larger one could silence
        nn.init.zeros_(new.bias)
    else:
        assert isinstance(last, nn.Linear)
        new = nn.Linear(last.in_features, outputs)
    model.set_submodule(name, new)


def _feature_width(body: nn.Module, head: nn.Sequential, size: int) -> int:
    """What the head's first dense layer takes; a head without one takes the whole map, whose size follows."""
    dense = next((part for part in head if isinstance(part, nn.Linear)), None)
    if dense is not None:
        return dense.in_features
    vector: torch.Tensor = copy.deepcopy(body).to("meta")(torch.empty(1, 3, size, size, device="meta"))
    return vector.shape[1]
