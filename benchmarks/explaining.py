"""What does an explanation cost beside the prediction? Each way in turn with its peer, in one process, fp32, 224 px.

``python -m benchmarks.explaining [cuda] [resnet50 vgg16 densenet121 mobilenet_v2]``
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from pytorch_grad_cam import GradCAM as Package
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import Tensor

from xaimed.explain.cam_family import GradCAMPlusPlus, HiResCAM, LayerCAM, XGradCAM
from xaimed.explain.cam_without_gradients import AblationCAM, EigenCAM
from xaimed.explain.gradcam import GradCAM
from xaimed.explain.mc_gradcam import MCDropoutGradCAM
from xaimed.models.network import Network
from xaimed.models.torchvision_backbones import torchvision_network

ROUNDS, LONG_ROUNDS, BATCH, SIDE, PASSES = 9, 2, 8, 224, 20
NETWORKS = {"resnet50": 0.2, "vgg16": None, "densenet121": 0.2, "mobilenet_v2": None}
"""By torchvision's name: the dropout before the last layer, where the network has none of its own."""
WITHIN_DENSE_LAYERS = {"vgg16"}
Way = Callable[[], object]


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    work: str
    peer: str
    ratio: float
    target: str
    seconds: float
    """Of the work, its median."""


@dataclass(frozen=True)
class Subject:
    """What is explained: a network, its name, and a batch of pictures beside it."""

    name: str
    network: Network
    images: Tensor

    def forward(self) -> Tensor:
        """The plain prediction, the peer of most."""
        with torch.no_grad():
            return self.network(self.images)


def subject(name: str, device: str) -> Subject:
    """A network with weights of chance, in evaluation mode, and a batch of noise."""
    torch.manual_seed(0)
    network = torchvision_network(name, 3, False, dropout=NETWORKS[name]).eval().to(device)
    return Subject(name, network, torch.randn(BATCH, 3, SIDE, SIDE).to(device))


def in_turn(ways: dict[str, Way], rounds: int) -> dict[str, list[float]]:
    """Seconds of each way, one of each a round; a first round is thrown away."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, way in ways.items():
            _wait()
            began = time.perf_counter()
            way()
            _wait()
            seconds[name].append(time.perf_counter() - began)
    return {name: found[1:] for name, found in seconds.items()}


def row(work: str, peer: str, seconds: dict[str, list[float]], target: str = "") -> Row:
    """The median over rounds of work / peer."""
    ratio = statistics.median(a / b for a, b in zip(seconds[work], seconds[peer], strict=True))
    return Row(work, peer, ratio, target, statistics.median(seconds[work]))


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def grad_cam(on: Subject) -> list[Row]:
    """Grad-CAM, and MC-dropout Grad-CAM, beside the plain forward."""
    plain, single, sampled = "plain forward", "Grad-CAM", f"MC-dropout Grad-CAM, {PASSES} passes"
    explain, sample = GradCAM(), MCDropoutGradCAM(PASSES)
    ways: dict[str, Way] = {
        plain: on.forward,
        single: lambda: explain(on.network, on.images),
        sampled: lambda: sample(on.network, on.images),
    }
    seconds = in_turn(ways, ROUNDS)
    limit = "≤ 1.80" if on.name in WITHIN_DENSE_LAYERS else "≤ 1.15"
    return [row(single, plain, seconds, "≤ 1.10"), row(sampled, plain, seconds, limit)]


def package(on: Subject) -> list[Row]:
    """The grad-cam package: one map beside the plain forward, and a map a pass beside all passes of ours."""
    plain, single, ours = "plain forward", "grad-cam package", f"ours, {PASSES} passes"
    calls = f"grad-cam package, {PASSES} calls with dropout on"
    sample, method = MCDropoutGradCAM(PASSES), Package(on.network, [on.network.explained_layer()])
    targets = [ClassifierOutputTarget(0)] * BATCH

    def many() -> None:
        for dropout in on.network.active_dropouts():
            dropout.train()
        for _ in range(PASSES):
            method(on.images, targets)
        on.network.eval()

    once = in_turn({plain: on.forward, single: lambda: method(on.images, targets)}, ROUNDS)
    often = in_turn({ours: lambda: sample(on.network, on.images), calls: many}, LONG_ROUNDS)
    method.activations_and_grads.release()
    return [row(single, plain, once), row(calls, ours, often, "≥ 40")]


def cam_family(on: Subject) -> list[Row]:
    """What costs about as much as Grad-CAM, beside the plain forward."""
    plain, cheap = "plain forward", [GradCAMPlusPlus(), HiResCAM(), LayerCAM(), XGradCAM(), EigenCAM()]
    ways: dict[str, Way] = {explain.name: lambda explain=explain: explain(on.network, on.images) for explain in cheap}
    seconds = in_turn({plain: on.forward, **ways}, ROUNDS)
    return [row(name, plain, seconds) for name in ways]


def cam_by_trial(on: Subject) -> list[Row]:
    """What tries every channel, on the first picture alone, beside its plain forward."""
    alone = Subject(on.name, on.network, on.images[:1])
    plain, work = "plain forward of one picture", "ablationcam, one picture"
    explain = AblationCAM()
    seconds = in_turn({plain: alone.forward, work: lambda: explain(on.network, alone.images)}, LONG_ROUNDS)
    return [row(work, plain, seconds)]


MEASURED: list[Callable[[Subject], list[Row]]] = [grad_cam, package, cam_family, cam_by_trial]


def print_table(name: str, rows: Sequence[Row]) -> None:
    """The lines of one network, as Markdown."""
    for line in rows:
        cells = (name, line.work, line.peer, f"{line.ratio:.2f}", line.target, f"{line.seconds:.3f} s")
        print(f"| {' | '.join(cells)} |", flush=True)


def main(arguments: Sequence[str] = ()) -> None:
    """Print the table, for all networks or those named, on the processor or on ``cuda``."""
    device = "cuda" if "cuda" in arguments else "cpu"
    where = torch.cuda.get_device_name() if device == "cuda" else f"{torch.get_num_threads()} threads"
    print(f"batches of {BATCH} at {SIDE} px, fp32, {where}\n")
    print("| network | work | beside | times | target | the work takes |")
    print("|---|---|---|---|---|---|")
    for name in [name for name in NETWORKS if name in arguments] or NETWORKS:
        on = subject(name, device)
        for measured in MEASURED:
            print_table(name, measured(on))


if __name__ == "__main__":
    main(sys.argv[1:])
