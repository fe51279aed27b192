"""A network that trains in milliseconds, with BatchNorm and dropout, so that nothing real is left out."""

from __future__ import annotations

from collections import OrderedDict

from torch import nn

from xaimed.models.network import Network


def tiny_network(
    outputs: int, pretrained: bool, width: int = 8, dropout: float = 0.2, weights: str | None = None
) -> Network:
    """Two convolutions and a dense layer."""
    body = nn.Sequential(
        OrderedDict(
            first=nn.Conv2d(3, width, 3, stride=2, padding=1),
            norm=nn.BatchNorm2d(width),
            relu=nn.ReLU(inplace=True),
            second=nn.Conv2d(width, 2 * width, 3, stride=2, padding=1),
            explained=nn.ReLU(),
            pool=nn.AdaptiveAvgPool2d(1),
            flat=nn.Flatten(),
        )
    )
    head = nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * width, outputs))
    return Network(body, head, explained="explained", feature_width=2 * width, input_size=32)
