"""What is trained later, or not at all? Strategies that thaw a pretrained body stage by stage, whole, or in part."""

from __future__ import annotations

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.models.network import Network
from xaimed.training.discriminative import checked_decay
from xaimed.training.parts import Part, body_parts
from xaimed.training.strategies import Strategy


class GradualUnfreezing(Strategy):
    """The head first, then the stages of the body from the top, some every few epochs (Howard and Ruder 2018).

    Args:
        every: epochs between one unfreezing and the next; the head trains alone for as many.
        at_once: how many stages are unfrozen together.
        decay: each stage's learning rate as a share of that of the stage above it; 1 for the same rate everywhere.
    """

    pretrained = True

    def __init__(self, every: int = 2, at_once: int = 1, decay: float = 1.0) -> None:
        self.every, self.at_once = _counted(every, "every"), _counted(at_once, "at_once")
        self.decay = checked_decay(decay)

    def body(self, network: Network) -> list[Part]:
        """The stage ``n`` from the top begins after ``(n // at_once + 1) * every`` epochs."""
        from_top = [
            part.given(thaw=(depth // self.at_once + 1) * self.every, rate=self.decay ** (depth + 1))
            for depth, part in enumerate(reversed(body_parts(network)))
        ]
        return from_top[::-1]


class StagedTransfer(Strategy):
    """The body of another run (``backbone.weights``), held for the first epochs while the new head settles.

    Args:
        frozen_epochs: for how many epochs only the head is trained; 0 to train everything at once.
    """

    pretrained = True

    def __init__(self, frozen_epochs: int = 0) -> None:
        self.frozen_epochs = _counted(frozen_epochs, "frozen_epochs", least=0)

    def body(self, network: Network) -> list[Part]:
        """All of it from one epoch on."""
        return [part.given(thaw=self.frozen_epochs) for part in body_parts(network)]


class TopTuning(Strategy):
    """The upper stages and the head trained, the lower ones frozen throughout.

    Args:
        top: how many stages of the body are trained, or the name of the lowest one that is.
    """

    pretrained = True

    def __init__(self, top: int | str) -> None:
        self.top = top if isinstance(top, str) else _counted(top, "top")

    def body(self, network: Network) -> list[Part]:
        """Frozen below the lowest trained stage."""
        parts = body_parts(network)
        lowest = self._lowest([part.name for part in parts])
        return [part.given(thaw=0 if place >= lowest else None) for place, part in enumerate(parts)]

    def _lowest(self, names: list[str]) -> int:
        if isinstance(self.top, str):
            if self.top not in names:
                raise ConfigError(
                    f"the body has no stage '{self.top}'", where="strategy.top", fix=near_miss(self.top, names)
                )
            return names.index(self.top)
        if self.top > len(names):
            raise ConfigError(
                f"the body has {len(names)} stages, not {self.top}",
                where="strategy.top",
                fix=f"From the picture upwards: {', '.join(names)}.",
            )
        return len(names) - self.top


def _counted(value: int, name: str, least: int = 1) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ConfigError(f"{value} is no whole number of at least {least}", where=f"strategy.{name}")
    return value
