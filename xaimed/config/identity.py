"""Which keys decide the training? Those, and nothing else, name a run's directory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

# What only says where things lie, how they are drawn or explained, how fast they are made, or which fold is asked for.
DECIDES_NOTHING = (
    "name",
    "asked",
    "output",
    "explainer",
    "evaluation",
    "logger",
    "audit",
    "html",
    "callbacks.explain",
    "callbacks.explanation_metrics",
    "callbacks.embeddings",
    "dataset.root",  # the manifest's fingerprint stands for it, and for what tables say
    "dataset.file",
    "dataset.boxes_file",
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

# Options that came later, and the value with which they do nothing: a run is then named as if they did not exist.
NOTHING_WHEN = {"image.crop": None, "labels": "as_given"}


def identity(config: Mapping[str, Any], **facts: str) -> dict[str, Any]:
    """The part of a plain, resolved config that decides the training, joined by facts about what lies outside it.

    Args:
        config: the composed configuration as plain containers.
        facts: what the config only points to, as content: the manifest's fingerprint, the checksum of weights.
    """
    return {**_kept(config, ""), "facts": dict(sorted(facts.items()))}


def identity_hash(decided: Mapping[str, Any]) -> str:
    """Ten hex digits that stand for an identity in a directory's name."""
    return hashlib.sha256(json.dumps(decided, sort_keys=True, default=str).encode()).hexdigest()[:10]


def _kept(node: Mapping[str, Any], path: str) -> dict[str, Any]:
    return {
        key: _kept(value, f"{path}{key}.") if isinstance(value, Mapping) else value
        for key, value in node.items()
        if f"{path}{key}" not in DECIDES_NOTHING and not _does_nothing(f"{path}{key}", value)
    }


def _does_nothing(path: str, value: Any) -> bool:
    return path in NOTHING_WHEN and value == NOTHING_WHEN[path]
