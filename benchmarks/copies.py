"""How many copies does the audit find, and how many pairs does it take for copies that are none?

``python -m benchmarks.copies FOLDER [look|report]``, FOLDER being the paediatric chest set that ``dataset=kermany``
reads. Copies of a random 200 pictures are made in each of the ways below and hidden among the others. The thresholds
were chosen on one half of the patients (``look``); what is quoted comes from the other (``report``, the default).
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageEnhance, ImageOps

from xaimed.data.audit.copies import find_copies
from xaimed.data.audit.hashing import proposals
from xaimed.data.inspection import inspect
from xaimed.data.manifest import Manifest
from xaimed.data.randomness import seed_for
from xaimed.data.sources.kermany import Kermany

EACH = 200


def cropped(share: float) -> Callable[[Image.Image], Image.Image]:
    """Less this share of the side on every side, as large as before."""

    def cut(picture: Image.Image) -> Image.Image:
        x, y = share * picture.width, share * picture.height
        part = (x, y, picture.width - x, picture.height - y)
        return picture.resize(picture.size, Image.Resampling.BICUBIC, box=part)

    return cut


def turned(degrees: float) -> Callable[[Image.Image], Image.Image]:
    """Turned about the middle, black where nothing is."""
    return lambda picture: picture.rotate(degrees, Image.Resampling.BICUBIC)


def resized(side: int) -> Callable[[Image.Image], Image.Image]:
    """With another number of pixels."""
    return lambda picture: picture.resize((side, side), Image.Resampling.BICUBIC)


WAYS: dict[str, tuple[Callable[[Image.Image], Image.Image], int]] = {
    "JPEG again, quality 90": (lambda picture: picture, 90),
    "JPEG again, quality 70": (lambda picture: picture, 70),
    "JPEG again, quality 50": (lambda picture: picture, 50),
    "160 pixels instead of 224": (resized(160), 90),
    "96 pixels instead of 224": (resized(96), 90),
    "brighter by a fifth": (lambda picture: ImageEnhance.Brightness(picture).enhance(1.2), 90),
    "three quarters of the contrast": (lambda picture: ImageEnhance.Contrast(picture).enhance(0.75), 90),
    "histogram equalised": (ImageOps.equalize, 90),
    "2 % cut off every side": (cropped(0.02), 90),
    "5 % cut off every side": (cropped(0.05), 90),
    "turned by 1°": (turned(1), 90),
    "turned by 3°": (turned(3), 90),
    "mirrored": (ImageOps.mirror, 90),
}


def half(manifest: Manifest, name: str) -> Manifest:
    """The pictures of one half of the patients."""
    patients = manifest.groups
    own = {patient: seed_for(patient) % 2 for patient in np.unique(patients)}
    wanted = {"look": 0, "report": 1}[name]
    return manifest.select([own[patient] == wanted for patient in patients])


def with_copies(originals: Manifest, folder: Path) -> Manifest:
    """The pictures and their copies under one folder; a copy's ``split`` is the way it was made."""
    rng = np.random.default_rng(0)
    rows = [originals.frame.assign(split="", of="")]
    for path in originals.frame["path"]:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(originals.root / path, folder / path)
    for number, (way, (make, quality)) in enumerate(WAYS.items()):
        chosen = originals.frame.iloc[rng.choice(len(originals), EACH, replace=False)]
        (folder / str(number)).mkdir()
        paths = [f"{number}/{index}.jpg" for index in range(EACH)]
        for path, source in zip(paths, chosen["path"], strict=True):
            with Image.open(originals.root / source) as picture:
                make(picture.convert("L")).save(folder / path, quality=quality)
        rows.append(chosen.assign(of=chosen["sample_id"], sample_id=paths, path=paths, split=way))
    return Manifest("copies", folder, originals.task, pd.concat(rows, ignore_index=True))


def main(root: str, name: str = "report") -> None:
    """Print the table."""
    originals = half(Kermany(root=root).manifest(), name)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XAIMED_CACHE"] = str(Path(folder) / "cache")
        manifest = with_copies(originals, Path(folder) / "set")
        seen = inspect(manifest)
        began = time.process_time()
        found = find_copies(manifest, seen)
        took = time.process_time() - began
        proposed, _ = proposals(seen.thumbs, np.arange(len(manifest)))
    table = manifest.frame.set_index("sample_id")
    clusters = pd.Series(found.clusters(manifest), index=table.index)
    hashed = set(map(frozenset, manifest.frame["sample_id"].to_numpy()[proposed].tolist()))
    print(f"| copy ({EACH} each) | hashed alike | confirmed | least agreement |")
    print("|---|---|---|---|")
    values = {frozenset(pair): value for *pair, value in found.pairs[["sample_id", "twin", "agreement"]].to_numpy()}
    for way in WAYS:
        copies = table[table["split"] == way]
        pairs = [frozenset(pair) for pair in zip(copies.index, copies["of"], strict=True)]
        confirmed = [
            pair in values or (clusters.loc[list(pair)].nunique() == 1 and clusters[min(pair)] > -1) for pair in pairs
        ]
        least = min((values[pair] for pair in pairs if pair in values), default=float("nan"))
        alike = np.mean([pair in hashed for pair in pairs])
        print(f"| {way} | {alike:.1%} | {np.mean(confirmed):.1%} | {least:.3f} |")
    plain = table["split"] == ""
    real = found.pairs[found.pairs[["sample_id", "twin"]].isin(table.index[plain]).all(axis=1).to_numpy()]
    foreign = found.pairs[["sample_id", "twin"]].map(lambda one: table.loc[one, "of"] or one)
    groups = foreign.map(table["group"].get)
    own = (foreign["sample_id"] == foreign["twin"]).to_numpy()
    apart = ((groups["sample_id"] != groups["twin"]).to_numpy()) & ~own
    patients = len(np.unique(originals.groups))
    print(f"\n{len(originals)} pictures of {patients} patients; {len(proposed)} pairs hashed alike.")
    print(f"Confirmed among the originals: {len(real)} pairs, of them of two patients:")
    for one in real[groups.loc[real.index, "sample_id"] != groups.loc[real.index, "twin"]].itertuples():
        print(f"  {one.sample_id}  {one.twin}  {one.kind}  {one.agreement:.3f}")
    print(f"Confirmed pairs in all {len(found.pairs)}, of pictures of two patients {int(apart.sum())}.")
    print(f"{took:.1f} s of processor time for {len(manifest)} pictures")


if __name__ == "__main__":
    main(*sys.argv[1:])
