"""Which run is the control of which, and what does it say? Runs on shuffled labels beside those that they control."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xaimed.config.labels import CONTROL_OF
from xaimed.store.run import Run


def compare_with_controls(runs: Sequence[Run]) -> list[str]:
    """Put every run beside its control, where both are there; what comes of it in words, a line each.

    A control is looked for among the runs given and among those beside them; a control alone finds the run that it
    belongs to. What is found of a fold is stored with the run, as if it had been one of its evaluations.
    """
    said: list[str] = []
    for run, control in _pairs(runs):
        from xaimed.studies.twin_maps import beside_its_control  # which wakes torch

        said += [f"{run.path.name}: {line}" for line in beside_its_control(run, control)]
    return said


def _pairs(runs: Sequence[Run]) -> Iterator[tuple[Run, Run]]:
    """Every run that is asked for, or whose control is, with that control."""
    asked = {run.path.resolve() for run in runs}
    there = asked | {file.parent for path in asked for file in path.parent.glob("*/run.json")}
    facts = {path: Run(path).facts() for path in sorted(there)}
    by_identity = {str(told.get("identity")): path for path, told in facts.items()}
    for path, told in facts.items():
        original = by_identity.get(str(told.get(CONTROL_OF)))
        if original is not None and asked & {path, original}:
            yield Run(original), Run(path)
