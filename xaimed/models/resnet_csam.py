"""What is ResNet + CSAM? A torchvision ResNet with the attention module after one of its stages."""

from __future__ import annotations

from collections import OrderedDict

from torch import nn

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.models.attention import CSAM
from xaimed.models.network import Network
from xaimed.models.torchvision_backbones import torchvision_network

STAGES = ("layer1", "layer2", "layer3", "layer4")


def resnet_csam(
    outputs: int,
    pretrained: bool,
    name: str = "resnet50",
    after: str = "layer1",
    truncated: bool = False,
    explained: str = "csam",
    reduction: int = 8,
    kernel_size: int = 7,
    gain: float = 2.0,
    dropout: float | None = 0.3,
    weights: str | None = "imagenet",
    checksum: str | None = None,
) -> Network:
    """A ResNet with channel-spatial attention; everything but the attention and the last layer can be pretrained.

    Args:
        outputs: how many logits.
        pretrained: whether the ResNet starts from ``weights``.
        name: the ResNet, by torchvision's name.
        after: the stage whose output is gated.
        truncated: whether the head reads the gated map itself, and the stages after it are left out.
        explained: the layer that is explained: ``csam`` or a stage, by torchvision's name.
        reduction: of the attention's channel part.
        kernel_size: of the attention's spatial part.
        gain: of the attention's gate; 2 starts as the identity.
        dropout: probability before the last layer.
        weights: ``imagenet`` or the path of a local file, of the whole ResNet.
        checksum: SHA-256 of the file, whole or its beginning.
    """
    if after not in STAGES:
        raise ConfigError(f"there is no stage '{after}'", where="backbone.after", fix=near_miss(after, STAGES))
    plain = torchvision_network(name, outputs, pretrained, weights=weights, checksum=checksum, dropout=dropout)
    layers = dict(plain.body.named_children())
    if not {*STAGES, "avgpool", "flatten"} <= layers.keys():
        raise ConfigError(f"'{name}' is no ResNet", where="backbone.name", fix="Say resnet18, resnet50, ….")
    width = _channels(layers[after])
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    for key, layer in layers.items():
        if truncated and key in STAGES[STAGES.index(after) + 1 :]:
            continue
        parts[key] = layer
        if key == after:
            parts["csam"] = CSAM(width, reduction, kernel_size, gain)
    features = width if truncated else plain.feature_width
    if truncated:
        plain.head[-1] = nn.Linear(features, outputs)
    network = Network(
        nn.Sequential(parts), plain.head, explained=explained, feature_width=features, input_size=plain.input_size
    )
    if pretrained:
        start = "changes nothing: this is the pretrained network" if gain == 2 else f"multiplies by {gain / 2:g}"
        network.remarks = (f"the attention after {after} is new; before training it {start}",)
    return network


def _channels(stage: nn.Module) -> int:
    """Of the stage's output: those of its last normalisation."""
    return [part for part in stage.modules() if isinstance(part, nn.BatchNorm2d)][-1].num_features
