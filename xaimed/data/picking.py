"""Which pictures are meant by these names? Files, folders with all that lies below them, and patterns of names."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from pathlib import Path

from xaimed.config.nearmiss import near_miss
from xaimed.data.reading import SUFFIXES
from xaimed.data.walking import in_letters, natural, pictures_below
from xaimed.errors import DataError

WILD = frozenset("*?[")


def pictures_named(places: Sequence[str]) -> list[Path]:
    """Every picture at the places, each once, in the order of the places; those of a folder in natural order.

    A file that is named counts whatever it is called, for a DICOM file need not have a suffix; what it is, its reader
    tells. Of a folder, what is called like a picture counts. A pattern (``*``, ``?``, ``[…]``, ``**`` for any depth)
    stands for what matches it.

    Raises:
        DataError: where a place is, or leads to, no picture at all.
    """
    found: dict[str, Path] = {}
    for place in places:
        own = _pictures_at(place)
        if not own:
            raise DataError("no picture is there", where=place, fix=_advice(place))
        for path in own:
            found.setdefault(os.path.abspath(path), in_letters(path))
    return list(found.values())


def _pictures_at(place: str) -> list[Path]:
    path = Path(place).expanduser()
    if path.is_dir():
        return sorted(pictures_below(path), key=lambda picture: natural(str(picture)))
    if os.path.lexists(path):
        return [path]
    if not WILD & set(place):
        return []
    matching = sorted(glob.glob(str(path), recursive=True), key=natural)
    return [picture for match in matching for picture in _pictures_at(match)]


def _advice(place: str) -> str:
    path = Path(place).expanduser()
    if path.is_dir():
        return f"Pictures end with {', '.join(sorted(SUFFIXES))}; a file without such a name can be named itself."
    if WILD & set(place):
        return "Nothing has such a name; '**' stands for folders at any depth."
    if not path.parent.is_dir():
        return f"There is no folder {path.parent}."
    return f"In {path.parent}: {near_miss(path.name, (entry.name for entry in path.parent.iterdir()))}"
