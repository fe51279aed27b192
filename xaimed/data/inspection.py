"""What was seen of a dataset's files? One look at each, remembered until one of them changes."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import torchvision

from xaimed.data.audit.families import COLUMNS
from xaimed.data.looking import THUMB, looks
from xaimed.data.manifest import Manifest
from xaimed.data.pixels import BYTES, Pixels, PixelWriter, TooLarge
from xaimed.data.reading import decoder_versions, read_picture
from xaimed.errors import StoreError, UnreadableImageError
from xaimed.store.cache import cache_root, publish_directory
from xaimed.store.lock import one_at_a_time
from xaimed.store.room import make_room
from xaimed.store.writing import read_json, write_json

VERSION = 3
"""Raised with every change of what is measured or how pixels are stored."""
SAMPLED = 24
"""Pictures decoded beforehand to tell how much room all will take."""
FACTS, REASONS, THUMBS = "facts.npz", "reasons.json", "thumbs.bin"

Thumbs = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Inspection:
    """What was seen, one entry per row of the manifest, in its order.

    Attributes:
        key: changes with any file.
        reasons: why a row's picture cannot be used, by row.
        facts: the measurements of ``families.COLUMNS``; NaN where there are none.
        digests: 128 bits of the decoded pixels, as two numbers; zero where there are none.
        thumbs: small grey pictures ``[n, 64, 64]``.
    """

    key: str
    reasons: dict[int, str]
    facts: pd.DataFrame
    digests: npt.NDArray[np.uint64]
    thumbs: Thumbs

    def pixels_digest(self) -> str:
        """Changes with any pixel of a picture that can be used, whatever its file is called or where it lies."""
        return hashlib.sha256(np.ascontiguousarray(self.digests[self.readable]).tobytes()).hexdigest()[:16]

    @property
    def readable(self) -> npt.NDArray[np.bool_]:
        """Which rows can be used."""
        usable = np.ones(len(self.facts), dtype=bool)
        usable[list(self.reasons)] = False
        return usable


def inspect(manifest: Manifest) -> Inspection:
    """Look at every file, or remember what was seen when no file has changed since."""
    key = key_of(manifest)
    final = cache_root() / "inspected" / key
    with _alone_with(final):
        return _remembered(final, key) or _looked(manifest, final, key)


def inspect_and_cache(manifest: Manifest, size: int, limit_gb: float) -> tuple[Inspection, Pixels | None, str]:
    """The inspection, and every picture at the network's size, from the same pass over the files.

    Args:
        manifest: the dataset.
        size: side of the squares.
        limit_gb: what all cached pixels may take together; what was used least recently makes room.

    Returns:
        The inspection, the pixels or None, and in words why there are none.
    """
    key = key_of(manifest)
    final = cache_root() / "pixels" / f"{key}-{size}"
    with _alone_with(final):
        if (pixels := _opened(final)) is not None:
            return inspect(manifest), pixels, ""
        limit = int(limit_gb * 1e9)
        if refusal := make_room(final.parent, _estimate(manifest, size), limit, BYTES):
            return inspect(manifest), None, f"pixels are not cached: {refusal}"
        try:
            publish_directory(final, lambda folder: _fill(manifest, key, folder, size, limit))
        except (StoreError, TooLarge) as error:
            return inspect(manifest), None, f"pixels are not cached: {error}"
        return inspect(manifest), _opened(final), ""


def key_of(manifest: Manifest) -> str:
    """Changes with the list of files and with any file: its size, its content's time, its rights or where it points."""
    digest = hashlib.sha256(f"{VERSION} {manifest.root} {decoder_versions()} {torchvision.__version__}".encode())
    for path in manifest.frame["path"]:
        digest.update(os.fsencode(path) + b"\0")
        try:
            found = os.stat(os.path.join(manifest.root, path))
            digest.update(np.array([found.st_size, found.st_mtime_ns, found.st_ctime_ns], dtype=np.int64).tobytes())
        except (OSError, ValueError):
            digest.update(b"absent")
    return digest.hexdigest()[:24]


@contextmanager
def _alone_with(final: Path) -> Iterator[None]:
    """Wait until nobody else makes this entry, and remove what was left by somebody who was killed while making it."""
    with one_at_a_time(final.parent / f".{final.name}.lock") as alone:
        if alone:
            for left in final.parent.glob(f".{final.name}.making-*"):
                shutil.rmtree(left, ignore_errors=True)
        yield


