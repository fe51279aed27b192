"""How does the learning rate change? Stepped by the module itself, before the resume point of an epoch is written.

Lightning steps a plateau schedule only after its checkpoints are saved, so a resumed run would miss one step.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError


class Schedule(Protocol):
    """Changes the learning rates of an optimizer."""

    def after_epoch(self, metrics: Mapping[str, float]) -> None:
        """Called once an epoch, with everything measured in it."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Primitives from which the schedule can go on."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        ...


class Constant:
    """The learning rate stays as it is."""

    def __init__(self, optimizer: Optimizer) -> None:
        """There is nothing to set up."""

    def after_epoch(self, metrics: Mapping[str, float]) -> None:
        """Nothing changes."""

    def state_dict(self) -> dict[str, Any]:
        """There is nothing to remember."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """There is nothing to restore."""


class Plateau:
    """Multiply the learning rate by ``factor`` when ``monitor`` has not improved for more than ``patience`` epochs."""

    def __init__(
        self,
        optimizer: Optimizer,
        monitor: str = "val/loss",
        mode: str = "min",
        factor: float = 0.5,
        patience: int = 5,
        min_lr: float = 1e-5,
    ) -> None:
        """Wrap torch's schedule; the arguments are its own, and ``monitor`` names what it watches."""
        self.monitor = monitor
        self._inner = ReduceLROnPlateau(optimizer, mode=mode, factor=factor, patience=patience, min_lr=min_lr)  # type: ignore[arg-type]

    def after_epoch(self, metrics: Mapping[str, float]) -> None:
        """Look at the monitored value."""
        if self.monitor not in metrics:
            raise ConfigError(
                f"schedule.monitor '{self.monitor}' is not measured", fix=near_miss(self.monitor, metrics)
            )
        self._inner.step(metrics[self.monitor])

    def state_dict(self) -> dict[str, Any]:
        """Torch's own state, primitives only."""
        state = self._inner.state_dict()
        return {key: state[key] for key in ("best", "num_bad_epochs", "cooldown_counter", "last_epoch")}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on counting from there; the learning rates themselves come back with the optimizer."""
        self._inner.load_state_dict(state)
