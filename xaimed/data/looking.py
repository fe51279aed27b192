"""What does one look at a file tell? Whether it can be used, its pixels, and what the audit needs to know."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from xaimed.data.audit.families import COLUMNS
from xaimed.data.audit.file_traits import file_traits
from xaimed.data.audit.pixel_traits import pixel_traits
from xaimed.data.audit.views import Views, views_of
from xaimed.data.memory import keep_freed_memory
from xaimed.data.preparation import square
from xaimed.data.reading import read_picture
from xaimed.errors import UnreadableImageError

TOGETHER = 8
"""Pictures that one thread measures together: so many still fit the processor's cache."""
AHEAD = 8
"""Batches waiting to be written, so that memory does not grow with the dataset."""
THUMB = 64

Thumb = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Look:
    """One file.

    Attributes:
        reason: why it cannot be used, if so.
        facts: the measurements of ``families.COLUMNS``.
        digest: 128 bits of its shape and pixels.
        thumb: a small grey picture ``[64, 64]``.
        pixels: the picture at the network's size.
    """

    reason: str | None = None
    facts: npt.NDArray[np.float32] | None = None
    digest: bytes = bytes(16)
    thumb: Thumb | None = None
    pixels: Tensor | None = None


def looks(root: Path, paths: Sequence[Path], size: int | None, *, measured: bool) -> Iterator[Look]:
    """A look at every file, in order.

    Args:
        root: the folder that no path may leave.
        paths: the files.
        size: side of the pixels that are wanted; None for none.
        measured: whether facts, digests and thumbs are.
    """
    keep_freed_memory()
    home, threads = root.resolve(), torch.get_num_threads()
    # One thread for each core, each alone on it: torch's own threads would only wait for one another.
    pool = ThreadPoolExecutor(_cores(), initializer=torch.set_num_threads, initargs=(1,))
    waiting: deque[Future[list[Look]]] = deque()
    try:
        for start in range(0, len(paths), TOGETHER):
            waiting.append(pool.submit(_looked, paths[start : start + TOGETHER], home, size, measured))
            if len(waiting) > AHEAD:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)  # also for threads that are started from now on


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _looked(paths: Sequence[Path], root: Path, size: int | None, measured: bool) -> list[Look]:
    """Everything there is to know about a few files."""
    seen = [_look(path, root, size, measured) for path in paths]
    traits = pixel_traits([views for _, _, views in seen if views is not None])
    return [
        look if views is None else replace(look, facts=_facts(from_file | next(traits)))
        for look, from_file, views in seen
    ]


def _look(path: Path, root: Path, size: int | None, measured: bool) -> tuple[Look, dict[str, float], Views | None]:
    """All but what is measured on several pictures at once, the traits of the file, and what is to be measured."""
    try:
        if not path.resolve().is_relative_to(root):
            return Look("it leads out of the dataset's folder"), {}, None
        picture = read_picture(path)
    except UnreadableImageError as error:
        return Look(error.what), {}, None
    except (OSError, RuntimeError, ValueError) as error:  # a ring of links, a name with a zero byte
        return Look(f"it cannot be reached: {error}"), {}, None
    pixels = None if size is None else square(picture, size)
    if not measured:
        return Look(pixels=pixels), {}, None
    look = Look(digest=_digest(picture), thumb=_thumb(picture), pixels=pixels)
    return look, file_traits(path), views_of(picture)


def _facts(traits: dict[str, float]) -> npt.NDArray[np.float32]:
    return np.array([traits.get(column, np.nan) for column in COLUMNS], dtype=np.float32)


def _digest(picture: Tensor) -> bytes:
    """128 bits of shape and pixels: equal pictures are equal whatever format and name they have."""
    digest = hashlib.blake2b(repr((tuple(picture.shape), picture.dtype)).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(picture.numpy()).data)
    return digest.digest()


def _thumb(picture: Tensor) -> Thumb:
    if len(picture) == 1 and picture.dtype == torch.uint8:
        return square(picture, THUMB)[0].numpy()
    grey = picture.float().mean(0, keepdim=True) * (1 if picture.dtype == torch.uint8 else 255)
    return square(grey, THUMB)[0].round().clamp(0, 255).to(torch.uint8).numpy()
