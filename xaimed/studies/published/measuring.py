"""What is a described network really? It is built without weights and measured; torch is imported only here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.studies.published.parts import Model

IMAGENET = 1000
PARAMETERS = "parameters"


@lru_cache
def measured(backbone: tuple[str, ...], outputs: int, size: int, strategy: str) -> Mapping[str, int]:
    """Parameters, what of them is trained, multiply-adds, FLOPs, numbers of layers, and parameters of every module.

    Args:
        backbone: the option of ``conf/backbone`` and its changes, as overrides.
        outputs: width of the last layer.
        size: side of the picture.
        strategy: the option of ``conf/strategy``.
    """
    import torch
    from torch import nn

    from xaimed.config.compose import composed
    from xaimed.config.targets import instantiate
    from xaimed.models.complexity import measure
    from xaimed.models.network import Network

    name, *changes = backbone
    overrides = [f"backbone={name}", *(f"backbone.{change}" for change in changes), f"strategy={strategy}"]
    config = composed([*overrides, f"image.size={size}"])
    with torch.device("meta"):
        network: Network = instantiate(config.backbone, outputs=outputs, pretrained=False)
    instantiate(config.strategy).prepare(network)
    found = measure(network, size)
    convolutions = sum(isinstance(part, nn.Conv2d) for part in network.modules())
    dense = sum(isinstance(part, nn.Linear) for part in network.modules())
    dropouts = sum(isinstance(part, nn.modules.dropout._DropoutNd) for part in network.modules())
    modules = {
        f"{PARAMETERS}:{name}": sum(weight.numel() for weight in module.parameters())
        for name, module in network.named_modules()
    }
    return {
        **modules,
        "parameters": found.parameters,
        "trainable": found.trainable,
        "multiply_adds": found.multiply_adds,
        "flops": found.flops,
        "convolutions": convolutions,
        "dense": dense,
        "dropouts": dropouts,
    }


def counts_of(model: Model) -> dict[str, int]:
    """The parameters of every part of the described network, by quantity."""
    found = measured(model.backbone, model.outputs, model.size, model.strategy)
    return {name: count for name, count in found.items() if name.startswith(f"{PARAMETERS}:")}


def described(model: Model, quantity: str, outputs: int | None = None) -> int:
    """One quantity of the model as the paper describes it, or with another number of outputs.

    Args:
        model: the described model.
        quantity: such as ``flops``; of a module, ``parameters:body.layer1``; of several, joined by ``+``.
        outputs: width of the last layer, if another than described.

    Raises:
        ConfigError: the model has no such quantity.
    """
    found = measured(model.backbone, outputs or model.outputs, model.size, model.strategy)
    head, _, names = quantity.partition(":")
    wanted = [f"{head}:{name}" for name in names.split("+")] if names else [quantity]
    for name in wanted:
        if name not in found:
            raise ConfigError(
                f"nothing measures '{name}'", where=f"models.{model.name}.values", fix=near_miss(name, found)
            )
    return sum(found[name] for name in wanted)
