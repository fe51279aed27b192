"""Data beside a named peer: the pass over the files, the cache, a training step's wait, phantoms, a big table.

``python -m benchmarks.data [FOLDER]``: FOLDER is the paediatric chest set, of which a whole audit is then timed too.
Everything is measured in one process, peers in turn, the least of several rounds; /s is by the clock, and where it says
so by processor time, which other work on the machine disturbs less.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder
from torchvision.models import resnet18

from xaimed.data.audit.audit import audit
from xaimed.data.dataset import ManifestDataset
from xaimed.data.folder import Folder
from xaimed.data.inspection import inspect_and_cache
from xaimed.data.manifest import Manifest
from xaimed.data.phantoms.chest import ChestPhantom
from xaimed.data.phantoms.lumbar import LumbarPhantom
from xaimed.data.phantoms.phantom import Phantom
from xaimed.data.phantoms.skin import SkinPhantom
from xaimed.data.phantoms.spine import SpinePhantom
from xaimed.data.pixels import Pixels
from xaimed.data.preparation import NORMALIZATIONS, Preparation
from xaimed.data.sources.kermany import Kermany

SIZE, BATCH, ROUNDS, STEPS = 224, 32, 6, 5


def jpegs(root: Path, count: int, size: tuple[int, int]) -> None:
    """Smooth grey pictures with grain, as JPEG, in two classes."""
    rng = np.random.default_rng(0)
    for number in range(count):
        folder = root / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        coarse = Image.fromarray(rng.integers(40, 220, (12, 15), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)
        grain = np.asarray(coarse, dtype=np.float32) + rng.normal(0, 4, (size[1], size[0]))
        Image.fromarray(grain.clip(0, 255).astype(np.uint8)).save(folder / f"{number}.jpg", quality=90)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of processor time in this process and those it has started."""
    clock, before = time.perf_counter(), os.times()
    work()
    after = os.times()
    return time.perf_counter() - clock, sum(after[:4]) - sum(before[:4])


def least(rounds: list[tuple[float, float]]) -> tuple[float, float]:
    """The least of either."""
    clock, processor = zip(*rounds, strict=True)
    return min(clock), min(processor)


def epoch(dataset: ManifestDataset | ImageFolder) -> Callable[[], None]:
    """One epoch of batches."""

    def run() -> None:
        for _ in DataLoader(dataset, batch_size=BATCH):
            pass

    return run


def cached(manifest: Manifest, pixels: Pixels | None) -> ManifestDataset:
    """All of a dataset, as the network gets it."""
    assert pixels is not None
    rows = np.arange(len(manifest))
    return ManifestDataset(manifest, rows, Preparation(SIZE, "imagenet"), seed=0, fold=0, pixels=pixels)


def epochs(count: int, size: tuple[int, int]) -> str:
    """A row of the table: one pass for audit and cache, ImageFolder, the cache, and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "set"
        jpegs(root, count, size)
        manifest = Folder(root).manifest()
        found: list[Pixels | None] = []
        filling = timed(lambda: found.append(inspect_and_cache(manifest, SIZE, limit_gb=5)[1]))
        steps = [
            transforms.Resize((SIZE, SIZE)),
            transforms.ToTensor(),
            transforms.Normalize(*NORMALIZATIONS["imagenet"]),
        ]
        peer, ours = ImageFolder(str(root), transforms.Compose(steps)), cached(manifest, found[0])
        rounds = [(timed(epoch(peer)), timed(epoch(ours))) for _ in range(ROUNDS)]
        theirs, own = (least(list(column)) for column in zip(*rounds, strict=True))
        numbers = [f"{count / seconds[0]:.0f}/s" for seconds in (filling, theirs, own)]
        ratios = [f"{their / mine:.1f}×" for their, mine in zip(theirs, own, strict=True)]
        per_core = f"{count / filling[1]:.0f}/s"
        return f"| {size[0]} × {size[1]} | {' | '.join([numbers[0], per_core, *numbers[1:], *ratios])} |"


def waiting() -> tuple[float, float]:
    """Seconds of a ResNet-18 training step, and of waiting for its batch."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "set"
        jpegs(root, BATCH * (STEPS + 1), (SIZE, SIZE))
        manifest = Folder(root).manifest()
        dataset = cached(manifest, inspect_and_cache(manifest, SIZE, limit_gb=5)[1])
        network = resnet18(num_classes=1)
        optimizer = torch.optim.Adam(network.parameters())
        waits, steps = [], []
        began = time.perf_counter()
        for batch in DataLoader(dataset, batch_size=BATCH):
            ready = time.perf_counter()
            optimizer.zero_grad()
            torch.nn.functional.binary_cross_entropy_with_logits(network(batch["image"]), batch["target"]).backward()
            optimizer.step()
            waits.append(ready - began)
            began = time.perf_counter()
            steps.append(began - ready)
        return min(steps[1:]), min(waits[1:])


