"""On what machine, how precisely, for how long? Lightning's Trainer with the choices that xaimed has made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.pytorch.loggers import Logger

from xaimed.errors import ConfigError
from xaimed.training.checkpoint_io import WholeFile
from xaimed.training.faster import ChannelsLast, Compiled

AUTO = "auto"
COMPILER = "inductor"


def make_trainer(
    *,
    max_epochs: int,
    folder: Path,
    callbacks: Sequence[pl.Callback],
    loggers: Sequence[Logger],
    precision: str = AUTO,
    accelerator: str = AUTO,
    devices: int | str = 1,
    channels_last: bool = False,
    compile: bool | str = False,
    **options: Any,
) -> pl.Trainer:
    """A fresh trainer for one fold.

    Args:
        max_epochs: epochs at most.
        folder: where the fold is being made.
        callbacks: Lightning callbacks.
        loggers: Lightning loggers.
        precision: ``auto`` is fp16 mixed precision on a GPU and fp32 otherwise; else Lightning's own names.
        accelerator: Lightning's name of the device kind.
        devices: how many devices.
        channels_last: whether channels are the fastest dimension in memory; same values, other last bits.
        compile: whether ``torch.compile`` is used while training; or the name of one of its backends.
        options: anything else that Lightning's Trainer takes, e.g. ``gradient_clip_val`` or ``limit_train_batches``.
    """
    whole = {"max_epochs": max_epochs, "accumulate_grad_batches": options.get("accumulate_grad_batches")}
    for name, number in whole.items():
        if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 1):
            raise ConfigError(f"{number!r} is no whole number of at least 1", where=f"trainer.{name}")
    faster: list[pl.Callback] = [ChannelsLast()] if channels_last else []
    if compile:
        faster.append(Compiled(compile if isinstance(compile, str) else COMPILER))
    return pl.Trainer(
        max_epochs=max_epochs,
        precision=mixed_if_gpu(accelerator) if precision == AUTO else precision,  # type: ignore[arg-type]
        accelerator=accelerator,
        devices=devices,
        callbacks=[*callbacks, *faster],
        logger=list(loggers),
        plugins=[WholeFile()],
        default_root_dir=folder,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,  # would touch metrics and random state before the first epoch
        log_every_n_steps=1,
        # Some backward passes (adaptive pooling) have no deterministic CUDA kernel; everything else keeps to the rule.
        deterministic="warn" if torch.cuda.is_available() else True,
        **options,
    )


def mixed_if_gpu(accelerator: str) -> str:
    """Mixed precision where there is a GPU, full precision where there is none."""
    return "16-mixed" if accelerator in (AUTO, "gpu", "cuda") and torch.cuda.is_available() else "32-true"
