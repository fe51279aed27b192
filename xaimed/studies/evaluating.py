"""How is a finished run put to the test? Every finished fold again, with evaluations that it has not had yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from xaimed.errors import StoreError
from xaimed.store.run import Run
from xaimed.studies.finished import plan_as_then
from xaimed.studies.fold import finish_again
from xaimed.studies.plan import EVALUATION, EXPLAIN
from xaimed.studies.run import quieten, room_on_disk

CALLBACK = {"_target_": "xaimed.callbacks.explain.ExplainFold"}


def evaluate_run(run: Run, evaluations: Mapping[str, Any], changes: Mapping[str, Any], console: Console) -> None:
    """Explain and evaluate what is finished of a run, as far as that has not been done; nothing is trained.

    Args:
        run: where it lies.
        evaluations: the nodes of the evaluations, by name.
        changes: other explainers, or another place of the data, than the run's own configuration says.
        console: where the folds are told.
    """
    quieten()
    own = run.facts()["config"]
    callbacks = {EXPLAIN: CALLBACK, **(own.get("callbacks") or {})}
    fix = "Bring them back: other data or weights would be another run."
    plan = plan_as_then(run, fix, callbacks=callbacks, **{**changes, EVALUATION: dict(evaluations)})
    finished = [split for split in plan.splits if run.fold(split.fold).complete]
    if not finished:
        raise StoreError("no fold of this run is finished", where=run.path, fix="Give the command of the run again.")
    with room_on_disk(plan):
        for split in finished:
            run.fold(split.fold).verify(plan.identity)
            added = finish_again(plan, split)
            console.print(f"fold {split.fold}: {'evaluated' if added else 'evaluated before'}")
