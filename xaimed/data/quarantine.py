"""Which pictures cannot be used, and why? Every one is decoded once, and the verdicts are remembered."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import PIL

from xaimed.data.manifest import Manifest
from xaimed.data.reading import read_picture
from xaimed.data.task import Kind
from xaimed.errors import DataError, UnreadableImageError
from xaimed.store.cache import cache_root
from xaimed.store.writing import read_json, write_json

THREADS = 4
AT_ONCE = 1024  # pictures handed to the threads together, so that memory does not grow with the dataset


def sort_out_unreadable(manifest: Manifest, limit: float = 0.1) -> tuple[Manifest, pd.DataFrame]:
    """The manifest without the pictures that cannot be used, and a table ``sample_id, path, reason`` of those.

    Args:
        manifest: the dataset.
        limit: the share of bad pictures above which the dataset as a whole is refused.

    Raises:
        DataError: when too many are bad, or a class is left without a picture.
    """
    reasons = _remembered_reasons(manifest)
    bad = manifest.frame["sample_id"].isin(list(reasons)).to_numpy(dtype=bool)
    table = manifest.frame.loc[bad, ["sample_id", "path"]].reset_index(drop=True)
    table["reason"] = [reasons[sample] for sample in table["sample_id"]]
    if len(table) > limit * len(manifest):
        raise DataError(
            f"{len(table)} of {len(manifest)} pictures cannot be used, more than the {limit:.0%} allowed: "
            + "; ".join(f"{row.path} ({row.reason})" for row in table.head(3).itertuples())
            + ("; …" if len(table) > 3 else ""),
            where=manifest.root,
            fix="Replace or remove them.",
        )
    for name in manifest.task.classes:
        members = _members(manifest, name)
        if members.any() and not (members & ~bad).any():
            first = manifest.frame.loc[members].iloc[0]
            raise DataError(
                f"none of the {members.sum()} pictures of class '{name}' can be used",
                where=manifest.root,
                fix=f"The first is {first['path']}: {reasons[first['sample_id']]}.",
            )
    return manifest.select(~bad), table


def _members(manifest: Manifest, name: str) -> npt.NDArray[np.bool_]:
    """Which rows are of a class."""
    column, value = (name, 1) if manifest.task.kind is Kind.MULTILABEL else ("label", name)
    return (manifest.frame[column] == value).to_numpy(dtype=bool)


def _remembered_reasons(manifest: Manifest) -> dict[str, str]:
    """The reason of every bad sample, from the cache when no file has changed since."""
    remembered = cache_root() / "readable" / f"{_key(manifest)}.json"
    with suppress(OSError, ValueError, AttributeError):  # absent, or damaged
        return {str(sample): str(reason) for sample, reason in read_json(remembered).items()}
    reasons = _reasons(manifest)
    with suppress(OSError):  # a cache that cannot be written costs time, nothing else
        remembered.parent.mkdir(parents=True, exist_ok=True)
        write_json(remembered, reasons)
    return reasons


def _key(manifest: Manifest) -> str:
    """Changes with the table and with any file: its size, its content's time, its rights or where it points."""
    digest = hashlib.sha256(f"{manifest.fingerprint()} {manifest.root} {PIL.__version__}".encode())
    for path in manifest.paths():
        try:
            found = os.stat(path)
            digest.update(np.array([found.st_size, found.st_mtime_ns, found.st_ctime_ns], dtype=np.int64).tobytes())
        except OSError:
            digest.update(b"absent")
    return digest.hexdigest()[:24]


def _reasons(manifest: Manifest) -> dict[str, str]:
    root = manifest.root.resolve()
    paths = manifest.paths()
    found: list[str | None] = []
    with ThreadPoolExecutor(THREADS) as pool:
        for start in range(0, len(paths), AT_ONCE):
            found.extend(pool.map(lambda path: _reason(path, root), paths[start : start + AT_ONCE]))
    return {
        sample: reason for sample, reason in zip(manifest.frame["sample_id"], found, strict=True) if reason is not None
    }


def _reason(path: Path, root: Path) -> str | None:
    """Why this picture cannot be used, if so."""
    try:
        if not path.resolve().is_relative_to(root):
            return "it leads out of the dataset's folder"
        read_picture(path)
    except UnreadableImageError as error:
        return error.what
    except (OSError, RuntimeError) as error:  # a ring of links
        return f"it cannot be reached: {error}"
    return None
