"""How long does an epoch take? Each by itself, and those before an interruption too."""

from __future__ import annotations

import time
from typing import Any

import lightning.pytorch as pl


class EpochClock(pl.Callback):
    """Times every whole epoch, its validation included; an epoch that was cut off is timed when it is done again.

    Attributes:
        seconds: of every epoch that is done.
    """

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._began = 0.0

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """An epoch begins."""
        self._began = time.perf_counter()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """An epoch is done, and its resume point will know how long it took."""
        self.seconds.append(time.perf_counter() - self._began)

    def state_dict(self) -> dict[str, Any]:
        """For the resume point."""
        return {"seconds": list(self.seconds)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with what was timed before."""
        self.seconds = list(state_dict["seconds"])
