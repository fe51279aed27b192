"""How is text that came with the data kept text? Nothing in it is ever markup, a line break or a control sequence."""

from __future__ import annotations

import re
import unicodedata

MARKDOWN = re.compile(r"([\\`*\[\]<>|~$&])|(?<![^\W_])(_)|(_)(?![^\W_])")


def visible(text: object) -> str:
    """One line of printable text: a line break or tab becomes a blank, the unprintable a replacement character."""
    characters = (" " if char.isspace() and char != "\u00a0" else char for char in str(text))
    return "".join("\ufffd" if unicodedata.category(char) in ("Cc", "Cf", "Cs") else char for char in characters)


def shortened(text: object, most: int) -> str:
    """At most ``most`` characters, the middle left out: both ends of an identifier tell samples apart."""
    whole = visible(text)
    if len(whole) <= most:
        return whole
    tail = (most - 1) // 2
    return f"{whole[: most - 1 - tail]}…{whole[len(whole) - tail :]}"


def markdown(text: object) -> str:
    """Text for a Markdown table cell; an underscore inside a word needs no escape and gets none."""
    return MARKDOWN.sub(r"\\\g<0>", visible(text))
