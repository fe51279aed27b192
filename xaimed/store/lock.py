"""Who is making this just now? One process at a time; the lock of a killed one is gone with it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


@contextmanager
def one_at_a_time(path: Path) -> Iterator[bool]:
    """Wait until nobody else is inside a block under the same lock file; whether the lock could be had.

    On a file system without locks the block runs all the same: whatever it publishes is complete or absent anyway, and
    the lock only saves doing the same work twice.
    """
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = path.open("a")
    except OSError:
        yield False
        return
    with file:
        yield _locked(file, fcntl.LOCK_EX)


def mark_in_use(file: IO[bytes]) -> None:
    """Let ``is_in_use`` know, in any process, that this file is read until it is closed."""
    _locked(file, fcntl.LOCK_SH | fcntl.LOCK_NB)


def is_in_use(path: Path) -> bool:
    """Whether some process has marked this file."""
    try:
        with path.open("rb") as file:
            return not _locked(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False


def _locked(file: IO[bytes] | IO[str], how: int) -> bool:
    try:
        fcntl.flock(file, how)
    except OSError:
        return False
    return True
