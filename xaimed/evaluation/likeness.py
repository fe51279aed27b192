"""How much of one map is left in another? Its rank correlation, beside that of maps of different pictures."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from xaimed.data.randomness import seed_for
from xaimed.evaluation.similarity import Maps, Values, spearman, top_overlap

OTHERS = 8
"""With so many other pictures each is compared."""
HOW = (
    "Likeness is Spearman's rank correlation of raw maps; a map that has become flat has nothing left of the other and "
    f"counts as 0. Baseline: the same of maps of up to {OTHERS} pictures of other patients"
)


def likeness(first: Maps, second: Maps) -> Values:
    """Spearman's correlation ``[B]``; 0 where only the second map is flat, NaN where the first is."""
    return _flat_is_unlike(spearman(first, second), first, second)


def top_likeness(first: Maps, second: Maps) -> Values:
    """Overlap ``[B]`` of the highest tenths, with the same rule for flat maps."""
    return _flat_is_unlike(top_overlap(first, second), first, second)


def other_pictures(maps: Maps, sample_ids: npt.ArrayLike, groups: npt.ArrayLike) -> Values:
    """How like each map is to those of pictures of other patients, on average; drawn by the names alone.

    Where there is one patient only, pictures of the same patient take their place; NaN where there is one picture.
    """
    names, people = np.asarray(sample_ids, dtype=str), np.asarray(groups, dtype=str)
    found: Values = np.full(len(names), np.nan)
    for at, name in enumerate(names):
        others = np.flatnonzero(people != people[at])
        others = others if len(others) else np.flatnonzero(names != name)
        if len(others):
            drawn = sorted(others, key=lambda other: seed_for("other picture", str(name), str(names[other])))[:OTHERS]
            same = torch.as_tensor(maps)[at].expand(len(drawn), *maps.shape[1:])
            found[at] = likeness(same, maps[np.array(drawn)]).mean()
    return found


def _flat_is_unlike(values: Values, first: Maps, second: Maps) -> Values:
    says, silent = (_varies(maps) for maps in (first, second))
    found: Values = np.where(says & ~silent, 0.0, values)
    return found


def _varies(maps: Maps) -> npt.NDArray[np.bool_]:
    pixels = torch.as_tensor(maps).detach().cpu().flatten(1)
    varies: npt.NDArray[np.bool_] = (pixels.amax(1) > pixels.amin(1)).numpy()
    return varies
