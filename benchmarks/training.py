"""A training epoch of xaimed beside a bare PyTorch loop: same network, data, precision, optimizer and validation.

The bare loop runs inside the same process, in turn with xaimed's epochs, so that whatever slows the machine slows both.
``python -m benchmarks.training``
"""

from __future__ import annotations

import copy
import statistics
import tempfile
import time
from pathlib import Path

import lightning.pytorch as pl
import torch
from torch.nn import functional

from xaimed.callbacks.checkpoints import BestCheckpoint, EarlyStopping, ResumePoint
from xaimed.data.augmentation import spine_augmentation
from xaimed.data.module import FoldData
from xaimed.data.phantoms.spine import SpinePhantom
from xaimed.data.preparation import Preparation
from xaimed.data.protocols.kfold import KFold
from xaimed.models.torchvision_backbones import torchvision_network
from xaimed.studies.run import quieten
from xaimed.training.classifier import Classifier
from xaimed.training.objectives import CrossEntropy
from xaimed.training.schedules import Plateau
from xaimed.training.strategies import Scratch
from xaimed.training.trainer import make_trainer

ROUNDS = 6


class BareLoop(pl.Callback):
    """Runs an epoch of the peer before each of ours, and takes both times."""

    def __init__(self, network: torch.nn.Module, data: FoldData) -> None:
        self.network, self.train, self.val = network, data.train_dataloader(), data.val_dataloader()
        self.optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
        self.bare_steps: list[float] = []
        self.bare_epochs: list[float] = []
        self.our_steps: list[float] = []
        self.our_epochs: list[float] = []

    def on_train_epoch_start(self, trainer, pl_module):
        """An epoch of the peer, then the clock starts for ours."""
        began = time.perf_counter()
        self.train.sampler.set_epoch(trainer.current_epoch)
        self.network.train()
        for batch in self.train:
            step = time.perf_counter()
            self.optimizer.zero_grad(set_to_none=True)
            loss = functional.cross_entropy(self.network(batch["image"]), batch["target"])
            loss.backward()
            self.optimizer.step()
            self.bare_steps.append(time.perf_counter() - step)
        self.network.eval()
        right = 0
        with torch.inference_mode():
            for batch in self.val:
                right += int((self.network(batch["image"]).argmax(1) == batch["target"]).sum())
        self.bare_epochs.append(time.perf_counter() - began)
        self.began = time.perf_counter()

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        """A step of ours begins."""
        self.step = time.perf_counter()

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        """A step of ours ends."""
        self.our_steps.append(time.perf_counter() - self.step)


class EpochEnd(pl.callbacks.Checkpoint):
    """Lightning calls checkpoints last, so this one sees the end of the epoch, the writing of the others included."""

    def __init__(self, bare: BareLoop) -> None:
        self.bare = bare

    def on_train_epoch_end(self, trainer, pl_module):
        """An epoch of ours ends."""
        self.bare.our_epochs.append(time.perf_counter() - self.bare.began)


def measure(backbone: str, size: int = 96, rounds: int = ROUNDS) -> dict[str, float]:
    """Medians of the ratios ours / bare, over rounds, the first left out as warm-up."""
    quieten()
    manifest = SpinePhantom(size=size).manifest()
    split = KFold(folds=5).splits(manifest, 0)[0]
    data = FoldData(manifest, split, Preparation(size, "imagenet"), spine_augmentation(), 32, "auto", 0)
    torch.manual_seed(0)
    network = torchvision_network(backbone, outputs=3, pretrained=False)
    bare = BareLoop(copy.deepcopy(network), data)
    module = Classifier(
        network, manifest.task, CrossEntropy(), Scratch(), lambda p: torch.optim.Adam(p, lr=1e-4), Plateau, 0, 0
    )
    with tempfile.TemporaryDirectory() as folder:
        callbacks = [bare, EarlyStopping(patience=99), BestCheckpoint(), ResumePoint(), EpochEnd(bare)]
        trainer = make_trainer(max_epochs=rounds + 1, folder=Path(folder), callbacks=callbacks, loggers=[])
        trainer.fit(module, data)
    steps = len(bare.our_steps) // len(bare.our_epochs)
    return {
        "step": statistics.median(a / b for a, b in zip(bare.our_steps[steps:], bare.bare_steps[steps:], strict=True)),
        "epoch": statistics.median(a / b for a, b in zip(bare.our_epochs[1:], bare.bare_epochs[1:], strict=True)),
        "step_seconds": statistics.median(bare.bare_steps[steps:]),
        "epoch_seconds": statistics.median(bare.bare_epochs[1:]),
    }


def main() -> None:
    """Print the table."""
    print("| backbone | step, ours / bare | epoch (validated, checkpointed), ours / bare | bare step | bare epoch |")
    print("|---|---|---|---|---|")
    for backbone in ("resnet18", "mobilenet_v2"):
        found = measure(backbone)
        print(
            f"| {backbone} | {found['step']:.3f} | {found['epoch']:.3f} | "
            f"{found['step_seconds']:.2f} s | {found['epoch_seconds']:.1f} s |"
        )


if __name__ == "__main__":
    main()
