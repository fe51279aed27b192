"""Whole backbones without waiting for their random initial weights."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import nn

DEEP = {"resnet101", "resnet152"}
"""ResNet-50 with more of the same; left to the slow tests."""
SLOW_TO_FILL = ("kaiming_uniform_", "kaiming_normal_", "normal_", "trunc_normal_", "xavier_uniform_", "uniform_")
_NOISE = torch.randn(1_000_003, generator=torch.Generator().manual_seed(0))  # a prime, so that no two rows are alike


def named(names: Iterable[str], slow: Container[str] = DEEP) -> list[Any]:
    """The names as parameters of a test, some of them left to the slow tests."""
    return [pytest.param(name, marks=[pytest.mark.slow] if name in slow else []) for name in sorted(names)]


@contextmanager
def unfilled() -> Iterator[None]:
    """Networks made in this block have weights of any value, to be filled by ``fill``."""
    with pytest.MonkeyPatch.context() as patch:
        for name in SLOW_TO_FILL:
            patch.setattr(torch.nn.init, name, lambda tensor, *args, **more: tensor)
        yield


@torch.no_grad()
def fill(model: nn.Module) -> nn.Module:
    """Weights of a scale that keeps signals alive, BatchNorm statistics that are not the trivial ones; in eval mode."""
    for number, (name, weight) in enumerate(model.named_parameters()):
        if weight.ndim > 1:
            scale = (2 / weight[0].numel()) ** 0.5
            noise = _NOISE.roll(-7919 * number)
            for piece in weight.view(-1).split(len(_NOISE)):
                torch.mul(noise[: len(piece)], scale, out=piece)
        elif name.endswith("bias"):
            weight.copy_(_NOISE[number : number + len(weight)] * 0.1)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.copy_(_NOISE[: module.num_features] * 0.1)
            module.running_var.copy_(_NOISE[: module.num_features].abs() + 0.5)
    return model.eval()