def _fill(manifest: Manifest, key: str, folder: Path, size: int, limit: int) -> None:
    """Write the pixels, and on the way the facts unless they are known."""
    writer = PixelWriter(folder, size, limit)
    known = cache_root() / "inspected" / key
    try:
        with _alone_with(known):
            if _remembered(known, key) is None:
                publish_directory(known, lambda facts: _record(manifest, facts, writer))
        if not writer.finished:
            _record(manifest, None, writer)
    finally:
        writer.close()


def _looked(manifest: Manifest, final: Path, key: str) -> Inspection:
    """Look now; a cache that cannot be written costs time, nothing else."""
    shutil.rmtree(final, ignore_errors=True)  # damaged, if there at all
    with suppress(StoreError):
        publish_directory(final, lambda folder: _record(manifest, folder, None))
        if (seen := _remembered(final, key)) is not None:
            return seen
    with tempfile.TemporaryDirectory(prefix="xaimed-") as folder:
        _record(manifest, Path(folder), None)
        seen = _remembered(Path(folder), key)
        assert seen is not None
        return Inspection(key, seen.reasons, seen.facts, seen.digests, np.array(seen.thumbs))


def _remembered(folder: Path, key: str) -> Inspection | None:
    """What was seen before; None where it is absent or damaged."""
    try:
        reasons = {int(row): str(reason) for row, reason in read_json(folder / REASONS).items()}
        with np.load(folder / FACTS, allow_pickle=False) as saved:
            facts, digests = saved["facts"], saved["digests"]
        thumbs = np.memmap(folder / THUMBS, dtype=np.uint8, mode="r", shape=(len(facts), THUMB, THUMB))
    except (OSError, ValueError, KeyError, AttributeError, EOFError):
        return None
    return Inspection(key, reasons, pd.DataFrame(facts, columns=list(COLUMNS)), digests, thumbs)


def _opened(folder: Path) -> Pixels | None:
    """The cached pixels; what is damaged is removed."""
    if not folder.is_dir():
        return None
    try:
        return Pixels(folder)
    except (OSError, ValueError):
        shutil.rmtree(folder, ignore_errors=True)
        return None


def _record(manifest: Manifest, folder: Path | None, writer: PixelWriter | None) -> None:
    """One pass over the files, into the folder of facts, into the cache of pixels, or into both."""
    count = len(manifest)
    facts = np.full((count, len(COLUMNS)), np.nan, dtype=np.float32)
    digests = np.zeros((count, 2), dtype=np.uint64)
    reasons: dict[str, str] = {}
    thumbs = (folder / THUMBS).open("wb") if folder is not None else None
    try:
        size, measured = writer.size if writer else None, folder is not None
        for row, look in enumerate(looks(manifest.root, manifest.paths(), size, measured=measured)):
            if look.reason is not None:
                reasons[str(row)] = look.reason
            if look.facts is not None:
                facts[row] = look.facts
            digests[row] = np.frombuffer(look.digest, dtype=np.uint64)
            if thumbs is not None:
                thumbs.write(bytes(THUMB * THUMB) if look.thumb is None else look.thumb.tobytes())
            if writer is not None:
                writer.add(look.pixels)
    finally:
        if thumbs is not None:
            thumbs.close()
    if folder is not None:
        np.savez(folder / FACTS, facts=facts, digests=digests)
        write_json(folder / REASONS, reasons)
    if writer is not None:
        writer.finish([str(path) for path in manifest.frame["path"]])


def _estimate(manifest: Manifest, size: int) -> int:
    """Bytes that all pictures will take, from a few spread over the dataset."""
    rows = np.unique(np.linspace(0, len(manifest) - 1, min(SAMPLED, len(manifest))).astype(int))
    found: list[int] = []
    for row in rows:
        with suppress(UnreadableImageError, OSError, RuntimeError, ValueError):
            picture = read_picture(manifest.root / str(manifest.frame["path"].iloc[row]))
            found.append(len(picture) * size**2 * picture.element_size())
    return int(np.mean(found) * len(manifest)) if found else 0
