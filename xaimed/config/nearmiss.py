"""What did they mean to write? The names that lie nearest to a misspelt one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def near_miss(name: str, options: Iterable[str]) -> str:
    """A sentence naming the near misses of ``name``, or else all (up to a dozen of) the options."""
    choices = sorted(set(options))
    close = difflib.get_close_matches(name, choices, n=3, cutoff=0.5)
    if close:
        return f"Did you mean {' or '.join(repr(choice) for choice in close)}?"
    if not choices:
        return "There is nothing to choose from."
    listed = ", ".join(choices[:12]) + (", …" if len(choices) > 12 else "")
    return f"Choose from: {listed}."
