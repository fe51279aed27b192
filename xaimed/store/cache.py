"""Where do things lie that can be made again? Under one cache folder, each complete or absent."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from xaimed.errors import StoreError
from xaimed.store.lock import one_at_a_time

ABANDONED_AFTER = 24 * 3600.0
"""Seconds after which a half-written folder is taken to be that of a killed process."""


def cache_root() -> Path:
    """The folder named by ``XAIMED_CACHE``, else ``~/.cache/xaimed``; it need not exist yet."""
    return Path(os.environ.get("XAIMED_CACHE") or "~/.cache/xaimed").expanduser().absolute()


def publish_directory(final: Path, build: Callable[[Path], None]) -> Path:
    """The folder ``final``, built aside and moved in place in one step unless it is there already.

    Whoever sees ``final`` sees all of it. Several processes may build it at once: the first to finish wins and the
    others use its folder.

    Args:
        final: where the finished folder stands.
        build: fills the empty folder that it is given; when it raises, nothing is left behind.
    """
    if final.is_dir():
        return final
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(final)
        aside = Path(tempfile.mkdtemp(prefix=_prefix(final), dir=final.parent))
        aside.chmod(0o755)
    except OSError as error:
        raise _unwritable(final.parent, error) from error
    try:
        build(aside)
        _move(aside, final)
    except OSError as error:
        raise _unwritable(final.parent, error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return final


def publish_once(final: Path, build: Callable[[Path], None]) -> Path:
    """The same for what is dear to build: others wait for whoever builds, and go on where that one was killed."""
    if final.is_dir():
        return final
    with one_at_a_time(final.parent / f".{final.name}.lock") as alone:
        if alone:  # whoever left it there is gone
            for left in final.parent.glob(f"{_prefix(final)}*"):
                shutil.rmtree(left, ignore_errors=True)
        return publish_directory(final, build)


def _move(aside: Path, final: Path) -> None:
    """Rename, unless another process was faster."""
    try:
        aside.rename(final)
    except OSError:
        if not final.is_dir():
            raise


def _unwritable(folder: Path, error: OSError) -> StoreError:
    return StoreError(
        f"this folder cannot be written to ({error.strerror or error})",
        where=folder,
        fix="Make room there, or set XAIMED_CACHE to another folder that can be written to.",
    )


def _prefix(final: Path) -> str:
    return f".{final.name}.making-"


def _remove_abandoned(final: Path) -> None:
    """Delete what a killed process left of this folder long ago."""
    for left in final.parent.glob(f"{_prefix(final)}*"):
        try:
            old = time.time() - left.stat().st_mtime > ABANDONED_AFTER
        except FileNotFoundError:  # another process has just finished with it
            continue
        if old:
            shutil.rmtree(left, ignore_errors=True)
