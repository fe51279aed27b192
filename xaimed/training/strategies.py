"""What is trained and what is held still? A strategy says it for each part of a network; here, those of the papers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from xaimed.errors import TrainingError
from xaimed.models.network import Network
from xaimed.training.parts import Part, body_parts, head_part


class Strategy(ABC):
    """Decides which weights a network starts from, and when and how fast each of its parts is trained.

    All of it is a function of the network and the epoch, so that a fold that was cut off goes on as it would have.
    """

    pretrained: ClassVar[bool]
    """Whether the network starts from the backbone's pretrained weights."""

    @abstractmethod
    def body(self, network: Network) -> list[Part]:
        """The stages of the body from the picture upwards, and how each is trained."""

    def parts(self, network: Network) -> list[Part]:
        """Every part of the network; the head, whose last layer is new, is always trained."""
        return [*self.body(network), head_part(network)]

    def prepare(self, network: Network, epoch: int = 0) -> None:
        """Let gradients reach what is trained in this epoch, and nothing else."""
        network.requires_grad_(True)
        for part in self.parts(network):
            for weight in part.stage.parameters():
                weight.requires_grad_(not part.frozen_in(epoch))

    def hold(self, network: Network, epoch: int = 0) -> None:
        """Keep frozen parts in evaluation mode, or BatchNorm would drift though its weights stand still."""
        parts = self.body(network)
        if parts and all(part.frozen_in(epoch) for part in parts):
            network.body.eval()
        for part in (part for part in parts if part.frozen_in(epoch)):
            for module in part.stage.modules:
                module.eval()

    def groups(self, network: Network) -> list[dict[str, Any]]:
        """Groups for the optimizer: what is ever trained, apart where rates differ.

        Frozen parts whose time comes are in from the start: without gradients an optimizer leaves them alone, and has
        no state for them.
        """
        trained = [part for part in self.parts(network) if part.thaw is not None]
        if all(part.rate == 1 for part in trained):
            own = {id(weight) for part in trained for weight in part.stage.parameters()}
            return [{"params": [weight for weight in network.parameters() if id(weight) in own]}]
        return [
            {"params": list(part.stage.parameters()), "name": part.name, "rate": part.rate}
            for part in reversed(trained)
        ]

    def thawing(self, network: Network, epoch: int) -> list[Part]:
        """The parts whose training begins with this epoch, after having been held."""
        return [part for part in self.parts(network) if part.thaw == epoch and epoch > 0]

    def held(self, network: Network, epochs: int) -> list[Part]:
        """The parts that have been held for all of the first ``epochs`` epochs."""
        return [part for part in self.parts(network) if part.thaw is None or part.thaw >= max(epochs, 1)]

    def seal(self, network: Network) -> dict[str, str]:
        """A checksum of each part that is held at first, to be compared before it is trained or at the end."""
        return {part.name: part.checksum() for part in self.held(network, 0)}

    def assert_held(self, parts: Iterable[Part], seals: Mapping[str, str]) -> None:
        """Fail loudly if a frozen part moved."""
        moved = [part.name for part in parts if part.checksum() != seals[part.name]]
        if moved:
            raise TrainingError(
                f"frozen weights changed during training under {type(self).__name__}, in {', '.join(moved)}",
                fix="A callback or a custom backbone writes to them; the fold is not kept.",
            )


class Scratch(Strategy):
    """Random initial weights, everything trained."""

    pretrained = False

    def body(self, network: Network) -> list[Part]:
        """Trained from the start."""
        return body_parts(network)


class FeatureExtraction(Strategy):
    """Pretrained weights, only the dense layers of the head trained."""

    pretrained = True

    def body(self, network: Network) -> list[Part]:
        """Never trained."""
        return [part.given(thaw=None) for part in body_parts(network)]


class FineTuning(Strategy):
    """Pretrained weights, everything trained."""

    pretrained = True

    def body(self, network: Network) -> list[Part]:
        """Trained from the start."""
        return body_parts(network)
