"""Which networks of a study has nobody timed yet? They are timed in a process of their own, once nothing else runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from xaimed.config.identity import identity_hash
from xaimed.config.targets import instantiate, widened
from xaimed.errors import StoreError
from xaimed.store.run import Run
from xaimed.store.writing import write_json
from xaimed.studies.reproduction.cost import cost_of
from xaimed.studies.reproduction.standing import Standing
from xaimed.studies.reproduction.study import Study
from xaimed.studies.reproduction.tables.complexity import Complexity

ORDER, LOG = "cost.json", "cost.log"
TARGET = f"{Complexity.__module__}.{Complexity.__name__}"


def time_networks(study: Study, made: Sequence[Standing], folder: Path, console: Console) -> None:
    """Time the networks that a table of the study wants to tell the cost of; one complete run of every row.

    Args:
        study: the study.
        made: how far every run is.
        folder: for the order and what is said while it is carried out.
        console: where it is said that it is done.
    """
    for node in (node for node in study.tables.values() if node.get("_target_") == TARGET):
        table: Complexity = instantiate(node)
        wanted = list(_untimed(study, table, made))
        if wanted:
            _time(wanted, table, folder, console)


def _untimed(study: Study, table: Complexity, made: Sequence[Standing]) -> list[dict[str, Any]]:
    complete = {each.member.name: each for each in made if each.complete and each.config}
    found = []
    for row in study.rows:
        runs = [complete[member.name] for member in row.members if member.name in complete]
        asked = row.name in table.rows if table.rows else not row.members[0].nested
        if asked and runs:
            run, config = runs[0].run, runs[0].config
            assert run is not None
            assert config is not None
            asked_for = (config.get("explainer") or {}).items()
            explainers = [(name, node) for name, node in asked_for if "_target_" in node]
            if not _is_timed(run, explainers):
                found.append({"run": str(run.path), "explainers": explainers})
    return found


def _is_timed(run: Run, explainers: Sequence[tuple[str, Any]]) -> bool:
    try:
        cost = cost_of(run)
    except StoreError:
        return False
    wanted = {f"{name}-{identity_hash(node)[:6]}" for name, node in explainers}
    return cost is not None and wanted <= set(cost.explainers)


def _time(wanted: list[dict[str, Any]], table: Complexity, folder: Path, console: Console) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    order, log = folder / ORDER, folder / LOG
    write_json(order, {"runs": wanted, "stopwatch": asdict(table.stopwatch)})
    said = f"timing {len(wanted)} finished network{'' if len(wanted) == 1 else 's'}"
    console.print(said, markup=False, highlight=False, soft_wrap=True)
    command = [sys.executable, "-m", "xaimed.cli.cost", str(order), str(os.getpid()), *widened()]
    with log.open("ab") as told:
        done = subprocess.run(command, check=False, stdout=told, stderr=told)
    if done.returncode:
        said = f"not all of them could be timed: see {log}"
        console.print(said, markup=False, highlight=False, soft_wrap=True)
