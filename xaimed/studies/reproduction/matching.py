"""Which run on the disk was made for this configuration? Told by what was asked for, and by what commands noted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xaimed.config.identity import identity, identity_hash
from xaimed.errors import StoreError
from xaimed.store.run import Run
from xaimed.studies.reproduction.records import run_recorded

RUNS = "runs"
PLACES = ("dataset.root", "dataset.file", "dataset.boxes_file", "backbone.weights", "protocol.file")
"""Keys that only say where things lie; what lies there decides a run, so another place is another run here."""


def run_of(
    config: Mapping[str, Any],
    name: str,
    there: Mapping[str, list[Run]],
    output: Path,
    records: Path | None = None,
    data: str = "",
) -> Run | None:
    """The run that an earlier command made for this, else the newest of this configuration; None if there is none.

    Args:
        config: what is asked for.
        name: of the member of the study.
        there: what ``runs_by_configuration`` gave.
        output: where runs lie.
        records: where the outcomes of earlier commands lie. They know the run also where data lie elsewhere by now.
        data: the fingerprint of the manifest as it is now; a run of other data is none of this.
    """
    key = key_of(config)
    recorded = run_recorded(records, name, key) if records else ""
    first = [Run(output / RUNS / recorded)] if recorded else []
    for run in [*first, *reversed(there.get(key, []))]:
        facts = _facts(run)
        if facts and (not data or facts.get("data", data) == data):
            return run
    return None


def runs_by_configuration(output: Path) -> dict[str, list[Run]]:
    """The runs below an output directory by what was asked for, the newest last."""
    found: dict[str, list[Run]] = {}
    for file in sorted((output / RUNS).glob("*/run.json"), key=lambda file: (file.stat().st_mtime_ns, str(file))):
        run = Run(file.parent)
        config = _facts(run).get("config")
        if isinstance(config, Mapping) and isinstance(config.get("dataset"), Mapping):
            found.setdefault(key_of(config), []).append(run)
    return found


def key_of(config: Mapping[str, Any]) -> str:
    """What tells runs apart as long as neither data nor weights change where they lie."""
    return identity_hash(identity(config, **{key: _place(config, key) for key in PLACES}))


def _facts(run: Run) -> dict[str, Any]:
    """What ``run.json`` says; nothing where it cannot be read."""
    try:
        return run.facts()
    except StoreError:
        return {}


def _place(config: Mapping[str, Any], key: str) -> str:
    """Where something lies, however it was written down; a name that is no path stays a name."""
    group, name = key.split(".")
    value = (config.get(group) or {}).get(name)
    path = Path(str(value)).expanduser()
    return str(path.resolve()) if value is not None and path.exists() else str(value or "")
