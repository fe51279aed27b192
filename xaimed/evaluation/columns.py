"""Into which groups does a column divide the pictures? As it stands, in bands, or not at all, with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

BANDS: Mapping[str, tuple[float, ...]] = {"age": (18, 40, 60, 80)}
"""Where columns of numbers are cut unless something else is said; ages in years."""
MOST = 12
"""A column of more different values than this divides nothing that a reader could compare."""


@dataclass(frozen=True)
class Division:
    """How a column divides pictures.

    Attributes:
        column: which one.
        labels: the group of each picture by ``sample_id``, only of pictures that have a value.
        names: the groups in their order.
        unknown: how many pictures have no value.
        rule: in words, how a column of numbers was cut; empty for one that stands as it is.
    """

    column: str
    labels: pd.Series[str]
    names: tuple[str, ...]
    unknown: int
    rule: str = ""


def divided(values: pd.Series, bands: Sequence[float] | None = None) -> Division | str:
    """The groups of a column, or why there are none.

    Left out is a column with one value only; one in which more than half of the pictures have a value of their own, as
    names and coordinates do; one of more than ``MOST`` different values, unless it holds numbers and is cut into bands.

    Args:
        values: the column, by ``sample_id``.
        bands: where numbers are cut, each bound belonging to the band above; of ``BANDS`` where nothing is said.
    """
    column, known = str(values.name), values.dropna()
    numbers = pd.to_numeric(known, errors="coerce")
    numeric = bool(len(known)) and bool(numbers.notna().all()) and not pd.api.types.is_bool_dtype(known)
    bounds = bands if bands is not None else BANDS.get(column)
    if bands is not None and not numeric:
        return "it does not hold numbers that could be cut into bands"
    unknown = len(values) - len(known)
    if bounds is not None and numeric:
        edges = sorted(set(map(float, bounds)))
        names = _band_names(edges)
        labels = pd.Series(np.array(names, dtype=object)[np.searchsorted(edges, numbers, side="right")], known.index)
        met = tuple(name for name in names if (labels == name).any())
        if len(met) < 2:
            return f"all of it lies in one band, {met[0]}" if met else "it is empty"
        return Division(column, labels, met, unknown, f"cut at {', '.join(f'{edge:g}' for edge in edges)}")
    labels = known.map(lambda value: f"{value:g}" if isinstance(value, float) else str(value)).astype(object)
    different = sorted(labels.unique(), key=lambda name: (float(name), "") if numeric else (0.0, name))
    if len(different) < 2:
        return "it has one value only" if len(different) else "it is empty"
    if 2 * len(different) > len(known):
        return f"its values are nearly unique, {len(different)} in {len(known)} pictures"
    if len(different) > MOST:
        cut = ", and no bands are given" if numeric else ""
        return f"it has {len(different)} different values, more than {MOST}{cut}"
    return Division(column, labels, tuple(different), unknown)


def columns_of(samples: pd.DataFrame) -> list[str]:
    """The columns that divide the pictures."""
    free = [str(name) for name in samples.columns if name != "group"]
    return [name for name in free if isinstance(divided(samples[name]), Division)]


def _band_names(edges: Sequence[float]) -> list[str]:
    """Such as ``below 18``, ``18 to <40``, ``40 and above``."""
    between = [f"{low:g} to <{high:g}" for low, high in pairwise(edges)]
    return [f"below {edges[0]:g}", *between, f"{edges[-1]:g} and above"]
