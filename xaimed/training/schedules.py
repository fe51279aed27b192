"""How does the learning rate change? Stepped by the module itself, before the resume point of an epoch is written.

Lightning steps a plateau schedule only after its checkpoints are saved, so a resumed run would miss one step.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.training.direction import AUTO, direction
from xaimed.training.optimizers import shares


class Schedule:
    """Changes the learning rates of an optimizer, all groups alike; this one leaves them as they are."""

    def before_step(self, epoch: int, batch: int, batches: int) -> None:
        """Called before every training batch, all counted from 0."""

    def after_epoch(self, metrics: Mapping[str, float]) -> None:
        """Called once an epoch, with everything measured in it."""

    def state_dict(self) -> dict[str, Any]:
        """Primitives from which the schedule can go on."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""


class Constant(Schedule):
    """The learning rate stays as it is."""

    def __init__(self, optimizer: Optimizer) -> None:
        """There is nothing to set up."""


class Plateau(Schedule):
    """Multiply the learning rate by ``factor`` when ``monitor`` has not improved for more than ``patience`` epochs.

    Where groups have shares of the learning rate, their floors are the same shares of ``min_lr``.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        monitor: str = "val/loss",
        mode: str = AUTO,
        factor: float = 0.5,
        patience: int = 5,
        min_lr: float = 1e-5,
    ) -> None:
        """Wrap torch's schedule; the arguments are its own, and ``monitor`` names what it watches."""
        self.monitor = monitor
        self._inner = ReduceLROnPlateau(
            optimizer,
            mode=direction(monitor, mode),  # type: ignore[arg-type]
            factor=factor,
            patience=patience,
            min_lr=[min_lr * share for share in shares(optimizer)],
            eps=0.0,  # or a group with a very small rate would stop following the others
        )

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


class Cosine(Schedule):
    """A linear warm-up, then half a cosine from the learning rate down to ``min_lr``, changed before every batch.

    The rate is a function of the place in training, so nothing need be remembered. The last batch of the warm-up has
    the whole rate, as has the first batch after it.
    """

    def __init__(self, optimizer: Optimizer, epochs: int, warmup_epochs: float = 0, min_lr: float = 0.0) -> None:
        """Over ``epochs`` in all, of which the first ``warmup_epochs`` (also a fraction) rise."""
        if not 0 <= warmup_epochs < epochs:
            raise ConfigError(
                f"{warmup_epochs} epochs of warm-up do not fit into {epochs}",
                where="schedule.warmup_epochs",
                fix="It must be at least 0 and less than trainer.max_epochs.",
            )
        self.optimizer, self.epochs, self.warmup_epochs = optimizer, epochs, warmup_epochs
        self._rates = [float(group["lr"]) for group in optimizer.param_groups]
        if not 0 <= min_lr <= max(self._rates):
            raise ConfigError(
                f"{min_lr} is no rate from 0 to the optimizer's {max(self._rates)}", where="schedule.min_lr"
            )
        self._floors = [min_lr * share for share in shares(optimizer)]

    def before_step(self, epoch: int, batch: int, batches: int) -> None:
        """Set every group's rate for this batch."""
        warming = round(self.warmup_epochs * batches)
        done, rest = epoch * batches + batch, max(self.epochs * batches - warming, 1)
        for group, rate, floor in zip(self.optimizer.param_groups, self._rates, self._floors, strict=True):
            if done < warming:
                group["lr"] = rate * (done + 1) / warming
            else:
                group["lr"] = floor + (rate - floor) * (1 + math.cos(math.pi * min((done - warming) / rest, 1))) / 2
