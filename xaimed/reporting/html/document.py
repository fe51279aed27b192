"""How is one HTML file a whole report? All that it needs is inside, and nothing may be fetched or run."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Any

from xaimed.reporting.text import visible


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        key: what links point to.
        title: its heading, and its entry in the contents.
        body: HTML, whose text has been escaped.
    """

    key: str
    title: str
    body: str


def document(
    title: str, sections: Sequence[Section], *, lead: str = "", stamp: str = "", data: Mapping[str, Any] | None = None
) -> str:
    """The page.

    Args:
        title: its name.
        sections: its parts, in order.
        lead: HTML below the title.
        stamp: what must be said beside every figure; shown at the top and on every printed page.
        data: for the page's own script; any JSON.
    """
    stamped = f'<p class="stamp" role="note">{text(stamp)}</p>' if stamp else ""
    contents = "".join(f'<li><a href="#{each.key}">{text(each.title)}</a></li>' for each in sections)
    parts = "".join(
        f'<section id="{each.key}" aria-labelledby="{each.key}-title"><h2 id="{each.key}-title">{text(each.title)}</h2>'
        f"{each.body}</section>"
        for each in sections
    )
    body = (
        f'<a class="skip" href="#content">Skip to the content</a><header><h1>{text(title)}</h1>{stamped}{lead}'
        f'</header><nav aria-label="Contents"><ul>{contents}</ul></nav><main id="content">{parts}</main>'
    )
    return page(
        title, body, data or {}, styles=("base.css", "report.css"), scripts=("canvas.js", "page.js", "gallery.js")
    )


def page(title: str, body: str, data: Mapping[str, Any], *, styles: Sequence[str], scripts: Sequence[str]) -> str:
    """A page that may run its own script and nothing else, and fetch nothing.

    Args:
        title: its name.
        body: HTML, whose text has been escaped.
        data: for its script; any JSON.
        styles: the files of its style, in order.
        scripts: the files of its script, in order.
    """
    style, script = ("\n".join(map(_own, names)) for names in (styles, scripts))
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{text(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>'
        f'<body>{body}<script type="application/json" id="page-data">{embedded(data)}</script>'
        f"<script>{script}</script></body></html>\n"
    )


def text(content: object) -> str:
    """Text that stays text."""
    return escape(visible(content))


def embedded(data: Mapping[str, Any]) -> str:
    """JSON that cannot end the element it stands in."""
    plain = json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return plain.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def data_uri(content: bytes, kind: str) -> str:
    """A picture as an address."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _own(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8").strip()


def _hash(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode('ascii')}"
