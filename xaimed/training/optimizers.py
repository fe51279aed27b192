"""How does an optimizer get what it trains? In groups with rates of their own, and decaying only what should decay."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from torch import Tensor
from torch.optim import AdamW, Optimizer

from xaimed.models.network import Network
from xaimed.training.strategies import Strategy


def optimizer_for(strategy: Strategy, network: Network, make: Callable[..., Optimizer]) -> Optimizer:
    """The optimizer of all that is ever trained, each group at its share of the optimizer's learning rate."""
    optimizer = make(strategy.groups(network))
    for group in optimizer.param_groups:
        group["lr"] *= group.get("rate", 1.0)
    return optimizer


def shares(optimizer: Optimizer) -> list[float]:
    """Each group's learning rate as a share of the optimizer's."""
    return [float(group.get("rate", 1.0)) for group in optimizer.param_groups]


def group_rates(optimizer: Optimizer) -> dict[str, float]:
    """What to log: ``lr`` is the highest group's (the head's), ``lr/<stage>`` each one's where there are several."""
    rates = {f"lr/{group['name']}": float(group["lr"]) for group in optimizer.param_groups if "name" in group}
    return {"lr": max(float(group["lr"]) for group in optimizer.param_groups), **rates}


def adamw_sparing(
    params: Iterable[Tensor] | Iterable[dict[str, Any]], lr: float, weight_decay: float, **options: Any
) -> AdamW:
    """AdamW whose decay spares biases and normalisations: every weight of a single dimension.

    Args:
        params: weights or groups of them.
        lr: learning rate.
        weight_decay: of weights of two dimensions and more.
        options: AdamW's other options.
    """
    given = list(params)
    groups = given if given and isinstance(given[0], dict) else [{"params": given}]
    split = [part for group in groups for part in _split(group)]  # type: ignore[arg-type]
    return AdamW(split, lr=lr, weight_decay=weight_decay, **options)


def _split(group: dict[str, Any]) -> Iterator[dict[str, Any]]:
    decayed = [weight for weight in group["params"] if weight.ndim > 1]
    spared = [weight for weight in group["params"] if weight.ndim <= 1]
    if decayed:
        yield {**group, "params": decayed}
    if spared:
        yield {**group, "params": spared, "weight_decay": 0.0}
