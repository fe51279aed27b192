"""What does a rater see? Pictures and maps by number, questions about each, and nothing that tells whose they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from xaimed.reporting.colours import STRONGEST
from xaimed.reporting.html.document import page, text
from xaimed.reporting.html.encoding import colours_of, encoded, picture_uri
from xaimed.reporting.text import visible

Answer = Literal["classes", "yes or no", "scale", "text"]
DIAGNOSIS, RELIABLE, DIFFICULTY = "diagnosis", "reliable", "difficulty"
STRUCTURE, FOCUS, TRUST, COMMENT = "structure", "focus", "trust", "comment"
LEAST, MOST = 1, 5
NONE_OF_THESE = "none of these / something else"
QUALITY = 88


@dataclass(frozen=True)
class Question:
    """A question about a picture or a map.

    Attributes:
        key: what its answers are filed under.
        asked: its wording.
        answer: ``classes`` (a list of class numbers, empty for none of these), ``yes or no``, ``scale`` (1 to 5) or
            ``text``, which may be left out.
        low: what 1 means.
        high: what 5 means.
    """

    key: str
    asked: str
    answer: Answer
    low: str = ""
    high: str = ""


OF_PICTURES = (
    Question(DIAGNOSIS, "What is your diagnosis?", "classes"),
    Question(RELIABLE, "Can a reliable diagnosis be made from this picture alone?", "yes or no"),
    Question(DIFFICULTY, "How difficult is this case?", "scale", "easy", "very difficult"),
    Question(COMMENT, "Comment (optional)", "text"),
)
OF_MAPS = (
    Question(STRUCTURE, "Is the right anatomical structure highlighted?", "yes or no"),
    Question(FOCUS, "Is the focus mainly on what is crucial for the diagnosis?", "yes or no"),
    Question(TRUST, "How well does the map match what you find relevant?", "scale", "poor match", "excellent match"),
    Question(COMMENT, "Comment (optional)", "text"),
)


@dataclass(frozen=True)
class Item:
    """One thing that is asked about.

    Attributes:
        picture: which of the pictures.
        heatmap: a map over it, raw; without one the picture itself is asked about.
        box: the part of the picture that the map covers: left, top, right, bottom, as shares of its sides.
    """

    picture: str
    heatmap: npt.NDArray[Any] | None = None
    box: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)


def survey_data(
    items: Sequence[Item], pictures: Mapping[str, npt.NDArray[np.uint8]], classes: Sequence[str], several: bool
) -> dict[str, Any]:
    """What the page draws its items from; whatever would tell a model, an explainer or a sample is left out.

    Args:
        items: in the order in which they are asked.
        pictures: ``[H, W]`` or ``[H, W, 3]`` by name.
        classes: what can be diagnosed.
        several: whether more than one of them can be there.
    """
    places = {name: place for place, name in enumerate(dict.fromkeys(item.picture for item in items))}
    return {
        "classes": [visible(name) for name in classes],
        "several": several,
        "none": NONE_OF_THESE,
        "questions": {"picture": [asdict(each) for each in OF_PICTURES], "map": [asdict(each) for each in OF_MAPS]},
        "colours": colours_of("heatmap"),
        "strongest": STRONGEST,
        "pictures": [picture_uri(pictures[name], QUALITY) for name in places],
        "items": [_item(item, places[item.picture]) for item in items],
    }


def survey_html(title: str, survey: str, data: Mapping[str, Any], stamp: str = "") -> str:
    """The questionnaire: one file that needs nothing else.

    Args:
        title: what stands above it.
        survey: its id, by which answers find their key.
        data: what ``survey_data`` gives.
        stamp: what must be said of all of it.
    """
    stamped = f' <span class="stamp" role="note">{text(stamp)}</span>' if stamp else ""
    kinds = [item["m"] is None for item in data["items"]]
    body = _BODY.format(
        title=text(title), stamp=stamped, id=text(survey), pictures=sum(kinds), maps=len(kinds) - sum(kinds)
    )
    told = {"survey": {"id": survey, **data}}
    return page(title, body, told, styles=("base.css", "survey.css"), scripts=("canvas.js", "survey.js"))


def _item(item: Item, place: int) -> dict[str, Any]:
    if item.heatmap is None:
        return {"p": place, "m": None}
    raw = np.asarray(item.heatmap, dtype=np.float64)
    # Divided by its maximum, for the maximum itself would tell one explainer from another.
    return {"p": place, "m": encoded(raw / raw.max()) if raw.max() > 0 else [], "b": [round(v, 5) for v in item.box]}


_BODY = """<header><div><h1>{title}</h1>{stamp}</div>
<div id="s-standing" class="standing" hidden><label>Progress <progress id="s-progress" value="0"></progress></label>
<span id="s-where"></span><button type="button" id="s-export">Save answers as a file</button></div></header>
<main id="content"><p id="s-said" role="status" aria-live="polite"></p>
<section id="s-start" aria-labelledby="s-start-title"><h2 id="s-start-title">Before you begin</h2>
<p>You will see {pictures} pictures and {maps} heatmaps, one after another. First comes a picture alone: give your
diagnosis as you would in practice. Then come heatmaps over the same picture, in random order and without names. A
heatmap shows what a computer's decision rested on; it says nothing of whether the decision was right.</p>
<ul><li>The diagnosis cannot be changed once the first heatmap of its picture has been seen.</li>
<li>Answers are kept in this browser as you give them: close the page and come back whenever you like. Nothing is sent
anywhere. When you are done, save the answers as a file and hand that in.</li>
<li>Keys: <kbd>1</kbd>–<kbd>5</kbd> answer the marked question, <kbd>Enter</kbd> or <kbd>→</kbd> goes on,
<kbd>←</kbd> goes back.</li></ul>
<form id="s-form"><label>Your name or code <input id="s-name" required maxlength="80" autocomplete="name"></label>
<label>Your role <input id="s-role" required maxlength="80" placeholder="such as radiologist, 8 years"></label>
<button class="main" type="submit">Begin</button></form>
<div id="s-saved"></div>
<p><label>Go on with answers saved as a file
<input id="s-import" type="file" accept=".json,application/json"></label></p>
<p class="quiet">Survey {id}</p></section>
<section id="s-item" aria-labelledby="s-title" hidden><h2 id="s-title" tabindex="-1"></h2>
<div class="asked"><div id="s-shown"></div><form id="s-questions" autocomplete="off"></form></div></section>
<section id="s-end" aria-labelledby="s-end-title" hidden><h2 id="s-end-title" tabindex="-1">That was the last one</h2>
<p>Thank you. Save your answers as a file and hand it in to whoever gave you this survey.</p>
<p class="buttons"><button type="button" id="s-back-from-end">← Back</button>
<button type="button" class="main" id="s-export-end">Save answers as a file</button></p></section>
<noscript><p>The survey is run by a script of this page, which is switched off here.</p></noscript></main>"""
