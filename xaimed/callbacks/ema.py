"""Which weights are judged and kept? With this callback their moving average, not those of the last step."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, cast

import lightning.pytorch as pl

from xaimed.data.dataset import Batch
from xaimed.errors import ConfigError
from xaimed.training.average import WeightAverage
from xaimed.training.classifier import Classifier


class EMA(pl.Callback):
    """Validates, checkpoints, predicts and explains with an exponential moving average of the weights.

    Lightning's own does not write the average into checkpoints of weights alone, so the best epoch would be chosen by
    the average and kept without it.

    Args:
        decay: how much of the average stays in one optimizer step.
    """

    def __init__(self, decay: float = 0.999) -> None:
        if not 0 < decay < 1:
            raise ConfigError(f"{decay} is no share between 0 and 1", where="callbacks.ema.decay")
        self.decay = decay
        self._seen = 0
        self._validating = ExitStack()

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """The average begins with the weights that training begins with."""
        if stage == "fit":
            module = cast(Classifier, pl_module)
            module.average = WeightAverage(module.network, self.decay)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Count optimizer steps from where training begins or goes on."""
        self._seen = trainer.global_step

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Batch, batch_idx: int
    ) -> None:
        """Take the weights in, if this batch ended with an optimizer step."""
        if trainer.global_step > self._seen:
            self._seen = trainer.global_step
            module = cast(Classifier, pl_module)
            assert module.average is not None
            module.average.update(module.network)

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """The average is what is judged."""
        module = cast(Classifier, pl_module)
        if module.average is not None:
            self._validating.enter_context(module.average.applied(module.network))

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Training goes on with its own weights."""
        self._validating.close()
