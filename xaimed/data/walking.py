"""Which pictures lie below this folder, in which order, and what are they called?"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from xaimed.data.reading import SUFFIXES
from xaimed.errors import DataError


def absolute(path: str | Path) -> Path:
    """The path with ``~`` and ``..`` resolved and links left as they are, so that they can be refused by name."""
    return Path(os.path.abspath(Path(path).expanduser()))


def existing_folder(root: Path, advice: str) -> Path:
    """The root of a dataset, or the advice how to come by one."""
    if not root.exists():
        raise DataError("the dataset folder does not exist", where=root, fix=advice)
    if not root.is_dir():
        raise DataError("the dataset root is a file, not a folder", where=root, fix=advice)
    return root


def visible_folders(parent: Path) -> list[Path]:
    """The folders in ``parent`` that are not hidden, by name."""
    return sorted(path for path in parent.iterdir() if path.is_dir() and not _is_hidden(path.name))


def pictures_below(folder: Path) -> Iterator[Path]:
    """Every picture below ``folder``. Links are followed, so that what they lead to can be refused by name."""
    for parent, folders, files in os.walk(folder, followlinks=True):
        here = os.path.realpath(parent)
        folders[:] = [name for name in folders if not _is_hidden(name) and not _leads_back(parent, name, here)]
        for name in files:
            if not _is_hidden(name) and Path(name).suffix.lower() in SUFFIXES:
                yield in_letters(Path(parent, name))


def natural(path: str) -> tuple[list[tuple[int, str]], str]:
    """A key under which 2 comes before 10, and no two paths are equal."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path)], path


def stem(path: str) -> str:
    """The relative path without its suffix."""
    suffix = Path(path).suffix
    return path[: -len(suffix)] if suffix else path


def sample_ids(paths: Sequence[str]) -> list[str]:
    """Relative paths without suffix; with it where two pictures would be called the same."""
    stems = [stem(path) for path in paths]
    taken = Counter(stems)
    whole = set(paths)
    return [
        short if taken[short] == 1 and short not in whole else path for path, short in zip(paths, stems, strict=True)
    ]


def in_letters(path: Path) -> Path:
    """Refuse a name that no table could hold."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise DataError(
            "the name of this file is not UTF-8", where=ascii(str(path)), fix="Rename it, or the folder it is in."
        ) from None
    return path


def _is_hidden(name: str) -> bool:
    """Dot files, and what archives made on a Mac leave behind."""
    return name.startswith(".") or name == "__MACOSX"


def _leads_back(parent: str, name: str, here: str) -> bool:
    """Whether this is a link to a folder that we are in: walking it would never end."""
    path = os.path.join(parent, name)
    return os.path.islink(path) and (here + os.sep).startswith(os.path.realpath(path) + os.sep)
