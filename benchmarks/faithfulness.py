"""What do deletion and insertion curves cost? Batched on a lean copy, beside one picture at a time.

Each way gives the curves of the same pictures and maps in 100 steps, ranks included. All are run in turn, one of each a
round, so that whatever slows the machine slows all of them. ``python -m benchmarks.faithfulness``
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor

from xaimed.data.task import Kind, Task
from xaimed.evaluation.faithfulness.curves import blurred, probabilities_along
from xaimed.evaluation.faithfulness.ranks import counts_along, ranks
from xaimed.explain.lean import Lean, Precision
from xaimed.explain.untouched import untouched
from xaimed.models.network import Network
from xaimed.models.torchvision_backbones import torchvision_network

BACKBONES, SIDE, GRID, STEPS, BLUR = ("resnet50", "vgg16", "densenet121", "mobilenet_v2"), 224, 7, 100, 0.05
TASK = Task(Kind.MULTICLASS, ("a", "b", "c"))
ALONE, BY_PICTURE = "one image at a time", "one picture's steps as a batch"
Ways = dict[str, Callable[[], Tensor]]


def compare(
    name: str, device: str = "cpu", pictures: int = 1, rounds: int = 3, steps: int = STEPS, side: int = SIDE
) -> dict[str, list[float]]:
    """Seconds of every way, a list over rounds; in a first round that does not count, all must give the same curves."""
    ways = ways_for(torchvision_network(name, len(TASK.classes), pretrained=False).to(device), pictures, steps, side)
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    curves = {way: run() for way, run in ways.items()}
    for way, found in curves.items():
        torch.testing.assert_close(found, curves[ALONE], rtol=0, atol=0.05 if "bf16" in way else 1e-4)
    for _ in range(rounds):
        for way, run in ways.items():
            _settle(device)
            began = time.perf_counter()
            run()
            _settle(device)
            seconds[way].append(time.perf_counter() - began)
    return seconds


def ways_for(network: Network, pictures: int, steps: int, side: int) -> Ways:
    """What is timed, by name; each gives probabilities ``[2, pictures, steps + 1, classes]`` on the CPU."""
    chance = torch.Generator().manual_seed(0)
    device = next(network.parameters()).device
    network.eval()
    images = torch.randn(pictures, 3, side, side, generator=chance).to(device)
    maps = torch.rand(pictures, GRID, GRID, generator=chance)
    counts = torch.from_numpy(counts_along(steps, side**2)).to(device)

    def both() -> list[tuple[Tensor, Tensor]]:
        return [(images, torch.zeros_like(images)), (blurred(images, BLUR), images)]

    def ranked() -> Tensor:
        return ranks(maps, list(range(pictures)), side, seed=0).to(device)

    def looped(at_once: int) -> Tensor:
        order, found = ranked(), []
        with torch.no_grad():
            for start, end in both():
                for first, last, rank in zip(start, end, order, strict=True):
                    for step in counts.split(at_once):
                        changed = torch.where(rank < step[:, None, None, None], last, first)
                        found.append(network(changed).softmax(1).cpu())
        return torch.cat(found).view(2, pictures, steps + 1, -1)

    def lean(precision: Precision) -> Tensor:
        with untouched(network):
            copy = Lean(network, images, precision)
        order = ranked()
        return torch.stack([probabilities_along(copy, TASK, *ends, order, counts) for ends in both()])

    at_once = Lean(network, images).at_once
    return {
        ALONE: lambda: looped(1),
        BY_PICTURE: lambda: looped(at_once),
        "xaimed": lambda: lean("fp32"),
        "xaimed, bf16": lambda: lean("bf16"),
    }


def _settle(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def main(backbones: tuple[str, ...] = BACKBONES) -> None:
    """Print the table: medians of the ratios within a round."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    print(f"Deletion and insertion in {STEPS} steps, {SIDE} px, {device}, {torch.get_num_threads()} threads.\n")
    print(f"| network | way | faster than {ALONE} | faster than {BY_PICTURE} | seconds a picture |")
    print("|---|---|---|---|---|")
    for name in backbones:
        seconds = compare(name, device)
        for way, took in seconds.items():
            alone, batched = (
                statistics.median(a / b for a, b in zip(seconds[peer], took, strict=True))
                for peer in (ALONE, BY_PICTURE)
            )
            print(f"| {name} | {way} | {alone:.2f} | {batched:.2f} | {statistics.median(took):.2f} |", flush=True)


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or BACKBONES)
