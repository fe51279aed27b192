"""What of the network is trained, from when, and how fast? One table, read from what the optimizer was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from torch import nn
from torch.optim import Optimizer

from xaimed.models.network import Network
from xaimed.reporting.tables import Table
from xaimed.training.parts import Part
from xaimed.training.strategies import Strategy

COLUMNS = ("part", "layers", "weights", "trained", "learning rate")


@dataclass(frozen=True)
class _Row:
    name: str
    layers: int
    weights: int
    trained: str
    rate: str


def trained_parts_table(network: Network, strategy: Strategy, optimizer: Optimizer, epochs: int) -> Table:
    """A table of the parts of a network from the picture upwards; neighbours that are treated alike share a row.

    Args:
        network: prepared for the first epoch.
        strategy: which parts there are, and when each is unfrozen.
        optimizer: the rates that its groups have before a schedule changes them.
        epochs: epochs at most, to name what will never be unfrozen.
    """
    rates = {id(weight): group["lr"] for group in optimizer.param_groups for weight in group["params"]}
    rows = [_row(part, rates, epochs) for part in strategy.parts(network)]
    merged = [
        _together(list(alike)) for _, alike in groupby(rows, key=lambda row: (row.trained, row.rate, row is rows[-1]))
    ]
    now = sum(weight.numel() for weight in network.parameters() if weight.requires_grad)
    ever = sum(weight.numel() for weight in network.parameters() if id(weight) in rates)
    later = f", {ever:,} later" if ever != now else ""
    return Table(
        f"what is trained ({type(strategy).__name__})",
        COLUMNS,
        tuple((row.name, row.layers, f"{row.weights:,}", row.trained, row.rate) for row in merged),
        (f"{now:,} of {sum(row.weights for row in rows):,} weights trained in the first epoch{later}",),
    )


def _row(part: Part, rates: dict[int, float], epochs: int) -> _Row:
    weights = list(part.stage.parameters())
    found = sorted({rates[id(weight)] for weight in weights if id(weight) in rates})
    if weights and not any(weight.requires_grad for weight in weights):
        thaw = part.thaw if found else None
        trained = (
            "frozen" if thaw is None else f"from epoch {thaw + 1}" if thaw < epochs else f"never ({epochs} epochs)"
        )
    else:
        trained = "yes"
    layers = sum(_has_own_weights(layer) for module in part.stage.modules for layer in module.modules())
    rate = " to ".join(f"{value:.3g}" for value in (found[:1] + found[-1:] if len(found) > 1 else found)) or "–"
    return _Row(part.name, layers, sum(weight.numel() for weight in weights), trained, rate)


def _together(rows: Sequence[_Row]) -> _Row:
    if len(rows) == 1:
        return rows[0]
    name = f"{rows[0].name} … {rows[-1].name}"
    return _Row(name, sum(row.layers for row in rows), sum(row.weights for row in rows), rows[0].trained, rows[0].rate)


def _has_own_weights(module: nn.Module) -> bool:
    return any(True for _ in module.parameters(recurse=False))
