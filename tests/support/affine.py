"""Networks whose attributions are known: a single dense layer on the pixels."""

from __future__ import annotations

import torch
from torch import nn

from xaimed.models.network import Network


def affine_network(outputs: int = 3, side: int = 8, convolved: bool = False) -> Network:
    """Logits that are weights times pixels plus a bias; through a convolution first where asked."""
    layers: list[nn.Module] = [nn.Conv2d(3, 4, 3, padding=1)] if convolved else []
    body = nn.Sequential(*layers, nn.Identity(), nn.Flatten())
    width = (4 if convolved else 3) * side**2
    with torch.random.fork_rng():
        torch.manual_seed(3)
        for layer in layers:
            nn.init.normal_(layer.weight)
        head = nn.Sequential(nn.Linear(width, outputs))
        nn.init.normal_(head[0].weight)
    return Network(body, head, explained="0", feature_width=width, input_size=side).eval()


def slopes(network: Network, images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """What each pixel of each image is multiplied by, ``[B, 3, H, W]``: the derivative of an affine network."""
    pixels = torch.zeros_like(images).requires_grad_()
    logits = network(pixels)
    chosen = logits[range(len(targets)), targets].sum()
    return torch.autograd.grad(chosen, pixels)[0]
