"""What is a described network really? It is built without weights and measured; torch is imported only here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.studies.published.parts import Model

if TYPE_CHECKING:
    from torch.nn import Module

    from xaimed.models.network import Network

IMAGENET = 1000
PARAMETERS, SIDE, CHANNELS = "parameters", "side", "channels"


@lru_cache
def measured(backbone: tuple[str, ...], outputs: int, size: int, strategy: str) -> Mapping[str, int]:
    """Parameters, what is trained, multiply-adds, FLOPs, numbers of layers; parameters and shape of every module.

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
        **_shapes(network, size),
        "parameters": found.parameters,
        "trainable": found.trainable,
        "multiply_adds": found.multiply_adds,
        "flops": found.flops,
        "convolutions": convolutions,
        "dense": dense,
        "dropouts": dropouts,
    }


def _shapes(network: Network, size: int) -> dict[str, int]:
    """Side and channels of what every module gives that gives one square map; it stands where nothing is computed."""
    import torch

    found: dict[str, int] = {}

    def keep(name: str) -> Callable[[Module, object, object], None]:
        def kept(module: Module, given: object, output: object) -> None:
            if isinstance(output, torch.Tensor) and output.ndim == 4 and output.shape[2] == output.shape[3]:
                found[f"{CHANNELS}:{name}"], found[f"{SIDE}:{name}"] = output.shape[1], output.shape[3]

        return kept

    hooks = [module.register_forward_hook(keep(name)) for name, module in network.named_modules()]
    network.eval()(torch.zeros(1, 3, size, size, device="meta"))
    for hook in hooks:
        hook.remove()
    return found


def shape_of(model: Model, name: str) -> str:
    """What a module of the described network gives, such as 28×28×512; empty if that is no square map."""
    found = measured(model.backbone, model.outputs, model.size, model.strategy)
    side, channels = (found.get(f"{each}:{name}") for each in (SIDE, CHANNELS))
    return f"{side}×{side}×{channels}" if side else ""


def counts_of(model: Model) -> dict[str, int]:
    """The parameters of every part of the described network, by quantity."""
    found = measured(model.backbone, model.outputs, model.size, model.strategy)
    return {name: count for name, count in found.items() if name.startswith(f"{PARAMETERS}:")}


def described(model: Model, quantity: str, outputs: int | None = None) -> int:
    """One quantity of the model as the paper describes it, or with another number of outputs.

    Args:
        model: the described model.
        quantity: such as ``flops``; of a module, ``parameters:body.layer1``, of several joined by ``+``;
            of what it gives, ``side:body.layer1`` and ``channels:body.layer1``.
        outputs: width of the last layer, if another than described.

    Raises:
        ConfigError: the model has no such quantity.
    """
    found = measured(model.backbone, outputs or model.outputs, model.size, model.strategy)
    head, _, names = quantity.partition(":")
    wanted = [f"{head}:{name}" for name in names.split("+")] if head == PARAMETERS and names else [quantity]
    for name in wanted:
        if name not in found:
            raise ConfigError(
                f"nothing measures '{name}'", where=f"models.{model.name}.values", fix=near_miss(name, found)
            )
    return sum(found[name] for name in wanted)
