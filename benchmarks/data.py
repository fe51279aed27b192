"""An epoch's data from the cache beside torchvision's ImageFolder, phantoms, and a table of 224,316 rows.

Both loaders do the same deterministic work in this process, in turn. ``python -m benchmarks.data``
"""

from __future__ import annotations

import os
import resource
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder

from xaimed.data.dataset import ManifestDataset
from xaimed.data.folder import Folder
from xaimed.data.inspection import inspect_and_cache
from xaimed.data.manifest import Manifest
from xaimed.data.phantoms.spine import SpinePhantom
from xaimed.data.preparation import NORMALIZATIONS, Preparation
from xaimed.data.protocols.kfold import KFold
from xaimed.data.task import Kind, Task

SIZE, BATCH, ROUNDS = 224, 32, 5
ROWS = 224_316


def jpegs(root: Path, count: int, size: tuple[int, int]) -> None:
    """Smooth grey pictures with grain, as JPEG, in two classes."""
    rng = np.random.default_rng(0)
    for number in range(count):
        folder = root / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        coarse = Image.fromarray(rng.integers(40, 220, (12, 15), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)
        grain = np.asarray(coarse, dtype=np.float32) + rng.normal(0, 4, (size[1], size[0]))
        Image.fromarray(grain.clip(0, 255).astype(np.uint8)).save(folder / f"{number}.jpg", quality=90)


def seconds(dataset) -> float:
    """One epoch of batches."""
    began = time.perf_counter()
    for _ in DataLoader(dataset, batch_size=BATCH):
        pass
    return time.perf_counter() - began


def epochs(count: int, size: tuple[int, int]) -> tuple[float, float, float]:
    """Pictures a second: looked at and cached, by ImageFolder, from the cache."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "set"
        jpegs(root, count, size)
        manifest = Folder(root).manifest()
        began = time.perf_counter()
        _, pixels, _ = inspect_and_cache(manifest, SIZE, limit_gb=5)
        filling = time.perf_counter() - began
        steps = [
            transforms.Resize((SIZE, SIZE)),
            transforms.ToTensor(),
            transforms.Normalize(*NORMALIZATIONS["imagenet"]),
        ]
        peer = ImageFolder(str(root), transforms.Compose(steps))
        prepared = Preparation(SIZE, "imagenet")
        ours = ManifestDataset(manifest, np.arange(count), prepared, seed=0, fold=0, pixels=pixels)
        times = [(seconds(peer), seconds(ours)) for _ in range(ROUNDS)][1:]
        theirs, own = (statistics.median(column) for column in zip(*times, strict=True))
        return count / filling, count / theirs, count / own


def big_table() -> tuple[float, float]:
    """Seconds and gigabytes for a manifest of the size of CheXpert's, built and split by patient."""
    began = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rng = np.random.default_rng(0)
    names = [f"p{i // 4}/s{i}.jpg" for i in range(ROWS)]
    frame = pd.DataFrame({"sample_id": names, "path": names, "group": [f"p{i // 4}" for i in range(ROWS)]})
    frame = frame.assign(split="", mask_path="", label=np.array(["no", "yes"])[rng.integers(0, 2, ROWS)])
    manifest = Manifest("big", Path("/"), Task(Kind.BINARY, ("no", "yes")), frame)
    KFold(folds=5).splits(manifest, 0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return time.perf_counter() - began, (peak - before) / 1e6


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XAIMED_CACHE"] = cache
        print("| originals | looked at and cached | ImageFolder | from the cache | ours / ImageFolder |")
        print("|---|---|---|---|---|")
        for count, size in ((60, (1500, 1200)), (512, (224, 224))):
            filling, theirs, ours = epochs(count, size)
            print(f"| {size[0]} × {size[1]} | {filling:.0f}/s | {theirs:.0f}/s | {ours:.0f}/s | {ours / theirs:.1f}× |")
        began = time.perf_counter()
        SpinePhantom(counts=[40, 40, 40], seed=99).manifest()
        print(f"\nphantoms at 224 px: {120 / (time.perf_counter() - began):.0f}/s")
        took, grown = big_table()
        print(f"manifest of {ROWS} rows, built and split in 5 folds by patient: {took:.1f} s, {grown:.2f} GB more")


if __name__ == "__main__":
    main()
