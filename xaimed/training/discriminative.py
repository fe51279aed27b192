"""How fast does each stage learn? Slower the nearer it lies to the picture, where features are general."""

from __future__ import annotations

from xaimed.errors import ConfigError
from xaimed.models.network import Network
from xaimed.training.parts import Part, body_parts
from xaimed.training.strategies import Strategy


class Discriminative(Strategy):
    """Pretrained weights, everything trained; the rate decays from the head, which has the optimizer's, downwards.

    Args:
        decay: each stage's learning rate as a share of that of the stage above it.
    """

    pretrained = True

    def __init__(self, decay: float = 0.7) -> None:
        self.decay = checked_decay(decay)

    def body(self, network: Network) -> list[Part]:
        """The stage ``n`` from the top, counted from 1, at ``decay ** n`` of the rate."""
        parts = body_parts(network)
        return [part.given(rate=self.decay ** (len(parts) - place)) for place, part in enumerate(parts)]


def checked_decay(decay: float) -> float:
    """A share above 0 and at most 1, or an error."""
    if isinstance(decay, bool) or not isinstance(decay, int | float) or not 0 < decay <= 1:
        raise ConfigError(
            f"{decay} is no share above 0 and at most 1",
            where="strategy.decay",
            fix="0.5 halves the learning rate from each stage to the one below it.",
        )
    return float(decay)
