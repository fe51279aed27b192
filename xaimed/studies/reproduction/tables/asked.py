"""Is what a table asks for among what there is?"""

from __future__ import annotations

from collections.abc import Iterable

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError
from xaimed.evaluation.metrics import METRICS


def one_of(name: str, names: Iterable[str], what: str) -> None:
    """Refuse a name that is not among these.

    Raises:
        ConfigError: with those that lie nearest.
    """
    choices = list(names)
    if name not in choices:
        raise ConfigError(f"there is no '{name}'", where=what, fix=near_miss(name, choices))


def known(metrics: Iterable[str]) -> None:
    """Refuse a metric that there is not."""
    for name in metrics:
        one_of(name, METRICS, "metrics")
