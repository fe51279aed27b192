"""What does LIME cost beside captum's? The same 1 000 samples of one picture, fp32 and bf16, and the same ranking.

captum is used as its documentation says: a feature mask, ``n_samples=1000``, its default of one sample a call, and
besides 32 samples a call, which favours it. It is given xaimed's samples, similarities and ridge, so that what is timed
is the same work. All are run in turn, one of each a round. Beside the time that passed stands, on a processor, the time
that it computed, which others on the same machine disturb less. ``python -m benchmarks.lime [samples] [rounds]``
"""

from __future__ import annotations

import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from captum._utils.models.linear_model import SkLearnRidge
from captum.attr import Lime
from scipy.ndimage import gaussian_filter
from scipy.stats import spearmanr
from torch import Tensor, nn

from benchmarks.consistency import timed
from xaimed.explain.lime import LIME, drawn, similarity
from xaimed.explain.superpixels import superpixels
from xaimed.models.network import Network
from xaimed.models.torchvision_backbones import torchvision_network

SIDE, CLASSES, SAMPLES, ROUNDS, SUPERPIXELS = 224, 3, 1000, 1, 50
PEER = {"captum, 1 a call": 1, "captum, 32 a call": 32}
OURS = {"xaimed fp32": "fp32", "xaimed bf16": "bf16"}


def picture() -> Tensor:
    """Smooth blobs, ``[1, 3, SIDE, SIDE]``, that superpixels can follow."""
    noise = np.random.default_rng(0).standard_normal((SIDE, SIDE))
    blobs = gaussian_filter(noise, SIDE / 20)
    return torch.tensor(blobs / blobs.std(), dtype=torch.float32).expand(1, 3, -1, -1).contiguous()


@torch.no_grad()
def made(name: str, device: str) -> Network:
    """A network with random weights that has statistics of its own and tells pictures apart."""
    torch.manual_seed(0)
    network = torchvision_network(name, CLASSES, pretrained=False).to(device)
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
    image = picture().to(device)
    network.train()(torch.cat([image, image.flip(2), image.flip(3), image * 0.3]))
    return network.eval()


def captum_weights(network: Network, image: Tensor, target: int, samples: int, at_once: int) -> Tensor:
    """The coefficient of every superpixel, by captum."""
    parts = superpixels(image[0], SUPERPIXELS)
    shown = drawn(samples, int(parts.max()) + 1, 0)
    alike = iter(similarity(shown, 0.25).tolist())

    def perturb(original: Tensor, **more: object):
        yield from shown[:, None].long().to(image.device)

    peer = Lime(
        lambda pictures: network(pictures).softmax(1),
        interpretable_model=SkLearnRidge(alpha=1.0),
        similarity_func=lambda *asked, **more: next(alike),
        perturb_func=perturb,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return peer.attribute(
            image,
            target=target,
            feature_mask=parts[None, None].to(image.device),
            n_samples=samples,
            perturbations_per_eval=at_once,
            return_input_shape=False,
        ).flatten()


def our_weights(network: Network, image: Tensor, target: int, samples: int, precision: str) -> Tensor:
    """The same by xaimed, from the whole call."""
    explain = LIME(samples=samples, segments=SUPERPIXELS, sign="signed", precision=precision)
    signed = explain(network, image, torch.tensor([target])).heatmap[0].cpu()
    parts = superpixels(image[0], SUPERPIXELS)
    first = [int((parts.flatten() == part).nonzero()[0]) for part in range(int(parts.max()) + 1)]
    return signed.flatten()[first]


@dataclass(frozen=True)
class Told:
    """Of one way: medians over rounds, and the rank correlation of its coefficients with captum's, one a call."""

    seconds: float
    computed: float
    rank: float


def compare(name: str = "resnet50", device: str = "cpu", samples: int = SAMPLES, rounds: int = ROUNDS):
    """What every way took, and how far it ranks the superpixels alike: ``Told`` by the name of the way."""
    network, image = made(name, device), picture().to(device)
    target = int(network(image).argmax())
    runs: dict[str, Callable[[], Tensor]] = {
        way: partial(captum_weights, network, image, target, samples, at_once) for way, at_once in PEER.items()
    } | {way: partial(our_weights, network, image, target, samples, precision) for way, precision in OURS.items()}
    our_weights(network, image, target, SUPERPIXELS + 14, "bf16")  # whatever is made once is made before
    found: dict[str, Tensor] = {}
    took: dict[str, list[tuple[float, float]]] = {way: [] for way in runs}
    for _ in range(rounds):
        for way, run in runs.items():
            began = time.process_time()
            passed = timed(lambda run=run, way=way: found.__setitem__(way, run()), device)
            took[way].append((passed, time.process_time() - began))
    reference = found[next(iter(PEER))].cpu()
    return {
        way: Told(
            *(statistics.median(each) for each in zip(*took[way], strict=True)),
            rank=float(spearmanr(reference, found[way].cpu()).statistic),
        )
        for way in runs
    }


def main() -> None:
    """Print the table."""
    samples, rounds = [int(word) for word in sys.argv[1:3]] + [SAMPLES, ROUNDS][len(sys.argv[1:3]) :]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    threads = f", {torch.get_num_threads()} threads" if device == "cpu" else ""
    print(f"\n{device}{threads}, ResNet-50 at {SIDE} px, 1 picture, {samples} samples, medians of {rounds} rounds")
    print("Ratios: captum's time / this one's, of the time that passed and of the time computed\n")
    print("| way | seconds | of 1 a call | computed | of 32 a call | computed | rank correlation with captum |")
    print("|---|---|---|---|---|---|---|")
    told = compare("resnet50", device, samples, rounds)
    peers = [told[way] for way in PEER]
    for way, each in told.items():
        ratios = [ratio for peer in peers for ratio in (peer.seconds / each.seconds, peer.computed / each.computed)]
        print(f"| {way} | {each.seconds:.1f} | {' | '.join(f'{ratio:.2f}' for ratio in ratios)} | {each.rank:.4f} |")


if __name__ == "__main__":
    main()
