"""What does a gallery know of each picture? Itself, small; what was said of it; and maps on their own grids."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from xaimed.reporting.colours import STRONGEST, MapKind, colour_map
from xaimed.reporting.html.document import data_uri, text
from xaimed.reporting.text import visible

Floats = npt.NDArray[np.float64]

FINEST = 64
"""The most cells of a map along a side; a finer one is averaged, for it is looked at, not measured."""
QUALITY = 72


@dataclass(frozen=True)
class Shown:
    """A map and how unsure it is, raw, as its explainer left them."""

    heatmap: npt.ArrayLike
    uncertainty: npt.ArrayLike | None = None


@dataclass(frozen=True)
class Card:
    """One picture in one run.

    Attributes:
        sample_id: which.
        run: the number of the run.
        fold: which fold held it out.
        true: its class, or its labels.
        predicted: what was said.
        correct: whether that is right.
        numbers: by the key of a measure, such as ``probability``; NaN where it is not known.
        maps: by the key of an explainer.
    """

    sample_id: str
    run: int
    fold: int
    true: str
    predicted: str
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
        classes: the names of the classes.
        measures: by key, what is sorted by and shown.
        explainers: by key, the title.
    """
    order = {name: i for i, name in enumerate(dict.fromkeys(card.sample_id for card in cards))}
    return {
        "runs": [visible(run) for run in runs],
        "classes": [visible(name) for name in classes],
        "measures": {key: visible(title) for key, title in measures.items()},
        "explainers": {key: visible(title) for key, title in explainers.items()},
        "colours": {"heatmap": colours_of("heatmap"), "uncertainty": colours_of("uncertainty")},
        "strongest": STRONGEST,
        "pictures": [picture_uri(pictures[name]) if name in pictures else "" for name in order],
        "cards": [_card(card, order) for card in cards],
    }


def gallery_html(data: Mapping[str, Any], note: str = "") -> str:
    """The controls, and the place that the script fills."""
    many = len(data["runs"]) > 1
    fields = [
        _select("run", "Run", data["runs"], "all") if many else "",
        _select("true", "True class", sorted({card["t"] for card in data["cards"]}), "all"),
        _select("said", "Predicted", sorted({card["p"] for card in data["cards"]}), "all"),
        _select("fold", "Fold", sorted({str(card["f"]) for card in data["cards"]}, key=int), "all"),
        _select("right", "Correctness", ["correct", "incorrect"], "all"),
        _select("sort", "Sort by", list(data["measures"].values()), "as listed"),
        '<label>Order<select id="g-down"><option value="1">largest first</option>'
        '<option value="">smallest first</option></select></label>',
        '<label>At least<input id="g-least" type="number" step="any" placeholder="any"></label>',
        '<label>Name holds<input id="g-name" type="search"></label>',
        _select("explainer", "Explanation", list(data["explainers"].values()), None) if data["explainers"] else "",
        '<label>Heatmap <output id="g-much">100 %</output>'
        '<input id="g-blend" type="range" min="0" max="100" value="100" aria-label="Heatmap over picture, per cent">'
        "</label>",
        '<label class="tick"><input id="g-unsure" type="checkbox"> uncertainty beside it</label>',
    ]
    said = f'<p class="quiet">{text(note)}</p>' if note else ""
    return (
        f'{said}<form id="g-form" class="controls" aria-label="Which pictures, and how">{"".join(fields)}</form>'
        '<p id="g-count" role="status" aria-live="polite"></p><div id="g-key" class="key"></div>'
        '<div id="g-cards" class="cards"></div><button id="g-more" type="button" hidden>Show more</button>'
        "<noscript><p>The gallery is drawn by a script of this page, which is switched off here.</p></noscript>"
        '<dialog id="g-large" aria-labelledby="g-large-title"><h3 id="g-large-title"></h3><div id="g-large-body"></div>'
        '<label>Heatmap over picture<input id="g-large-blend" type="range" min="0" max="100" value="100"></label>'
        '<dl id="g-large-facts"></dl><p class="buttons"><button type="button" id="g-before">← before</button>'
        '<button type="button" id="g-next">next →</button><button type="button" id="g-close">close</button></p>'
        "</dialog>"
    )


def picture_uri(pixels: npt.NDArray[np.uint8], quality: int = QUALITY) -> str:
    """A picture, lossy, as an address."""
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, format="WEBP", quality=quality, method=4)
    return data_uri(content.getvalue(), "image/webp")


def encoded(values: npt.ArrayLike) -> list[Any]:
    """A map as rows, columns, its raw maximum and bytes from none to that maximum; nothing where it cannot be drawn."""
    raw = np.asarray(values, dtype=np.float64)
    if not np.isfinite(raw).all() or raw.max() <= 0:
        return []
    coarse = _coarser(raw)
    strength = np.round(255 * np.clip(coarse / raw.max(), 0, 1)).astype(np.uint8)
    return [*strength.shape, _number(float(raw.max())), base64.b64encode(strength.tobytes()).decode("ascii")]


def colours_of(kind: MapKind) -> str:
    """256 colours as they are drawn, three bytes each."""
    ramp = colour_map(kind)(0.2 + 0.8 * np.linspace(0, 1, 256))[:, :3]
    return base64.b64encode(np.round(255 * ramp).astype(np.uint8).tobytes()).decode("ascii")


def _coarser(raw: Floats) -> Floats:
    if max(raw.shape) <= FINEST:
        return raw
    height, width = (min(FINEST, side) for side in raw.shape)
    small = Image.fromarray(raw.astype(np.float32)).resize((width, height), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float64)


def _card(card: Card, order: Mapping[str, int]) -> dict[str, Any]:
    maps = {
        key: [encoded(shown.heatmap), [] if shown.uncertainty is None else encoded(shown.uncertainty)]
        for key, shown in card.maps.items()
    }
    return {
        "i": visible(card.sample_id),
        "x": order[card.sample_id],
        "r": card.run,
        "f": card.fold,
        "t": visible(card.true),
        "p": visible(card.predicted),
        "c": card.correct,
        "n": {key: _number(value) for key, value in card.numbers.items()},
        "m": maps,
    }


def _number(value: float) -> float | None:
    return float(f"{value:.5g}") if math.isfinite(value) else None


def _select(key: str, label: str, options: Sequence[str], everything: str | None) -> str:
    first = [] if everything is None else [f'<option value="">{text(everything)}</option>']
    listed = [f'<option value="{i}">{text(name)}</option>' for i, name in enumerate(options)]
    return f'<label>{text(label)}<select id="g-{key}">{"".join([*first, *listed])}</select></label>'
