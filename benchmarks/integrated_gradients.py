"""What do integrated gradients cost beside captum's? The same 50 steps of the same pictures, and the same maps.

Where memory is bounded captum's documentation says ``n_steps`` and ``internal_batch_size``; it has as many points at
once as xaimed has. Both are run in turn, one of each a round; the ratio is the median over rounds. Memory is the growth
of a fresh process by one call.
``python -m benchmarks.integrated_gradients [rounds] [backbones…]``
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import captum.attr
import torch
from torch import Tensor

from benchmarks.consistency import timed
from xaimed.explain.integrated_gradients import IntegratedGradients
from xaimed.explain.pixel_gradients import AT_ONCE
from xaimed.models.network import Network
from xaimed.models.torchvision_backbones import torchvision_network

BACKBONES = ("resnet50", "vgg16", "densenet121", "mobilenet_v2")
SIDE, BATCH, CLASSES, STEPS, ROUNDS = 224, 4, 3, 50, 3


@dataclass(frozen=True)
class Row:
    """What one backbone took: seconds of a call, captum's over ours, and how far the maps are apart."""

    captum: float
    xaimed: float
    ratio: float
    apart: float
    """The largest difference of two pixels, as a share of the largest value."""


def theirs(network: Network, images: Tensor, targets: Tensor) -> Tensor:
    """The signed maps of captum."""
    found = captum.attr.IntegratedGradients(network).attribute(
        images, target=targets, n_steps=STEPS, internal_batch_size=AT_ONCE[images.device.type]
    )
    return found.sum(1).detach()


def ours(network: Network, images: Tensor, targets: Tensor) -> Tensor:
    """Our signed maps, from the whole call."""
    return IntegratedGradients(steps=STEPS)(network, images, targets).extra["signed"]


WAYS: dict[str, Callable[[Network, Tensor, Tensor], Tensor]] = {"captum": theirs, "xaimed": ours}


def asked(name: str, device: str, batch: int = BATCH) -> tuple[Network, Tensor, Tensor]:
    """A network, pictures and classes."""
    torch.manual_seed(0)
    network = torchvision_network(name, CLASSES, pretrained=False).to(device).eval()
    return network, torch.randn(batch, 3, SIDE, SIDE).to(device), (torch.arange(batch) % CLASSES).to(device)


def compare(name: str = "resnet50", device: str = "cpu", rounds: int = ROUNDS) -> Row:
    """Both ways in turn; whatever is made once is made before, on one picture."""
    question, found = asked(name, device), {}
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    for run in WAYS.values():
        run(*asked(name, device, 1))
    for _ in range(rounds):
        for way, run in WAYS.items():
            seconds[way].append(timed(lambda run=run, way=way: found.__setitem__(way, run(*question)), device))
    ratio = statistics.median(a / b for a, b in zip(seconds["captum"], seconds["xaimed"], strict=True))
    apart = float((found["captum"] - found["xaimed"]).abs().amax() / found["captum"].abs().amax())
    return Row(*(statistics.median(seconds[way]) for way in ("captum", "xaimed")), ratio, apart)


def growth(name: str, way: str) -> float:
    """By how many MiB the peak memory of a fresh process grows in one call on the CPU."""
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.integrated_gradients", "--growth", name, way],
        check=True,
        capture_output=True,
        text=True,
    )
    return float(told.stdout)


def _grow(name: str, way: str) -> None:
    question = asked(name, "cpu")
    with torch.no_grad():
        question[0](question[1])
    before = _peak()
    WAYS[way](*question)
    print(_peak() - before)


def _peak() -> float:
    """The largest memory of this process so far, in MiB; ``getrusage`` would tell that of its parent."""
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024


def main(rounds: int = ROUNDS, backbones: tuple[str, ...] = BACKBONES) -> None:
    """Print the table."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    threads = f", {torch.get_num_threads()} threads" if device == "cpu" else ""
    print(f"\n{device}{threads}, {SIDE} px, {BATCH} pictures, {STEPS} steps, medians of {rounds} rounds\n")
    print("| backbone | captum, s | xaimed, s | captum / xaimed | maps apart | captum, MiB | xaimed, MiB |")
    print("|---|---|---|---|---|---|---|")
    for name in backbones:
        row = compare(name, device, rounds)
        grown = [f"{growth(name, way):.0f}" if device == "cpu" else "–" for way in WAYS]
        told = f"| {name} | {row.captum:.1f} | {row.xaimed:.1f} | {row.ratio:.2f} | {row.apart:.0e} |"
        print(told, " | ".join(grown), "|", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--growth"]:
        _grow(*sys.argv[2:4])
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else ROUNDS, tuple(sys.argv[2:]) or BACKBONES)
