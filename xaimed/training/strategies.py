"""What is trained and what is held still? The training strategies of Table 2 of the spine paper."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import nn

from xaimed.errors import TrainingError
from xaimed.models.network import Network


class Strategy(ABC):
    """Decides which weights a network starts from and which of its parts are trained."""

    pretrained: ClassVar[bool]
    """Whether the network starts from the backbone's pretrained weights."""

    @abstractmethod
    def frozen(self, network: Network) -> list[nn.Module]:
        """The parts that are held still, whole."""

    def prepare(self, network: Network) -> None:
        """Let gradients reach what is trained, and nothing else."""
        network.requires_grad_(True)
        for part in self.frozen(network):
            part.requires_grad_(False)

    def hold(self, network: Network) -> None:
        """Keep frozen parts in evaluation mode, or BatchNorm would drift though its weights stand still."""
        for part in self.frozen(network):
            part.eval()

    def seal(self, network: Network) -> str:
        """A checksum of everything that must not change, buffers included; the same before and after training."""
        digest = hashlib.sha256()
        for part in self.frozen(network):
            for tensor in part.state_dict().values():
                digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
        return digest.hexdigest()

    def assert_held(self, network: Network, seal: str) -> None:
        """Fail loudly if a frozen part moved."""
        if self.seal(network) != seal:
            raise TrainingError(
                f"frozen weights changed during training under {type(self).__name__}",
                fix="A callback or a custom backbone writes to them; the fold is not kept.",
            )


class Scratch(Strategy):
    """Random initial weights, everything trained."""

    pretrained = False

    def frozen(self, network: Network) -> list[nn.Module]:
        """Nothing."""
        return []


class FeatureExtraction(Strategy):
    """Pretrained weights, only the dense layers of the head trained."""

    pretrained = True

    def frozen(self, network: Network) -> list[nn.Module]:
        """The whole body."""
        return [network.body]


class FineTuning(Strategy):
    """Pretrained weights, everything trained."""

    pretrained = True

    def frozen(self, network: Network) -> list[nn.Module]:
        """Nothing."""
        return []
