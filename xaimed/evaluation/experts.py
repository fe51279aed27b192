"""Where did an expert look? Maps drawn by people, one picture for each sample."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from torch import Tensor

from xaimed.data.preparation import Preparation
from xaimed.data.reading import SUFFIXES, read_picture
from xaimed.errors import DataError


def expert_maps(folder: Path, sample_ids: Iterable[str], preparation: Preparation) -> dict[str, Tensor]:
    """The expert's map ``[size, size]`` of each sample that has one, bright where the expert looked.

    Args:
        folder: holds pictures named by the samples, such as ``folder/case-17.png`` for ``case-17``.
        sample_ids: whose maps are looked for.
        preparation: of the pictures; a map is stretched and cropped like its picture.
    """
    files = {str(name): file for name in sample_ids if (file := _file(folder, str(name)))}
    if not files:
        raise DataError(
            "no reported picture has an expert's map", where=folder, fix="Name each file after its sample_id."
        )
    return {name: preparation.plain(read_picture(file)).mean(0) for name, file in files.items()}


def _file(folder: Path, name: str) -> Path | None:
    candidates = (folder / name, *(folder / f"{name}{suffix}" for suffix in sorted(SUFFIXES)))
    return next((file for file in candidates if file.is_file()), None)
