"""Pictures a second on the CPU: xaimed's networks, with channels-last memory and bf16, beside torchvision's own.

Every round runs each way once, in turn and in one process, so that whatever slows the machine slows all of them; the
ratios are medians over rounds. ``python -m benchmarks.throughput``
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.nn import functional
from torchvision import models

from xaimed.models.torchvision_backbones import torchvision_network

BACKBONES, SIDE, BATCH, CLASSES, ROUNDS = ("resnet50", "mobilenet_v2"), 224, 8, 3, 5
WAYS = {  # channels-last, bf16
    "as it is": (False, False),
    "channels-last": (True, False),
    "bf16": (False, True),
    "channels-last and bf16": (True, True),
}


@dataclass
class Way:
    """One network under one setting, and the seconds that its steps took."""

    network: nn.Module
    bf16: bool
    seconds: dict[str, list[float]] = field(default_factory=lambda: {"inference": [], "training": []})

    def __post_init__(self) -> None:
        """Plain SGD, so that what is timed is the network."""
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=1e-4)

    def infer(self, images: torch.Tensor, targets: torch.Tensor) -> None:
        """Logits of one batch."""
        self.network.eval()
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            self.network(images)

    def train(self, images: torch.Tensor, targets: torch.Tensor) -> None:
        """One optimizer step."""
        self.network.train()
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            loss = functional.cross_entropy(self.network(images), targets)
        loss.backward()
        self.optimizer.step()

    def time(self, kind: str, step: Callable[[torch.Tensor, torch.Tensor], None], *batch: torch.Tensor) -> None:
        """Take the time of one step."""
        began = time.perf_counter()
        step(*batch)
        self.seconds[kind].append(time.perf_counter() - began)


def measure(backbone: str, side: int = SIDE, batch: int = BATCH, rounds: int = ROUNDS) -> dict[str, Way]:
    """Seconds of every way, in turn; the first round is a warm-up and left out."""
    noise = torch.Generator().manual_seed(0)
    images = torch.rand(batch, 3, side, side, generator=noise)
    targets = torch.randint(CLASSES, (batch,), generator=noise)
    ways = {"torchvision": Way(models.get_model(backbone, weights=None, num_classes=CLASSES), bf16=False)}
    for name, (channels_last, bf16) in WAYS.items():
        network: nn.Module = torchvision_network(backbone, outputs=CLASSES, pretrained=False)
        if channels_last:  # what trainer.channels_last does
            network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        ways[name] = Way(network, bf16)
    for _ in range(rounds + 1):
        for way in ways.values():
            way.time("inference", way.infer, images, targets)
        for way in ways.values():
            way.time("training", way.train, images, targets)
    for way in ways.values():
        for times in way.seconds.values():
            del times[0]
    return ways


def main() -> None:
    """Print the table."""
    print(
        f"Batches of {BATCH} at {SIDE} px, {torch.get_num_threads()} threads; ratios: torchvision's time / this one's."
    )
    print("| backbone | way | inference | training | inference, pictures/s | training, pictures/s |")
    print("|---|---|---|---|---|---|")
    for backbone in BACKBONES:
        ways = measure(backbone)
        peer = ways["torchvision"].seconds
        for name, way in ways.items():
            ratios = [
                statistics.median(a / b for a, b in zip(peer[kind], way.seconds[kind], strict=True)) for kind in peer
            ]
            speeds = [BATCH / statistics.median(way.seconds[kind]) for kind in peer]
            print(f"| {backbone} | {name} | {ratios[0]:.2f} | {ratios[1]:.2f} | {speeds[0]:.1f} | {speeds[1]:.1f} |")


if __name__ == "__main__":
    main()
