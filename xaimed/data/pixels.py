"""What does a picture look like at the network's size? Decoded and resized once, then read from one mapped file.

An entry is a folder: ``pixels.bin`` (the pictures one after the other, each in its own type and number of channels) and
``index.npz`` (where each begins, and the paths). Grey pictures take a third of what colour ones take.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from xaimed.store.lock import mark_in_use
from xaimed.store.room import gigabytes, touch

BYTES, INDEX = "pixels.bin", "index.npz"
TYPES: tuple[type[np.generic], ...] = (np.uint8, np.float32)
ABSENT = -1


class TooLarge(OSError):
    """The entry has outgrown what it was allowed."""


class PixelWriter:
    """Writes an entry picture by picture; what is in memory does not grow with the pictures.

    Args:
        folder: empty, existing.
        size: side of the squares.
        limit: bytes at which to give up.
    """

    def __init__(self, folder: Path, size: int, limit: int) -> None:
        self.folder, self.size, self.limit = folder, size, limit
        self.written = 0
        self.finished = False
        self._file: IO[bytes] = (folder / BYTES).open("wb")
        self._rows: list[tuple[int, int, int]] = []

    def add(self, picture: Tensor | None) -> None:
        """The next picture ``[C, size, size]``, or None for one that cannot be used."""
        if picture is None:
            self._rows.append((ABSENT, 0, 0))
            return
        values = picture.numpy()
        self._rows.append((self.written, len(values), TYPES.index(values.dtype.type)))
        self.written += values.nbytes
        if self.written > self.limit:
            raise TooLarge(f"the pixels take more than the {gigabytes(self.limit)} allowed")
        self._file.write(values.tobytes())

    def finish(self, paths: list[str]) -> None:
        """Write the index and close; ``paths`` are those of all pictures added, in that order."""
        self._file.close()
        rows = np.array(self._rows, dtype=np.int64).reshape(-1, 3)
        names = np.frombuffer("\0".join(paths).encode("utf-8", "surrogateescape"), dtype=np.uint8)
        np.savez(self.folder / INDEX, rows=rows, paths=names, size=self.size)
        self.finished = True

    def close(self) -> None:
        """Let go of the file, finished or not."""
        self._file.close()


class Pixels:
    """An entry, opened for reading. It can be sent to worker processes, which then map the file themselves."""

    def __init__(self, folder: Path) -> None:
        """Map the entry.

        Raises:
            OSError: when there is none.
            ValueError: when it is damaged.
        """
        self.folder = folder
        self._open()

    def _open(self) -> None:
        self._file = (self.folder / BYTES).open("rb")
        mark_in_use(self._file)
        try:
            with np.load(self.folder / INDEX, allow_pickle=False) as index:
                self.size = int(index["size"])
                self._rows: npt.NDArray[np.int64] = index["rows"]
                paths = index["paths"].tobytes().decode("utf-8", "surrogateescape").split("\0")
        except (KeyError, EOFError) as error:
            raise ValueError(f"damaged index: {error}") from error
        self._index = pd.Index(paths)
        sizes = (
            self._rows[:, 1] * self.size**2 * np.array([np.dtype(kind).itemsize for kind in TYPES])[self._rows[:, 2]]
        )
        if len(paths) != len(self._rows) or (self.folder / BYTES).stat().st_size != sizes.sum():
            raise ValueError("the index and the pixels do not belong together")
        whole = sizes.sum() > 0  # an empty file cannot be mapped
        # as a plain array: every slice of a memmap costs what reading a picture does
        self._bytes = np.asarray(np.memmap(self._file, dtype=np.uint8, mode="r")) if whole else np.empty(0, np.uint8)
        touch(self.folder)

    def __len__(self) -> int:
        """How many pictures, those that cannot be used included."""
        return len(self._rows)

    def positions(self, paths: npt.NDArray[np.str_]) -> npt.NDArray[np.int64]:
        """Where these pictures stand in the entry; -1 for what it does not hold."""
        found = np.array(_first_of_each(self._index).reindex(paths).fillna(ABSENT), dtype=np.int64)
        held = found >= 0
        found[held] = np.where(self._rows[found[held], 0] >= 0, found[held], ABSENT)
        return found

    def read(self, position: int) -> Tensor:
        """The picture ``[C, size, size]`` at a position, the caller's own."""
        start, channels, kind = self._rows[position].tolist()
        dtype = np.dtype(TYPES[kind])
        stop = start + channels * self.size**2 * dtype.itemsize
        copy = np.array(self._bytes[start:stop]).view(dtype).reshape(channels, self.size, self.size)
        return torch.from_numpy(copy)

    def __getstate__(self) -> dict[str, Any]:
        """Where the entry lies; not the pixels."""
        return {"folder": self.folder}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Map the entry again."""
        self.folder = state["folder"]
        self._open()


def _first_of_each(index: pd.Index[str]) -> pd.Series[int]:
    """Position by path; two rows may share a picture."""
    numbered = pd.Series(np.arange(len(index)), index=index)
    return numbered[~index.duplicated()]
