"""How does a reader choose what the gallery shows? Controls with their labels, and places that the script fills."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from xaimed.reporting.html.document import text

NOTHING = "none"
"""What a picture without any label is called."""


def gallery_html(data: Mapping[str, Any], note: str = "") -> str:
    """The controls, and the place that the script fills."""
    explainers = list(enumerate(data["explainers"].values()))
    fields = [
        _select("run", "Run", enumerate(data["runs"]), "all") if len(data["runs"]) > 1 else "",
        _select("true", "True class", _occurring(data, "t"), "all"),
        _select("said", "Predicted", _occurring(data, "p"), "all"),
        _select("right", "Correctness", [(1, "correct"), (0, "incorrect")], "all"),
        _select("fold", "Fold", [(fold, fold) for fold in sorted({card["f"] for card in data["cards"]})], "all"),
        '<label>Name contains<input id="g-name" type="search"></label>',
        *(_of_measures(data["measures"]) if data["measures"] else ()),
        _select("explainer", "Explanation", explainers) if explainers else "",
        _blend("g-blend", "Heatmap over picture") if explainers else "",
        '<label class="tick"><input id="g-unsure" type="checkbox"> its uncertainty beside it</label>'
        if explainers
        else "",
        '<div class="tick"><button type="reset">Start over</button></div>',
    ]
    large = [
        _select("large-explainer", "Explanation", explainers) if len(explainers) > 1 else "",
        _blend("g-large-blend", "Heatmap over picture") if explainers else "",
    ]
    said = f'<p class="quiet">{text(note)}</p>' if note else ""
    return (
        f'{said}<form id="g-form" class="controls" aria-label="Which pictures, and how">{"".join(fields)}</form>'
        '<p id="g-count" role="status"></p><p id="g-asked" class="paper"></p><div id="g-key" class="key"></div>'
        '<a class="skip" href="#g-after">Past the pictures</a>'
        '<ul id="g-cards" class="cards" role="list" aria-label="Pictures"></ul>'
        '<div id="g-after" tabindex="-1"><button id="g-more" type="button" hidden>Show more</button></div>'
        "<noscript><p>The gallery is drawn by a script of this page, which is switched off here.</p></noscript>"
        '<dialog id="g-large" aria-labelledby="g-large-title"><p class="buttons">'
        '<button type="button" id="g-before">← before</button><button type="button" id="g-next">next →</button>'
        '<button type="button" id="g-close">close</button></p><h3 id="g-large-title"></h3>'
        f'<p id="g-large-said" role="status"></p><div class="controls">{"".join(large)}</div>'
        '<div id="g-large-body"></div><dl id="g-large-facts"></dl></dialog>'
    )


def _of_measures(measures: Mapping[str, str]) -> list[str]:
    """What is shown on every card, sorted by and limited."""
    orders = [("", "as listed"), ("down", "largest first"), ("up", "smallest first")]
    return [
        _select("measure", "Measure", enumerate(measures.values())),
        _select("order", "Order by it", orders),
        '<label>At least<input id="g-least" type="number" step="any" placeholder="any"></label>',
        '<label>At most<input id="g-most" type="number" step="any" placeholder="any"></label>',
    ]


def _occurring(data: Mapping[str, Any], key: str) -> list[tuple[int, str]]:
    """The classes that stand on some card, in their order, and that none does."""
    there = {place for card in data["cards"] for place in card[key]}
    found = [(place, name) for place, name in enumerate(data["classes"]) if place in there]
    return found + ([(-1, NOTHING)] if any(not card[key] for card in data["cards"]) else [])


def _blend(key: str, label: str) -> str:
    return (
        f'<label>{label}<span class="slide"><input id="{key}" type="range" min="0" max="100" step="5" value="100" '
        f'aria-label="{label}, per cent"><output for="{key}">100 %</output></span></label>'
    )


def _select(key: str, label: str, options: Iterable[tuple[Any, Any]], everything: str = "") -> str:
    first = [f'<option value="">{text(everything)}</option>'] if everything else []
    listed = [f'<option value="{value}">{text(name)}</option>' for value, name in options]
    return f'<label>{text(label)}<select id="g-{key}">{"".join([*first, *listed])}</select></label>'
