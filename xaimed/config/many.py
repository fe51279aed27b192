"""How is a number of things said? One patient, two patients, so that no sentence counts ``1 patients``."""

from __future__ import annotations


def many(count: int, thing: str) -> str:
    """Such as ``1 copy`` or ``2 copies``.

    Args:
        count: how many.
        thing: one of them, in words of which the last stands in the plural.
    """
    if count == 1:
        return f"1 {thing}"
    vowel_before = thing[-2:-1] in tuple("aeiou")
    return f"{count} {thing[:-1]}ies" if thing.endswith("y") and not vowel_before else f"{count} {thing}s"
