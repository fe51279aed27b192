"""Which number belongs to which class? Numbers given by the classes' names, put into the order of the logits."""

from __future__ import annotations

import math
from collections.abc import Mapping

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError


def by_class(given: Mapping[str, float], classes: tuple[str, ...], where: str) -> list[float]:
    """One number per class, in the order of ``classes``; every class must have one, and no name may be foreign.

    Args:
        given: numbers by class name.
        classes: the classes that need a number.
        where: the option they stand under, for the message.
    """
    foreign = next((str(name) for name in given if name not in classes), None)
    if foreign is not None:
        raise ConfigError(f"there is no class '{foreign}'", where=where, fix=near_miss(foreign, classes))
    missing = [name for name in classes if name not in given]
    if missing:
        raise ConfigError(
            f"{', '.join(repr(name) for name in missing)} got no number",
            where=where,
            fix=f"Give one for each of: {', '.join(classes)}.",
        )
    return [positive(given[name], f"{where}.{name}") for name in classes]


def positive(number: float, where: str) -> float:
    """The number, refused unless it is one and above zero."""
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 < number < math.inf:
        raise ConfigError(f"{number!r} is no number above 0", where=where)
    return float(number)


def fraction(number: float, where: str) -> float:
    """The number, refused unless it is at least 0 and below 1."""
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number < 1:
        raise ConfigError(f"{number!r} is not at least 0 and below 1", where=where)
    return float(number)
