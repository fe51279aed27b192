"""Where did a run look at this picture? Stored maps by sample, as arrays and drawn over their pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from xaimed.callbacks.explain import MAPS
from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError, StoreError
from xaimed.reporting.heatmap_grid import GridRow, Look, heatmap_grid
from xaimed.store.fold import EXPLANATIONS
from xaimed.studies.reproduction.figures.explained import NONE, Explained
from xaimed.studies.reproduction.figures.pictures import Picture, Pictures
from xaimed.studies.result import RunResult

NO_MAP = "no map stored"
STORED = "explainer with stored maps"


def explainers_in(result: RunResult) -> list[str]:
    """The explainers whose maps are stored in some finished fold, those that the run was made with first."""
    files = (file for fold in result.run.finished() for file in (fold.path / EXPLANATIONS).glob(f"*/{MAPS}"))
    stored = {file.parent.name.rpartition("-")[0] for file in files} - {"folds"}
    asked = [name for name in result.facts["config"].get("explainer") or {} if name in stored]
    return [*asked, *sorted(stored - set(asked))]


def map_of(result: RunResult, sample: str, explainer: str, what: str = "heatmap") -> npt.NDArray[Any]:
    """One stored map, raw and on its own grid.

    Args:
        result: the run.
        sample: the name of the picture.
        explainer: such as ``gradcam``.
        what: ``heatmap``, ``uncertainty`` where the explainer has one, or what else it stores by name.
    """
    explained = Explained(result, known(explainer, some(explainers_in(result), result.run.path), STORED))
    place = explained.ids.index(known(sample, explained.ids, "sample in this run"))
    if explained.explained[place] == NONE:
        raise ConfigError(f"no map of '{sample}' is stored by {explainer}", where=result.run.path)
    return explained.maps(place, known(what, explained.quantities(place), f"map of {explainer}"))[0]


def picture_of(result: RunResult, sample: str) -> Picture:
    """The picture as a person sees it, with its evidence where there is any; refused where it is not here."""
    explained, pictures = Explained(result, ""), Pictures()
    place = explained.ids.index(known(sample, explained.ids, "sample in this run"))
    found = pictures.of(result, sample, _label(explained, place))
    if found is None:
        raise ConfigError(" ".join(pictures.problems).removesuffix("."), where=result.run.path)
    return found


def heatmaps_figure(
    samples: str | Sequence[str], columns: Mapping[str, Explained], *, title: str, stamp: str | None
) -> Figure:
    """A line for each picture, a column for each of the given views of it.

    Args:
        samples: the names of the pictures, or of one.
        columns: by what stands above it, a run as one explainer sees it.
        title: what is shown.
        stamp: what must never be missing from it.
    """
    there = list(dict.fromkeys(name for each in columns.values() for name in each.ids))
    pictures = Pictures()
    asked = [known(sample, there, "sample in these runs") for sample in several(samples)]
    lines = [_line(sample, list(columns.values()), pictures) for sample in asked]
    told = {each.title for each in columns.values()}
    subline = [told.pop()] if len(told) == 1 else []
    remarks = [said for each in columns.values() for said in each.damaged]
    if len({each.result.facts.get("data") for each in columns.values()} - {None}) > 1:
        remarks.append("These runs have different data: the image is the first one's, each map lies over its own.")
    return heatmap_grid(
        lines,
        list(columns),
        title=title,
        subline=" · ".join([*subline, "bold: true class · p: of what was predicted"]),
        notes=[*remarks, *pictures.problems],
        stamp=stamp,
    )


def _line(sample: str, columns: Sequence[Explained], pictures: Pictures) -> GridRow:
    first = next(each for each in columns if sample in each.ids)
    place = first.ids.index(sample)
    picture = pictures.of(first.result, sample, _label(first, place))
    return GridRow(
        _truth(first, place),
        "",
        tuple(_look(each, sample, pictures) for each in columns),
        picture.pixels if picture else None,
        sample,
        picture.mask if picture else None,
    )


def _look(explained: Explained, sample: str, pictures: Pictures) -> Look | str:
    """A map over the picture as that run saw it, which in another dataset may be another one of the same name."""
    place = explained.ids.index(sample) if sample in explained.ids else None
    if place is None or explained.explained[place] == NONE:
        return NO_MAP
    name = explained.predictions.classes[int(explained.explained[place])]
    heatmap = explained.maps(place, "heatmap")[0]
    picture = pictures.of(explained.result, sample, _label(explained, place))
    return Look(picture.pixels if picture else None, heatmap, explained.decision(place, name))


def _label(explained: Explained, place: int) -> str | None:
    """The class that a picture had when it was predicted; None for several labels."""
    alone = explained.predictions.kind != "multilabel"
    return str(explained.predictions.frame["label"].iloc[place]) if alone else None


def _truth(explained: Explained, place: int) -> str:
    label = _label(explained, place)
    if label is not None:
        return label
    there = np.flatnonzero(explained.predictions.targets[place] == 1)
    return " + ".join(explained.predictions.classes[i] for i in there) or "none"


def some(explainers: Sequence[str], where: Path) -> list[str]:
    """The explainers with stored maps, refused where there are none."""
    if not explainers:
        raise StoreError("no maps are stored", where=where, fix="Explain it: xaimed evaluate RUN explainer=[…].")
    return list(explainers)


def several(names: str | Sequence[str]) -> list[str]:
    """Names as a list; one alone may be given without."""
    return [names] if isinstance(names, str) else list(names)


def known(name: str, names: Sequence[str], what: str) -> str:
    """The name, refused with the near misses where it is none of these."""
    if name not in names:
        raise ConfigError(f"there is no {what} called '{name}'", fix=near_miss(name, names))
    return name
