"""What lies in an npz file? Its arrays, row by row, so that none has to fit into memory."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from xaimed.errors import DataError


class Npz:
    """The arrays of one npz file.

    Args:
        file: where it lies.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            with zipfile.ZipFile(file) as archive:
                members = [(entry.filename, entry.CRC, entry.file_size) for entry in archive.infolist()]
        except (zipfile.BadZipFile, OSError) as error:
            raise DataError(f"it is no npz file ({error})", where=file, fix="Download it again.") from error
        self.names = frozenset(name.removesuffix(".npy") for name, _, _ in members)
        # the archive's own checksums: the content is known without reading gigabytes
        self.fingerprint = hashlib.sha256(repr(sorted(members)).encode()).hexdigest()[:16]

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of an array, from its header alone."""
        with self._opened(name) as stream:
            return self._header(name, stream)[0]

    def rows(self, name: str) -> Iterator[npt.NDArray[np.generic]]:
        """The rows of an array, one after the other."""
        with self._opened(name) as stream:
            (count, *shape), dtype = self._header(name, stream)
            size = int(np.prod(shape)) * dtype.itemsize
            for _ in range(count):
                try:
                    content = stream.read(size)
                except (zipfile.BadZipFile, EOFError, OSError) as error:
                    raise self._damaged(name, error) from error
                if len(content) < size:
                    raise self._damaged(name, "it ends early")
                yield np.frombuffer(content, dtype=dtype).reshape(shape)

    def array(self, name: str) -> npt.NDArray[np.generic]:
        """A whole array; for small ones."""
        return np.stack(list(self.rows(name)))

    def _opened(self, name: str) -> IO[bytes]:
        return zipfile.ZipFile(self.file).open(f"{name}.npy")

    def _header(self, name: str, stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[np.generic]]:
        try:
            version = np.lib.format.read_magic(stream)
            read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
            shape, fortran, dtype = read(stream)
        except (ValueError, KeyError, zipfile.BadZipFile, EOFError, OSError) as error:
            raise self._damaged(name, error) from error
        if fortran or dtype.hasobject or not shape:
            raise DataError(f"the array '{name}' is not stored as rows of numbers", where=self.file)
        return shape, dtype

    def _damaged(self, name: str, why: object) -> DataError:
        return DataError(f"the array '{name}' is damaged ({why})", where=self.file, fix="Download it again.")
