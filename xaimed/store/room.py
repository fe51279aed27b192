"""Does this still fit into the cache? What was used least recently goes first; what is being read stays."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from xaimed.store.lock import is_in_use

KEPT_FREE = 0.05
"""Share of the disk that a cache leaves to everyone else."""


def make_room(folder: Path, needed: int, limit: int, guard: str) -> str:
    """Why ``needed`` bytes more cannot go into ``folder``; empty when they can, after removing what had to go.

    Where removing everything would not be enough, nothing is removed.

    Args:
        folder: its subfolders are the entries; the time of an entry is when it was last used.
        needed: bytes to be written.
        limit: bytes that all entries together may take.
        guard: the file inside an entry that readers mark as in use.
    """
    if needed > limit:
        return f"it would take {gigabytes(needed)}, more than the {gigabytes(limit)} allowed"
    entries = sorted(_entries(folder), key=lambda entry: entry.stat().st_mtime)
    sizes = {entry: size_of(entry) for entry in entries}
    idle = {entry: size for entry, size in sizes.items() if not is_in_use(entry / guard)}
    taken, most = sum(sizes.values()), sum(idle.values())
    if taken - most + needed > limit:
        return f"it would take {gigabytes(needed)} and other data in use leave no room below {gigabytes(limit)}"
    if not _fits_the_disk(folder, needed - most):
        return f"it would take {gigabytes(needed)} and the disk is too full"
    for entry, size in idle.items():
        if taken + needed <= limit and _fits_the_disk(folder, needed):
            break
        shutil.rmtree(entry, ignore_errors=True)
        taken -= size
    return ""


def touch(entry: Path) -> None:
    """Note that an entry is used now."""
    with suppress(OSError):
        os.utime(entry)


def size_of(entry: Path) -> int:
    """Bytes of the files directly inside."""
    return sum(file.stat().st_size for file in entry.iterdir() if file.is_file())


def gigabytes(count: int) -> str:
    """A number of bytes for people."""
    return f"{count / 1e9:.3g} GB" if count >= 1e7 else f"{count / 1e6:.2g} MB"


def _entries(folder: Path) -> list[Path]:
    return (
        [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
        if folder.is_dir()
        else []
    )


def _fits_the_disk(folder: Path, needed: int) -> bool:
    disk = shutil.disk_usage(next(place for place in (folder, *folder.parents) if place.exists()))
    return needed < disk.free - KEPT_FREE * disk.total
