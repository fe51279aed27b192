"""What is the plain CNN of the lumbar paper? Convolution, ReLU, pooling, four times over, and two dense layers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from torch import nn

from xaimed.errors import ConfigError, WeightsError
from xaimed.models.network import Network
from xaimed.models.transfer import start_from
from xaimed.models.weights import local_file, read_state, verify

GRID = 7
"""Side of the grid that the dense layers read, whatever the size of the picture."""


def lumbar_cnn(
    outputs: int,
    pretrained: bool,
    widths: Sequence[int] = (32, 64, 128, 256),
    dense: int = 128,
    dropout: float = 0.5,
    weights: str | None = None,
    checksum: str | None = None,
) -> Network:
    """Blocks of 3×3 convolution, ReLU and 2×2 max pooling; then dense, ReLU, dropout, dense.

    Args:
        outputs: how many logits.
        pretrained: whether to start from ``weights``, and not from random ones.
        widths: channels of each block.
        dense: width of the hidden dense layer.
        dropout: probability before the last layer.
        weights: the path of a file with the weights of this very network; nobody publishes any.
        checksum: SHA-256 of that file, whole or its beginning.
    """
    if not widths or min(*widths, dense) < 1:
        raise ConfigError(f"blocks of {list(widths)} channels cannot be built", where="backbone.widths")
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    for number, (before, after) in enumerate(zip([3, *widths], widths, strict=False), 1):
        parts[f"block{number}"] = _block(before, after)
    parts["avgpool"], parts["flatten"] = nn.AdaptiveAvgPool2d(GRID), nn.Flatten()
    features = widths[-1] * GRID**2
    head = nn.Sequential(nn.Linear(features, dense), nn.ReLU(), nn.Dropout(dropout), nn.Linear(dense, outputs))
    network = Network(
        nn.Sequential(parts), head, explained=f"block{len(widths)}.relu", feature_width=features, input_size=224
    )
    if pretrained:
        _start(network, weights, checksum)
    return network


def _block(before: int, after: int) -> nn.Sequential:
    conv = nn.Conv2d(before, after, 3, padding=1)
    return nn.Sequential(OrderedDict(conv=conv, relu=nn.ReLU(inplace=True), pool=nn.MaxPool2d(2, ceil_mode=True)))


def _start(network: Network, weights: str | None, checksum: str | None) -> None:
    if weights is None:
        raise WeightsError(
            "there are no pretrained weights of the small CNN",
            where="backbone.weights",
            fix="Say strategy=scratch, or give a file of your own: backbone.weights=/path/file.pt.",
        )
    path = local_file(weights)
    if checksum is not None:
        verify(path, checksum)
    start_from(network, read_state(path), str(path))
