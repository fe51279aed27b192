"""How far is it? Folds, epochs and batches, what the last epoch gave, and how long it will take at most."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, cast

import lightning.pytorch as pl
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from xaimed.data.dataset import Batch
from xaimed.training.classifier import Classifier


class RunProgress:
    """Progress of one run: live bars on a terminal, one line an epoch elsewhere."""

    def __init__(self, console: Console, folds: int, max_epochs: int) -> None:
        """Count ``folds`` still to be made, of at most ``max_epochs`` each."""
        self.console, self.folds, self.max_epochs = console, folds, max_epochs
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TextColumn("{task.fields[said]}", style="dim"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._fold_bar = self._bars.add_task("folds", total=folds, said="")
        self._epoch_bar = self._bars.add_task("epochs", total=max_epochs, said="")
        self._batch_bar = self._bars.add_task("batches", total=None, said="")
        self._done, self._epochs, self._seconds, self._since = 0, 0, 0.0, 0.0

    def __enter__(self) -> RunProgress:
        """Show the bars."""
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take them away."""
        self._bars.stop()

    def fold_started(self, fold: int, note: str = "") -> None:
        """A fold begins."""
        self._bars.reset(self._epoch_bar, total=self.max_epochs, said="")
        self._bars.update(self._fold_bar, description=f"fold {fold}")
        if note:
            self.say(f"fold {fold}: {note}")

    def fold_done(self, fold: int, note: str) -> None:
        """A fold is done."""
        self._done += 1
        self._bars.update(self._fold_bar, completed=self._done)
        self.say(f"fold {fold}: {note}")

    def say(self, line: str) -> None:
        """One line that stays."""
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def epoch_started(self, batches: int) -> None:
        """An epoch begins."""
        self._since = time.monotonic()
        self._bars.reset(self._batch_bar, total=batches, said="")

    def batch_done(self) -> None:
        """A batch is done."""
        self._bars.advance(self._batch_bar)

    def epoch_done(self, fold: int, epoch: int, measured: Mapping[str, float]) -> None:
        """An epoch is done."""
        self._epochs, self._seconds = self._epochs + 1, self._seconds + time.monotonic() - self._since
        left = self._epoch_seconds() * ((self.folds - self._done) * self.max_epochs - epoch - 1)
        said = " · ".join(
            f"{name} {measured[key]:.3f}"
            for name, key in (
                ("train loss", "train/loss"),
                ("val loss", "val/loss"),
                ("val accuracy", "val/accuracy"),
            )
            if key in measured
        )
        self._bars.update(self._epoch_bar, completed=epoch + 1, said=said)
        self._bars.update(self._fold_bar, said=f"at most {_spoken(left)} left")
        if not self.console.is_terminal:
            self.say(f"  fold {fold} · epoch {epoch + 1}/{self.max_epochs} · {said} · at most {_spoken(left)} left")

    def _epoch_seconds(self) -> float:
        return self._seconds / max(self._epochs, 1)


class ShowProgress(pl.Callback):
    """Tells a run's progress what Lightning is doing."""

    def __init__(self, progress: RunProgress, fold: int) -> None:
        """Report on ``fold``."""
        self.progress, self.fold = progress, fold

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """An epoch begins."""
        self.progress.epoch_started(int(trainer.num_training_batches))

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Batch,
        batch_idx: int,
    ) -> None:
        """A batch is done."""
        self.progress.batch_done()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """An epoch is done."""
        measured = {name: float(value) for name, value in trainer.callback_metrics.items()}
        # The module logs its training loss only after the callbacks have had their turn.
        measured["train/loss"] = float(cast(Classifier, pl_module).train_loss.compute())
        self.progress.epoch_done(self.fold, trainer.current_epoch, measured)


def _spoken(seconds: float) -> str:
    if seconds < 90:
        return f"{max(seconds, 0):.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"
