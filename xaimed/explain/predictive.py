"""How sure is the network of its class? What the spread of its predictions over sampled passes says."""

from __future__ import annotations

import torch
from torch import Tensor


def probabilities(logits: Tensor, exclusive: bool = True) -> Tensor:
    """Logits ``[..., outputs]`` as probabilities of every class: two classes for one logit.

    Args:
        logits: of any leading shape.
        exclusive: whether an image has one class (softmax) or any number of them (a sigmoid each).
    """
    if logits.shape[-1] == 1:
        return torch.cat([-logits, logits], -1).sigmoid()
    return logits.softmax(-1) if exclusive else logits.sigmoid()


def entropy(probability: Tensor, exclusive: bool = True) -> Tensor:
    """Entropy in nats; of classes that do not exclude each other, the sum of their entropies."""
    told: Tensor = torch.special.entr(probability)
    if not exclusive:
        told = told + torch.special.entr(1 - probability)
    return told.sum(-1)


def predictive_entropy(passes: Tensor, exclusive: bool = True) -> Tensor:
    """Total uncertainty ``[B]``: the entropy of the mean of the probabilities ``[P, B, classes]``."""
    return entropy(passes.mean(0), exclusive)


def mutual_information(passes: Tensor, exclusive: bool = True) -> Tensor:
    """The model's share of it ``[B]``: how much of the entropy is disagreement between passes, never negative."""
    return (predictive_entropy(passes, exclusive) - entropy(passes, exclusive).mean(0)).clamp_min(0)
