from __future__ import annotations

import os

import lightning.pytorch as pl
import numpy as np
import pytest
import torch
from lightning.pytorch.callbacks import ModelCheckpoint

from xaimed.data.augmentation import spine_augmentation
from xaimed.data.folder import Folder
from xaimed.data.module import FoldData, worker_count
from xaimed.data.preparation import Preparation
from xaimed.data.protocol import Split
from xaimed.errors import ConfigError

ROWS = np.arange(14)


@pytest.fixture
def fold_data(class_folder):
    manifest = Folder(class_folder(a=8, b=6)).manifest()

    def make(train=ROWS[:9], batch_size=4, workers=0, seed=1):
        split = Split(2, train=train, select=ROWS[9:11], report=ROWS[11:])
        return FoldData(manifest, split, Preparation(8, "unit"), spine_augmentation(), batch_size, workers, seed)

    return make


def epochs_of(data, count=3):
    """What three epochs of training see: row numbers and pixels, batch by batch."""
    loader = data.train_dataloader()
    seen = []
    for epoch in range(count):
        loader.sampler.set_epoch(epoch)
        seen.append([(batch["row"].tolist(), batch["image"]) for batch in loader])
    return seen


def test_batches_are_the_same_with_any_number_of_workers(fold_data):
    alone, two = epochs_of(fold_data(workers=0)), epochs_of(fold_data(workers=2))
    for epoch_alone, epoch_two in zip(alone, two, strict=True):
        assert [rows for rows, _ in epoch_alone] == [rows for rows, _ in epoch_two]
        assert all(torch.equal(a, b) for (_, a), (_, b) in zip(epoch_alone, epoch_two, strict=True))
    assert [rows for rows, _ in alone[0]] != [rows for rows, _ in alone[1]]


def test_loading_leaves_the_global_generator_alone(fold_data):
    torch.manual_seed(3)
    wanted = torch.rand(1)
    torch.manual_seed(3)
    epochs_of(fold_data())
    list(fold_data().val_dataloader())
    assert torch.equal(torch.rand(1), wanted)


@pytest.mark.parametrize(
    ("count", "batch_size", "sizes"),
    [(9, 4, [4, 4]), (10, 4, [4, 4, 2]), (8, 4, [4, 4]), (1, 4, [1]), (3, 1, [1, 1, 1]), (5, 32, [5])],
)
def test_only_a_last_batch_of_one_is_left_out(fold_data, count, batch_size, sizes):
    loader = fold_data(ROWS[:count], batch_size).train_dataloader()
    assert [len(batch["row"]) for batch in loader] == sizes
    assert len(loader) == len(sizes)


def test_each_loader_has_its_rows_in_its_order(fold_data):
    data = fold_data(train=ROWS[:8])
    (chosen,) = data.val_dataloader()
    (reported,) = data.predict_dataloader()
    assert chosen["row"].tolist() == [9, 10]
    assert reported["row"].tolist() == [11, 12, 13]
    assert reported["target"].shape == (3, 1)
    assert reported["image"].shape == (3, 3, 8, 8)
    assert torch.equal(reported["image"], next(iter(data.predict_dataloader()))["image"])  # not varied
    trained = [row for batch in data.train_dataloader() for row in batch["row"].tolist()]
    assert sorted(trained) == list(range(8))


class Recorder(pl.LightningModule):
    """Remembers the rows and pixels of every training batch."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.seen = []

    def training_step(self, batch, _):
        self.seen.append((self.current_epoch, batch["row"].tolist(), batch["image"].sum().item()))
        return (self.weight * batch["image"].mean()) ** 2

    def validation_step(self, batch, _):
        self.log("loss", batch["image"].mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def trained(data, folder, epochs, resume=None):
    module = Recorder()
    trainer = pl.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[
            ModelCheckpoint(folder, filename="last", save_on_train_epoch_end=True, enable_version_counter=False)
        ],
    )
    trainer.fit(module, datamodule=data, ckpt_path=resume, weights_only=True if resume else None)
    return module.seen


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("workers", [0, 2])
def test_a_resumed_training_sees_what_an_unbroken_one_sees(fold_data, tmp_path, workers):
    unbroken = trained(fold_data(workers=0), tmp_path / "whole", 4)
    trained(fold_data(workers=workers), tmp_path / "cut", 2)
    rest = trained(fold_data(workers=workers), tmp_path / "cut", 4, resume=tmp_path / "cut" / "last.ckpt")
    assert [epoch for epoch, _, _ in unbroken] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert rest == unbroken[4:]
    assert len({str(rows) for _, rows, _ in unbroken}) == 8


def test_workers_are_counted_for_the_machine(monkeypatch):
    for cores, workers in [(1, 0), (2, 0), (3, 2), (8, 7), (64, 8)]:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, cores=cores: set(range(cores)), raising=False)
        assert worker_count("auto") == workers
    assert worker_count(3) == 3
    for nonsense in (-1, "many", 2.5):
        with pytest.raises(ConfigError, match="number of workers"):
            worker_count(nonsense)


def test_a_batch_of_nothing_is_refused(fold_data):
    with pytest.raises(ConfigError, match="0 samples"):
        fold_data(batch_size=0)