DRAWING = """
import time
from xaimed.data.phantoms.MODULE import KIND
best = 0.0
for seed in (SEED, SEED + 1):
    phantom = KIND(counts=dict.fromkeys(KIND.default_counts, 100), seed=seed)
    began = time.perf_counter()
    best = max(best, len(phantom.manifest()) / (time.perf_counter() - began))
print(round(best))
"""


def drawing(kind: type[Phantom], seed: int) -> str:
    """A phantom's pictures a second by the clock, on all cores, in a fresh process as a command draws them."""
    names = {"MODULE": kind.__module__.rsplit(".", 1)[-1], "KIND": kind.__name__, "SEED": str(seed)}
    code = DRAWING
    for name, value in names.items():
        code = code.replace(name, value)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return f"{kind.name} {done.stdout.strip()}/s"


BIG_TABLE = """
import time
from pathlib import Path
import numpy as np, pandas as pd
from xaimed.data.manifest import Manifest
from xaimed.data.protocols.kfold import KFold
from xaimed.data.task import Kind, Task
peak = lambda: int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1e6
rows, rng, before, began = 224_316, np.random.default_rng(0), peak(), time.process_time()
names = [f"patient{i // 4:05d}/study1/view{i}_frontal.jpg" for i in range(rows)]
frame = pd.DataFrame({"sample_id": names, "path": names, "group": [f"patient{i // 4:05d}" for i in range(rows)]})
frame = frame.assign(split="", mask_path="")
if KIND is Kind.MULTILABEL:
    classes = tuple(f"finding {i}" for i in range(14))
    frame = frame.assign(**{name: rng.choice([0, 0, 0, 1, -1], rows) for name in classes})
else:
    classes = ("no", "yes")
    frame = frame.assign(label=np.array(classes)[rng.integers(0, 2, rows)])
manifest = Manifest("big", Path("/"), Task(KIND, classes), frame)
KFold(folds=5).splits(manifest, 0)
print(f"{time.process_time() - began:.1f} s of processor time, {peak():.2f} GB at most, {before:.2f} GB of it imports")
"""


def big_table(kind: str) -> str:
    """Seconds and gigabytes for a manifest as large as CheXpert's, built and split by patient, in its own process."""
    code = f"from xaimed.data.task import Kind\nKIND = Kind.{kind}\n{BIG_TABLE}"
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def whole_audit(folder: str) -> str:
    """The audit of a real dataset: the pass over its files, and all that is found out afterwards."""
    manifest = Kermany(root=folder).manifest()
    seen = []
    looked = timed(lambda: seen.append(inspect_and_cache(manifest, SIZE, limit_gb=20)[0]))
    judged = timed(lambda: audit(manifest, seen[0]))
    return (
        f"audit of {len(manifest)} chest radiographs: pass {looked[0]:.1f} s ({len(manifest) / looked[0]:.0f}/s; "
        f"processor {looked[1]:.1f} s), copies, leaks and shortcuts {judged[0]:.1f} s (processor {judged[1]:.1f} s)"
    )


def main(*folders: str) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XAIMED_CACHE"] = cache
        print(
            "| originals | audited and cached | the same per core | ImageFolder | from the cache "
            "| ours / ImageFolder, clock | processor |"
        )
        print("|---|---|---|---|---|---|---|")
        for count, size in ((96, (1500, 1200)), (768, (SIZE, SIZE))):
            print(epochs(count, size), flush=True)
        step, wait = waiting()
        print(f"\nResNet-18 step, batch {BATCH}: {step:.2f} s; waiting for its data: {wait:.4f} s ({wait / step:.1%})")
        kinds = (SpinePhantom, ChestPhantom, LumbarPhantom, SkinPhantom)
        print("phantoms at 224 px: " + ", ".join(drawing(kind, 99) for kind in kinds), flush=True)
        for kind in ("BINARY", "MULTILABEL"):
            print(f"224,316 rows ({kind.lower()}) built and split in 5 folds by patient: {big_table(kind)}", flush=True)
        for folder in folders:
            print(whole_audit(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
