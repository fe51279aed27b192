"""Which keys decide the training? Those, and nothing else, name a run's directory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

# What only says where things lie, how they are drawn or explained, how fast they are made, or which fold is asked for.
DECIDES_NOTHING = (
    "name",
    "output",
    "explainer",
    "evaluation",
    "logger",
    "audit",
    "callbacks.explain",
    "dataset.root",  # the manifest's fingerprint stands for it
    "backbone.weights",  # their content's checksum stands for them
    "backbone.checksum",
    "backbone.size",  # image.size stands for it
    "protocol.fold",
    "protocol.file",  # the assignment's hash stands for it
    "loader.workers",
    "loader.cache_gb",
    "trainer.devices",
    "trainer.accelerator",
)

# Options that came later: unless they are used, a run is named as if they did not exist.
NOTHING_WHEN_NULL = ("image.crop",)


def identity(config: Mapping[str, Any], **facts: str) -> dict[str, Any]:
    """The part of a plain, resolved config that decides the training, joined by facts about what lies outside it.

    Args:
        config: the composed configuration as plain containers.
        facts: what the config only points to, as content: the manifest's fingerprint, the checksum of weights.
    """
    kept = {key: _without(value, key) for key, value in config.items() if key not in DECIDES_NOTHING}
    return {**kept, "facts": dict(sorted(facts.items()))}


def identity_hash(decided: Mapping[str, Any]) -> str:
    """Ten hex digits that stand for an identity in a directory's name."""
    return hashlib.sha256(json.dumps(decided, sort_keys=True, default=str).encode()).hexdigest()[:10]


def _without(value: Any, path: str) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {
        key: _without(inner, f"{path}.{key}")
        for key, inner in value.items()
        if f"{path}.{key}" not in DECIDES_NOTHING and not (inner is None and f"{path}.{key}" in NOTHING_WHEN_NULL)
    }
