"""What makes a step faster without changing what it computes? The layout of memory, and compilation."""

from __future__ import annotations

from functools import cache
from typing import cast

import lightning.pytorch as pl
import torch
from torch import nn

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.training.classifier import Classifier


class ChannelsLast(pl.Callback):
    """Weights with channels as the fastest dimension; convolutions then bring pictures and activations into it too."""

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Before training, and before predicting and explaining alone, so that both give the same numbers."""
        cast(Classifier, pl_module).network.to(memory_format=torch.channels_last)


class Compiled(pl.Callback):
    """The network compiled by ``torch.compile`` while it is trained and validated, and only then.

    Predictions and explanations use the network as it is, for their hooks see no compiled code; weights keep their
    names.

    Args:
        backend: the compiler.
    """

    def __init__(self, backend: str) -> None:
        check_compiler(backend)
        self.backend = backend

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Calls of the network go through the compiler from now on."""
        cast(Classifier, pl_module).network.compile(backend=self.backend)

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """And no longer."""
        cast(Classifier, pl_module).network._compiled_call_impl = None

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Nor after an error."""
        self.on_fit_end(trainer, pl_module)


@cache
def check_compiler(backend: str) -> None:
    """Compile something small, so that a missing compiler is found before anything is written."""
    known = torch.compiler.list_backends(exclude_tags=())
    if backend not in known:
        raise ConfigError(f"torch has no compiler '{backend}'", where="trainer.compile", fix=near_miss(backend, known))
    try:
        torch.compile(nn.Conv2d(1, 1, 1), backend=backend)(torch.zeros(1, 1, 1, 1))
    except Exception as reason:  # a compiler can be missing or broken in any way
        first = next((line.strip() for line in str(reason).splitlines() if line.strip()), type(reason).__name__)
        raise ConfigError(
            f"torch.compile does not work here with '{backend}': {first}",
            where="trainer.compile",
            fix="Install what it names (usually a C++ compiler), or leave trainer.compile=false.",
        ) from reason
