"""How does one network start where another ended? All weights but those of the last layer, which decides anew."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from xaimed.models.network import Network
from xaimed.models.weights import fit


def start_from(network: Network, state: Mapping[str, Tensor], where: str) -> None:
    """Load the state of a network of the same architecture, whatever its classes were.

    Args:
        network: what is about to be trained.
        state: the ``state_dict`` of a trained network.
        where: where that state comes from, for the error that lists what does not fit.
    """
    last = [name for name, part in network.head.named_modules() if isinstance(part, nn.Linear)][-1]
    fit(network, state, but=f"head.{last}", where=where)
