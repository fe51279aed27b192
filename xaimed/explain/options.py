"""May this be asked of an explainer? One of so many words, a number large enough."""

from __future__ import annotations

import math
from collections.abc import Iterable

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError


def one_of(word: str, words: Iterable[str], where: str) -> None:
    """Refuse a word that is none of these."""
    known = tuple(words)
    if word not in known:
        raise ConfigError(f"there is no '{word}' here", where=where, fix=near_miss(word, known))


def whole(number: object, where: str, least: int = 1) -> None:
    """Refuse what is no whole number of at least ``least``."""
    if isinstance(number, bool) or not isinstance(number, int) or number < least:
        raise ConfigError(f"{number!r} is no whole number of at least {least}", where=where)


def not_negative(number: object, where: str) -> None:
    """Refuse what is no finite number of at least 0."""
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number < math.inf:
        raise ConfigError(f"{number!r} is no number of at least 0", where=where)
