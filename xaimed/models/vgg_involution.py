"""What is VGG16 with involution? Torchvision's VGG16 in which some convolutions are replaced."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.models.involution import Involution
from xaimed.models.network import Network
from xaimed.models.torchvision_backbones import torchvision_network


def vgg16_involution(
    outputs: int,
    pretrained: bool,
    replaced: Sequence[str | int] = ("conv5_1", "conv5_2", "conv5_3"),
    kernel_size: int = 3,
    group_channels: int = 16,
    reduction: int = 4,
    weights: str | None = "imagenet",
    checksum: str | None = None,
    dropout: float | None = None,
) -> Network:
    """VGG16 whose named convolutions are involutions; the ReLU after each stays, and so do the first dense layers.

    A convolution that changes the number of channels becomes a 1×1 convolution that changes it and an involution.

    Args:
        outputs: how many logits.
        pretrained: whether all that is not replaced starts from ``weights``.
        replaced: convolutions by VGG's names (``conv1_1`` to ``conv5_3``) or their place in torchvision's features.
        kernel_size: side of the involution's neighbourhood.
        group_channels: how many channels share a kernel; all of them where there are fewer.
        reduction: how much narrower than its input the maker of kernels is.
        weights: ``imagenet`` or the path of a local file, of the whole VGG16.
        checksum: SHA-256 of the file, whole or its beginning.
        dropout: probability in the head; null keeps VGG's own.
    """
    network = torchvision_network("vgg16", outputs, pretrained, weights=weights, checksum=checksum, dropout=dropout)
    features = network.body.get_submodule("features")
    assert isinstance(features, nn.Sequential)
    names = convolution_names(features)
    left_out = []
    for place in dict.fromkeys(_place(entry, names) for entry in replaced):
        conv = features[place]
        assert isinstance(conv, nn.Conv2d)
        features[place] = _in_place_of(conv, kernel_size, group_channels, reduction)
        left_out += [f"features.{place}.{name}" for name in conv.state_dict()]
    if pretrained and left_out:
        network.remarks = (f"left out of the weights on purpose, for involution: {', '.join(left_out)}",)
    return network


def convolution_names(features: nn.Sequential) -> dict[str, int]:
    """VGG's names of its convolutions, with their places: a pooling begins the next block."""
    names, block, number = {}, 1, 0
    for place, layer in enumerate(features):
        if isinstance(layer, nn.MaxPool2d):
            block, number = block + 1, 0
        elif isinstance(layer, nn.Conv2d):
            number += 1
            names[f"conv{block}_{number}"] = place
    return names


def _place(entry: str | int, names: dict[str, int]) -> int:
    if entry in names:
        return names[str(entry)]
    if isinstance(entry, int) and entry in names.values():
        return entry
    raise ConfigError(
        f"VGG16 has no convolution '{entry}'", where="backbone.replaced", fix=near_miss(str(entry), names)
    )


def _in_place_of(conv: nn.Conv2d, kernel_size: int, group_channels: int, reduction: int) -> nn.Module:
    channels = conv.out_channels
    if channels % min(group_channels, channels):
        raise ConfigError(f"{channels} channels cannot be shared by {group_channels}", where="backbone.group_channels")
    groups = channels // min(group_channels, channels)
    involution = Involution(channels, groups, kernel_size, conv.stride[0], reduction)
    if conv.in_channels == channels:
        return involution
    return nn.Sequential(nn.Conv2d(conv.in_channels, channels, 1), involution)
