"""What does a training step with the explanation-consistency loss cost? In plain steps, and in plain forwards.

All are run in turn, one of each a round, so that whatever slows the machine slows all of them.
``python -m benchmarks.consistency``
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torchvision.models import VisionTransformer

from xaimed.data.task import Kind, Task
from xaimed.models.network import Network
from xaimed.models.torchvision_backbones import torchvision_network
from xaimed.training.consistency import Consistency
from xaimed.training.objectives import CrossEntropy, Objective

ROUNDS, SIDE, BATCH = 9, 64, 8
TASK = Task(Kind.MULTICLASS, ("a", "b", "c"))
OBJECTIVES = {"plain": CrossEntropy()} | {f"{n} IG steps": Consistency(CrossEntropy(), ig_steps=n) for n in (2, 4, 8)}


class ClassToken(nn.Module):
    """A vision transformer's images to its class token."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.vit = VisionTransformer(side, 8, num_layers=6, num_heads=6, hidden_dim=192, mlp_dim=768)

    def forward(self, images: Tensor) -> Tensor:
        """The class token after the last block."""
        tokens = self.vit._process_input(images)
        tokens = torch.cat([self.vit.class_token.expand(len(tokens), -1, -1), tokens], 1)
        return self.vit.encoder(tokens)[:, 0]


def small_vit(side: int) -> Network:
    """Six blocks of width 192 on patches of 8 pixels."""
    cells = side // 8
    return Network(
        ClassToken(side),
        nn.Sequential(nn.Linear(192, len(TASK.classes))),
        explained="vit.encoder.layers.encoder_layer_5.ln_1",
        feature_width=192,
        input_size=side,
        to_grid=lambda tokens: tokens[:, 1:].transpose(1, 2).unflatten(2, (cells, cells)),
    )


NETWORKS: dict[str, Callable[[], Network]] = {
    "resnet18": lambda: torchvision_network("resnet18", len(TASK.classes), pretrained=False),
    "ViT, 6 blocks of 192": lambda: small_vit(SIDE),
}


def measure(network: Network, device: str = "cpu") -> dict[str, list[float]]:
    """Seconds of a forward and of a step under each objective, a list over rounds; a first round is thrown away."""
    chance = torch.Generator().manual_seed(0)
    images = torch.randn(BATCH, 3, SIDE, SIDE, generator=chance).to(device)
    targets = torch.randint(0, len(TASK.classes), (BATCH,), generator=chance).to(device)
    network = network.to(device).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)

    def forward() -> None:
        with torch.no_grad():
            network(images)

    def step(objective: Objective) -> None:
        optimizer.zero_grad()
        objective(network, images, targets, TASK).loss.backward()
        optimizer.step()

    runs: dict[str, Callable[[], None]] = {"forward": forward}
    runs |= {name: lambda objective=objective: step(objective) for name, objective in OBJECTIVES.items()}
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS + 1):
        for name, run in runs.items():
            seconds[name].append(timed(run, device))
    return {name: each[1:] for name, each in seconds.items()}


def timed(run: Callable[[], None], device: str) -> float:
    """Seconds until it is really done."""
    if device == "cuda":
        torch.cuda.synchronize()
    began = time.perf_counter()
    run()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - began


def main() -> None:
    """Print the table: medians of the ratios within a round."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    print(f"{device}, {SIDE} px, batch {BATCH}, medians of {ROUNDS} rounds\n")
    print("| network | objective | step, in forwards | step, in plain steps | seconds |")
    print("|---|---|---|---|---|")
    for name, make in NETWORKS.items():
        torch.manual_seed(0)
        seconds = measure(make(), device)
        for objective in OBJECTIVES:
            forwards, steps = (
                statistics.median(a / b for a, b in zip(seconds[objective], seconds[unit], strict=True))
                for unit in ("forward", "plain")
            )
            took = statistics.median(seconds[objective])
            print(f"| {name} | {objective} | {forwards:.1f} | {steps:.1f} | {took:.3f} |")


if __name__ == "__main__":
    main()
