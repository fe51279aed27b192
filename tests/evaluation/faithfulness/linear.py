"""A network whose logits are sums over the picture, so that what each pixel contributes is known."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from xaimed.explain.contract import Explanation, class_score, predicted_class
from xaimed.models.network import Network


def linear_network(weights, bias=None):
    """Logits ``bias + Σ weights · image`` for weights ``[outputs, 3, S, S]``."""
    outputs, _, side, _ = weights.shape
    same = nn.Conv2d(3, 3, 1, bias=False)
    head = nn.Linear(3 * side * side, outputs)
    with torch.no_grad():
        same.weight.copy_(torch.eye(3)[:, :, None, None])
        head.weight.copy_(weights.flatten(1))
        head.bias.copy_(torch.zeros(outputs) if bias is None else torch.as_tensor(bias))
    body = nn.Sequential(OrderedDict(explained=same, flat=nn.Flatten()))
    return Network(
        body, nn.Sequential(head), explained="explained", feature_width=3 * side * side, input_size=side
    ).eval()


@dataclass(frozen=True)
class Exact:
    """What each pixel adds to the score of the class, times a sign."""

    name: ClassVar[str] = "exact"
    sign: int = 1

    def check(self, network):
        """Anything goes."""

    def __call__(self, network, images, targets=None):
        """Input times gradient, summed over channels."""
        with torch.enable_grad():
            asked = images.detach().requires_grad_()
            logits = network(asked)
            classes = predicted_class(logits) if targets is None else targets
            (gradient,) = torch.autograd.grad(class_score(logits, classes).sum(), asked)
        return Explanation(self.sign * (gradient * images).sum(1), classes, logits.detach())


@dataclass(frozen=True)
class Empty:
    """A map of zeros, as of a layer whose channels all speak against the class."""

    name: ClassVar[str] = "empty"

    def check(self, network):
        """Anything goes."""

    def __call__(self, network, images, targets=None):
        """Zeros on an 8 × 8 grid."""
        logits = network(images).detach()
        classes = predicted_class(logits) if targets is None else targets
        return Explanation(torch.zeros(len(images), 8, 8), classes, logits)


def off_centre(side=32, strength=0.02):
    """Weights of three classes, of which the second lives on an upper left patch and the others have none."""
    weights = torch.zeros(3, 3, side, side)
    weights[1, :, 4:12, 4:12] = strength * torch.randn(8, 8, generator=torch.Generator().manual_seed(0))
    return weights
