"""Into which parts does a strategy divide a network? Stages of the body and the head, each with its time and rate."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import torch
from torch import nn

from xaimed.models.network import Network
from xaimed.models.stages import Stage, stages_of

HEAD = "head"


@dataclass(frozen=True)
class Part:
    """A part of a network and how it is trained.

    Attributes:
        stage: its modules and weights.
        thaw: the epoch, from 0, with which its training begins; None for never.
        rate: what the optimizer's learning rate is multiplied by.
    """

    stage: Stage
    thaw: int | None = 0
    rate: float = 1.0

    @property
    def name(self) -> str:
        """The stage's dotted name in the body, or ``head``."""
        return self.stage.name

    def frozen_in(self, epoch: int) -> bool:
        """Whether it is held still in an epoch."""
        return self.thaw is None or epoch < self.thaw

    def given(self, **changes: int | float | None) -> Part:
        """The same part, trained otherwise."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def checksum(self) -> str:
        """Of everything that must not change while it is frozen, buffers included."""
        digest = hashlib.sha256()
        for tensor in self.stage.tensors():
            digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
        return digest.hexdigest()


def body_parts(network: Network) -> list[Part]:
    """The stages of the body from the picture upwards, all of them trained."""
    return [Part(stage) for stage in stages_of(network.body)]


def head_part(network: Network) -> Part:
    """The head, trained from the start."""
    modules: list[nn.Module] = [network.head]
    return Part(Stage(HEAD, modules))
