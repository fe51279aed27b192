"""What does a gallery know of each picture? Itself, small; what was said of it; and maps on their own grids."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from xaimed.reporting.colours import STRONGEST
from xaimed.reporting.html.encoding import colours_of, encoded, grid_for, picture_uri, side_for
from xaimed.reporting.text import visible


@dataclass(frozen=True)
class Shown:
    """A map and how unsure it is, raw, as its explainer left them.

    Attributes:
        heatmap: ``[h, w]``.
        uncertainty: the same, where there is one.
        explained: the class whose evidence the map shows, where that is not the one that was predicted.
    """

    heatmap: npt.ArrayLike
    uncertainty: npt.ArrayLike | None = None
    explained: str = ""


@dataclass(frozen=True)
class Card:
    """One picture in one run.

    Attributes:
        sample_id: which.
        run: the number of the run.
        fold: which fold held it out.
        true: its class; of several labels each, none where it has none.
        predicted: what was said, likewise.
        correct: whether that is right.
        numbers: by the key of a measure, such as ``probability``; NaN where it is not known.
        maps: by the key of an explainer.
    """

    sample_id: str
    run: int
    fold: int
    true: tuple[str, ...]
    predicted: tuple[str, ...]
    correct: bool
    numbers: Mapping[str, float]
    maps: Mapping[str, Shown] = field(default_factory=dict)


def gallery_data(
    cards: Sequence[Card],
    pictures: Mapping[str, npt.NDArray[np.uint8]],
    *,
    runs: Sequence[str],
    classes: Sequence[str],
    measures: Mapping[str, str],
    explainers: Mapping[str, str],
) -> dict[str, Any]:
    """What the page's script draws cards from.

    Args:
        cards: in the order in which they are shown at first.
        pictures: ``[H, W]`` or ``[H, W, 3]`` by sample; a card without one says so.
        runs: the names of the runs.
        classes: the names of all classes, in the order in which they are to be chosen from.
        measures: by key, what is sorted by and shown.
        explainers: by key, the title.
    """
    order = {name: i for i, name in enumerate(dict.fromkeys(card.sample_id for card in cards))}
    places = {name: i for i, name in enumerate(classes)}
    maps = [each for card in cards for shown in card.maps.values() for each in (shown.heatmap, shown.uncertainty)]
    cells, side = grid_for(maps), side_for([pictures[name] for name in order if name in pictures])
    return {
        "runs": [visible(run) for run in runs],
        "classes": [visible(name) for name in classes],
        "measures": {key: visible(title) for key, title in measures.items()},
        "explainers": {key: visible(title) for key, title in explainers.items()},
        "colours": {"heatmap": colours_of("heatmap"), "uncertainty": colours_of("uncertainty")},
        "strongest": STRONGEST,
        "pictures": [picture_uri(pictures[name], side=side) if name in pictures else "" for name in order],
        "cards": [_card(card, order, places, cells) for card in cards],
    }


def _card(card: Card, order: Mapping[str, int], places: Mapping[str, int], cells: int) -> dict[str, Any]:
    return {
        "i": visible(card.sample_id),
        "x": order[card.sample_id],
        "r": card.run,
        "f": card.fold,
        "t": [places[name] for name in card.true],
        "p": [places[name] for name in card.predicted],
        "c": card.correct,
        "n": {key: _number(value) for key, value in card.numbers.items()},
        "m": {key: _map(shown, places, cells) for key, shown in card.maps.items()},
    }


def _map(shown: Shown, places: Mapping[str, int], cells: int) -> list[Any]:
    unsure = [] if shown.uncertainty is None else encoded(shown.uncertainty, cells)
    explained = [places[shown.explained]] if shown.explained else []
    return [encoded(shown.heatmap, cells), unsure, *explained]


def _number(value: float) -> float | None:
    return float(f"{value:.5g}") if math.isfinite(value) else None
