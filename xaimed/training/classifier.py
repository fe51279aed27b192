"""How does one epoch go? The LightningModule: a network, an objective, a strategy, an optimizer and a schedule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import lightning.pytorch as pl
import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.utils.data import DataLoader

from xaimed.data.dataset import Batch
from xaimed.data.module import FoldData
from xaimed.data.randomness import seed_for
from xaimed.data.task import Task
from xaimed.errors import NonFiniteLossError
from xaimed.models.network import Network
from xaimed.training.abilities import tell_epoch
from xaimed.training.accumulation import Windows, windows_of
from xaimed.training.average import WeightAverage
from xaimed.training.curves import curve_metrics
from xaimed.training.feature_smote import FeatureSmote
from xaimed.training.means import SampleMean, TermMeans
from xaimed.training.objectives import Objective, Value
from xaimed.training.optimizers import group_rates, optimizer_for
from xaimed.training.schedules import Schedule
from xaimed.training.strategies import Strategy


class Classifier(pl.LightningModule):
    """Trains a network for one fold.

    Everything that a resumed fold needs to end as an unbroken one is either in the checkpoint (weights, optimizer,
    schedule, history, the frozen parts' seals, averaged weights) or a function of (seed, fold, epoch, batch).
    """

    def __init__(
        self,
        network: Network,
        task: Task,
        objective: Objective,
        strategy: Strategy,
        optimizer: Callable[..., Optimizer],
        schedule: Callable[[Optimizer], Schedule],
        seed: int,
        fold: int,
        synthetic: FeatureSmote | None = None,
    ) -> None:
        """Join the parts; ``optimizer`` and ``schedule`` are partial and get their parameters here."""
        super().__init__()
        self.network, self.task, self.objective, self.strategy = network, task, objective, strategy
        self.make_optimizer, self.make_schedule = optimizer, schedule
        self.seed, self.fold, self.synthetic = seed, fold, synthetic
        self.history: list[dict[str, float]] = []
        self.train_loss = SampleMean()
        self.val_loss = SampleMean()
        self.train_metrics = curve_metrics(task, with_auc=False)
        self.val_metrics = curve_metrics(task)
        self.train_terms, self.val_terms = TermMeans(), TermMeans()
        self.seals: dict[str, str] = {}
        self.average: WeightAverage | None = None
        """Where there is one, it is what is validated, kept and predicted with."""
        self._restored_schedule: dict[str, Any] | None = None

    def configure_optimizers(self) -> Optimizer:
        """Freeze, then give the optimizer only what is ever trained."""
        self.strategy.prepare(self.network)
        optimizer = optimizer_for(self.strategy, self.network, self.make_optimizer)
        self.schedule = self.make_schedule(optimizer)
        return optimizer

    def on_train_start(self) -> None:
        """Seal what is frozen, learn its features if need be; go on with the schedule where a checkpoint left it."""
        self.seals = self.seals or self.strategy.seal(self.network)
        if self.synthetic is not None:
            self.synthetic.learn(self.network, self._data, self.device)
        if self._restored_schedule is not None:
            self.schedule.load_state_dict(self._restored_schedule)

    def on_train_epoch_start(self) -> None:
        """Freeze what this epoch freezes; what it thaws must be what it was.

        Lightning leaves every module in the mode it finds it in; the mode of training is ours to set.
        """
        self.strategy.assert_held(self.strategy.thawing(self.network, self.current_epoch), self.seals)
        self.strategy.prepare(self.network, self.current_epoch)
        self.train()
        tell_epoch(self.objective, self.current_epoch)

    def train(self, mode: bool = True) -> Classifier:
        """Training mode, except for what the strategy holds still."""
        super().train(mode)
        if mode:
            self.strategy.hold(self.network, self.current_epoch)
        return self

    def forward(self, images: Tensor) -> Tensor:
        """Logits."""
        logits: Tensor = self.network(images)
        return logits

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Dropout and the like depend on where in training we are, not on what ran before."""
        torch.manual_seed(seed_for(self.seed, self.fold, "step", self.current_epoch, batch_idx))
        self.schedule.before_step(self.current_epoch, batch_idx, int(self.trainer.num_training_batches))

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The objective on one batch, refused when it is not a number."""
        value = self._trained_on(batch, batch_idx)
        if not torch.isfinite(value.loss):
            raise NonFiniteLossError(
                f"the loss became {value.loss.item()} in fold {self.fold}, epoch {self.current_epoch + 1}, "
                f"batch {batch_idx + 1}: {self._named(batch)}",
                fix="Lower optimizer.lr, or look at those pictures; the last good checkpoint is kept.",
            )
        self.train_loss.update(value.loss.detach(), len(batch["row"]))
        self.train_terms.add(value.terms, len(batch["row"]))
        self.train_metrics.update(*self._judged(value.logits.detach(), batch["target"]))
        return value.loss * self._windows().factor(batch_idx)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """The objective and the metrics on one batch of the selection set."""
        value = self.objective(self.network, batch["image"], batch["target"], self.task)
        self.val_loss.update(value.loss, len(batch["row"]))
        self.val_terms.add(value.terms, len(batch["row"]))
        self.val_metrics.update(*self._judged(value.logits, batch["target"]))

    def predict_step(self, batch: Batch, batch_idx: int) -> tuple[Tensor, Tensor]:
        """Rows and their logits, in fp32 whatever the precision of training."""
        with torch.autocast(self.device.type, enabled=False):
            return batch["row"].cpu(), self(batch["image"].float()).cpu()

    def on_validation_epoch_end(self) -> None:
        """Log what early stopping, checkpoints and schedules watch."""
        self.log("val/loss", self.val_loss.compute())
        measured = {**self.val_metrics.compute(), **self.val_terms.taken()}
        self.log_dict({f"val/{name}": value for name, value in measured.items()})
        self.val_loss.reset()
        self.val_metrics.reset()

    def on_train_epoch_end(self) -> None:
        """Log the epoch, remember it, and let the schedule look at it."""
        self.log("train/loss", self.train_loss.compute())
        of_epoch = {**self.train_metrics.compute(), **self.train_terms.taken()}
        self.log_dict({f"train/{name}": value for name, value in of_epoch.items()})
        self.log_dict(group_rates(self.trainer.optimizers[0]))
        self.train_loss.reset()
        self.train_metrics.reset()
        measured = {name: float(value) for name, value in self.trainer.callback_metrics.items()}
        self.history.append({"epoch": float(self.current_epoch + 1), **measured})
        self.schedule.after_epoch(measured)

    def on_fit_end(self) -> None:
        """What was frozen must be what it was."""
        self.strategy.assert_held(self.strategy.held(self.network, len(self.history)), self.seals)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Primitives only, so that a checkpoint can be read without running anything."""
        checkpoint["xaimed"] = {"history": self.history, "schedule": self.schedule.state_dict(), "seals": self.seals}
        if self.average is not None:  # the weights of a checkpoint are those that are used
            checkpoint["xaimed"] |= {"trained": checkpoint["state_dict"], "averaged_steps": self.average.steps}
            averaged = {f"network.{name}": value for name, value in self.average.state_dict().items()}
            checkpoint["state_dict"] = {**checkpoint["state_dict"], **averaged}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take up where the checkpoint left."""
        state = checkpoint["xaimed"]
        self.history, self.seals, self._restored_schedule = state["history"], state["seals"], state["schedule"]
        if self.average is not None:
            own = {name: checkpoint["state_dict"][f"network.{name}"] for name in self.average.state_dict()}
            self.average.load_state_dict(own, state["averaged_steps"])
            checkpoint["state_dict"] = state["trained"]

    def _windows(self) -> Windows:
        """How the batches of this epoch are gathered into optimizer steps."""
        loader, batches = cast(DataLoader[Any], self.trainer.train_dataloader), int(self.trainer.num_training_batches)
        return windows_of(loader, self.trainer.accumulate_grad_batches, batches)

    def _trained_on(self, batch: Batch, batch_idx: int) -> Value:
        """The objective on a training batch, with synthetic features where they are asked for; logits of pictures."""
        images, targets = batch["image"], batch["target"]
        if self.synthetic is None:
            return self.objective(self.network, images, targets, self.task)
        with self.synthetic.added(self.network.head, targets, self.current_epoch, batch_idx) as all_targets:
            value = self.objective(self.network, images, all_targets, self.task)
        return replace(value, logits=value.logits[: len(targets)])

    @property
    def _data(self) -> FoldData:
        return cast(FoldData, self.trainer.datamodule)  # type: ignore[attr-defined]

    def _named(self, batch: Batch) -> str:
        """The samples of a training batch by name, copies too, the first few of many."""
        names = list(self._data.training.manifest.frame["sample_id"].iloc[batch["row"].tolist()])
        return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")

    def _judged(self, logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Probabilities and integer targets in the shape torchmetrics expects for this task."""
        if self.task.outputs == 1:
            return logits.float().sigmoid().flatten(), targets.flatten().long()
        probabilities = self.task.probabilities(logits.float())
        return probabilities, targets.long()
