"""From where can a fold go on, and which epoch is kept? Lightning's checkpoints, written into the fold itself."""

from __future__ import annotations

from pathlib import Path

import lightning.pytorch as pl
from lightning.pytorch.callbacks import EarlyStopping as LightningEarlyStopping
from lightning.pytorch.callbacks import ModelCheckpoint

from xaimed.training.direction import AUTO, direction

BEST, RESUME = "best.ckpt", "resume.ckpt"


class _InFold(ModelCheckpoint):
    """A checkpoint of fixed name, replaced whole at the end of an epoch."""

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """The fold's directory is known only now."""
        self.dirpath = str(trainer.default_root_dir)
        super().setup(trainer, pl_module, stage)


class BestCheckpoint(_InFold):
    """The weights of the epoch with the best ``monitor``; what it watches need not be what stops the training."""

    def __init__(self, monitor: str = "val/loss", mode: str = AUTO) -> None:
        """Watch ``monitor`` for the least (``min``) or the greatest (``max``) value, or for what its name means."""
        super().__init__(
            monitor=monitor,
            mode=direction(monitor, mode),
            filename=Path(BEST).stem,
            save_weights_only=True,
            save_on_train_epoch_end=True,
            enable_version_counter=False,
        )


class ResumePoint(_InFold):
    """Everything that the next epoch starts from, kept until the fold is done."""

    def __init__(self) -> None:
        """One file, replaced after every epoch."""
        super().__init__(filename=Path(RESUME).stem, save_on_train_epoch_end=True, enable_version_counter=False)


class EarlyStopping(LightningEarlyStopping):
    """Stop when ``monitor`` has not improved for ``patience`` epochs, also when the fold was killed just then."""

    def __init__(self, monitor: str = "val/loss", mode: str = AUTO, patience: int = 10, min_delta: float = 0.0) -> None:
        """The arguments are Lightning's own, but for the mode, which may follow from the monitor's name."""
        super().__init__(
            monitor=monitor,
            mode=direction(monitor, mode),
            patience=patience,
            min_delta=min_delta,
            check_on_train_epoch_end=True,
        )

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """A fold that had used up its patience when it was cut off trains no further."""
        if self.wait_count >= self.patience:
            trainer.should_stop = True
