"""Is more of what is watched better, or less? Told by its name; tables ask it too, so torch is not imported here."""

from __future__ import annotations

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError

AUTO = "auto"
LESS = ("loss", "error", "ece")
MORE = ("accuracy", "auc", "f1", "sensitivity", "specificity", "precision", "recall", "kappa", "mcc")


def direction(monitor: str, mode: str = AUTO) -> str:
    """``min`` or ``max``: as said, or for ``auto`` by what the name means."""
    if mode in ("min", "max"):
        return mode
    if mode != AUTO:
        raise ConfigError(
            f"mode '{mode}' is none", where=f"monitor {monitor}", fix=near_miss(mode, ("min", "max", AUTO))
        )
    name = monitor.rsplit("/", 1)[-1]
    if any(word in name for word in LESS):
        return "min"
    if any(word in name for word in MORE):
        return "max"
    raise ConfigError(
        f"whether less or more of '{monitor}' is better cannot be told from its name",
        where=f"monitor {monitor}",
        fix="Say mode=min or mode=max.",
    )
