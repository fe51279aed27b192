"""What is a described network really? It is built without weights and measured; torch is imported only here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from xaimed.studies.published.parts import Model

IMAGENET = 1000


@lru_cache
def measured(backbone: tuple[str, ...], outputs: int, size: int, strategy: str) -> Mapping[str, int]:
    """Parameters, what of them is trained, multiply-adds, FLOPs, and layers with weights, by name.

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
    return {
        "parameters": found.parameters,
        "trainable": found.trainable,
        "multiply_adds": found.multiply_adds,
        "flops": found.flops,
        "convolutions": convolutions,
        "dense": dense,
    }


def described(model: Model, outputs: int | None = None) -> Mapping[str, int]:
    """The model as the paper describes it, or with another number of outputs."""
    return measured(model.backbone, outputs or model.outputs, model.size, model.strategy)
