"""What is shown of a case? Its whole picture as it came, and every map over the part that its network saw."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torchvision.transforms.v2 import functional as F

from xaimed.config.nearmiss import near_miss
from xaimed.data.preparation import Preparation
from xaimed.data.reading import read_picture
from xaimed.errors import ConfigError, StoreError, XaimedError
from xaimed.evaluation.gathered import short_names
from xaimed.studies.plan import preparation_of
from xaimed.studies.result import RunResult
from xaimed.studies.stored_maps import data_config, picture_places, stored_explainers, stored_maps
from xaimed.studies.survey.cases import Case

LARGEST = 768
"""The longer side of a picture in the questionnaire, in pixels; smaller ones stay as they are."""

Pixels = npt.NDArray[np.uint8]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Map:
    """A stored map of a case.

    Attributes:
        run: the name of its run.
        explainer: which one.
        heatmap: raw.
        box: the part of the picture that it covers.
    """

    run: str
    explainer: str
    heatmap: npt.NDArray[Any]
    box: Box


@dataclass(frozen=True)
class Material:
    """What there is to show.

    Attributes:
        cases: those that have a picture and a map, in their order.
        pictures: by sample.
        maps: by sample.
        notes: what is left out, and why.
    """

    cases: list[Case]
    pictures: dict[str, Pixels]
    maps: dict[str, list[Map]]
    notes: list[str]


def material_of(results: Sequence[RunResult], cases: Sequence[Case], only: Collection[str] = ()) -> Material:
    """Pictures and maps of these cases.

    Args:
        results: the runs.
        cases: what is asked about.
        only: explainers, by name with or without their hash; all that are stored without.

    Raises:
        StoreError: none of them has a map, or none has a picture.
    """
    pictures, sizes, trouble = _pictures(results, {case.sample_id for case in cases})
    if not pictures:
        raise StoreError(trouble or "none of the pictures can be read", fix="Bring the data back to where they were.")
    maps: dict[str, list[Map]] = {case.sample_id: [] for case in cases}
    wanted = _wanted({result.name: _stored(result, cases) for result in results}, only)
    undrawn = sum(_maps_of(result, cases, wanted[result.name], sizes, maps) for result in results)
    if not any(maps.values()):
        raise StoreError(
            "these runs hold no maps of these cases",
            where=", ".join(str(result.run.path) for result in results),
            fix="Explain them first: give the command that trained them again with explainer=….",
        )
    shown = [case for case in cases if maps[case.sample_id] and case.sample_id in pictures]
    if not shown:
        raise StoreError("no case has both a picture and a map")
    left = len(cases) - len(shown)
    notes = [f"{left} of {len(cases)} cases are left out, for their picture or every map is missing."] if left else []
    notes += [f"{undrawn} maps are left out, for they hold NaN or infinity."] if undrawn else []
    return Material(shown, pictures, maps, notes)


def _maps_of(
    result: RunResult,
    cases: Sequence[Case],
    wanted: Collection[str],
    sizes: Mapping[str, tuple[int, int]],
    maps: dict[str, list[Map]],
) -> int:
    """Add the maps of one run; how many cannot be drawn."""
    undrawn, stored = 0, {fold: stored_maps(result, fold, wanted) for fold in _folds(result, cases)}
    preparation = preparation_of(config) if (config := data_config(result)) else None
    for case in cases:
        if (said := case.said.get(result.name)) is None or case.sample_id not in sizes:
            continue
        for key, (arrays, row) in stored[said.fold].of(case.sample_id).items():
            if np.isfinite(heatmap := arrays["heatmap"][row]).all():
                box = seen(preparation, *sizes[case.sample_id])
                maps[case.sample_id].append(Map(result.name, key, heatmap, box))
            else:
                undrawn += 1
    return undrawn


def _folds(result: RunResult, cases: Sequence[Case]) -> list[int]:
    return sorted({said.fold for case in cases if (said := case.said.get(result.name))})


def _stored(result: RunResult, cases: Sequence[Case]) -> list[str]:
    return sorted({name for fold in _folds(result, cases) for name in stored_explainers(result, fold)})


def _wanted(stored: Mapping[str, Sequence[str]], only: Collection[str]) -> dict[str, set[str]]:
    """By run, of its stored explainers those that are asked for."""
    called = {run: short_names(names) for run, names in stored.items()}
    known = {name for short in called.values() for names in short.items() for name in names}
    for name in only:
        if known and name not in known:
            fix = near_miss(name, sorted(known))
            raise ConfigError(f"no maps of '{name}' are stored", where="--explainers", fix=fix)
    return {
        run: {key for key, told in short.items() if not only or {key, told} & set(only)}
        for run, short in called.items()
    }


def seen(preparation: Preparation | None, height: int, width: int) -> Box:
    """The part of a picture that a network saw: left, top, right, bottom, as shares of its sides.

    Args:
        preparation: how the picture was made ready; all of it is seen without.
        height: of the picture, in pixels.
        width: of the picture, in pixels.
    """
    if preparation is None:
        return 0.0, 0.0, 1.0, 1.0
    rows = preparation.framed(torch.arange(height)[:, None].expand(height, width))[:, 0].tolist()
    columns = preparation.framed(torch.arange(width)[None].expand(height, width))[0].tolist()
    return columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height


def _pictures(
    results: Sequence[RunResult], names: set[str]
) -> tuple[dict[str, Pixels], dict[str, tuple[int, int]], str]:
    """Whole pictures, at most so large, and their own heights and widths."""
    places, trouble = picture_places(results, names)
    found: dict[str, Pixels] = {}
    sizes: dict[str, tuple[int, int]] = {}
    for name, (path, _) in places.items():
        try:
            found[name], sizes[name] = _picture(path)
        except (XaimedError, OSError):
            continue
    return found, sizes, trouble


def _picture(path: Path) -> tuple[Pixels, tuple[int, int]]:
    picture = F.to_dtype(read_picture(path), torch.float32, scale=True)
    height, width = picture.shape[-2:]
    if (longest := max(height, width)) > LARGEST:
        smaller = [max(1, round(side * LARGEST / longest)) for side in (height, width)]
        picture = F.resize(picture, smaller, antialias=True).clamp(0, 1)
    pixels = np.round(255 * picture.numpy()).astype(np.uint8)
    return pixels[0] if len(pixels) == 1 else np.ascontiguousarray(np.moveaxis(pixels, 0, -1)), (height, width)
