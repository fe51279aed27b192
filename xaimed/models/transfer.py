"""How does one network start where another ended? All weights but those of the last layer, which decides anew."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from xaimed.models.network import Network
from xaimed.models.weights import fit

BODY = "body."


def start_from(network: Network, state: Mapping[str, Tensor], where: str) -> None:
    """Load the state of a network of the same architecture, whatever its classes were.

    Args:
        network: what is about to be trained.
        state: the ``state_dict`` of a trained network.
        where: where that state comes from, for the error that lists what does not fit.
    """
    if network.adapt is not None:
        body = {key.removeprefix(BODY): value for key, value in state.items() if key.startswith(BODY)}
        rest = {key: value for key, value in state.items() if not key.startswith(BODY)}
        state = rest | {f"{BODY}{key}": value for key, value in network.adapt(body).items()}
    fit(network, state, but=network.last, where=where)
