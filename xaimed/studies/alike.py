"""Do runs look at the same places? Their stored maps of the same pictures beside each other, over seeds or models."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from xaimed.callbacks.explain import MAPS, load_maps
from xaimed.errors import StoreError
from xaimed.evaluation.between import ALIKE_CAPTION, between_measures, between_runs
from xaimed.evaluation.statistics.bootstrap import mean_interval
from xaimed.reporting.evaluations import INTERVALS, heading, measured
from xaimed.reporting.tables import Cell, Table
from xaimed.store.fold import EXPLANATIONS
from xaimed.studies.result import RunResult

Maps = dict[str, npt.NDArray[Any]]


def alike_table(results: Sequence[RunResult]) -> Table:
    """A row for each pair of runs and each explainer that was asked alike in both."""
    maps = {result.name: _maps_of(result) for result in results}
    rows: list[tuple[Cell, ...]] = []
    for one, other in combinations(results, 2):
        for explainer in sorted(maps[one.name].keys() & maps[other.name].keys()):
            found = between_runs(maps[one.name][explainer], maps[other.name][explainer], explainer)
            if len(found):
                pair = f"{one.name} × {other.name}"
                rows.append((pair, explainer.rsplit("-", 1)[0], found["sample_id"].nunique(), *_cells(one, found)))
    if not rows:
        raise StoreError(
            "these runs have no map of the same picture by the same explainer, for the same class",
            where=", ".join(result.name for result in results),
            fix="Explain them alike, for instance with xaimed evaluate RUN explainer=[gradcam].",
        )
    columns = ("Runs", "Explainer", "n", *(heading(measure) for measure in between_measures().values()))
    left_out = "Pictures for which two runs explain different classes are left out"
    return Table("Agreement of maps", columns, tuple(rows), (f"{ALIKE_CAPTION}.", f"{left_out}.", f"{INTERVALS}."))


def _cells(result: RunResult, found: pd.DataFrame) -> list[Cell]:
    assert result.predictions is not None
    patients = dict(zip(result.predictions.frame["sample_id"], result.predictions.frame["group"], strict=True))
    cells: list[Cell] = []
    for key, measure in between_measures().items():
        rows = found[found["measure"] == key]
        groups = [patients[name] for name in rows["sample_id"]]
        cells.append(measured(measure, mean_interval(rows["value"].to_numpy(dtype=np.float64), groups)))
    return cells


def _maps_of(result: RunResult) -> dict[str, Maps]:
    """The stored maps of all folds, by the name of the explainer's directory; of repeated folds the first repeat."""
    if result.predictions is None:
        return {}
    found: dict[str, list[Maps]] = {}
    for index in result.predictions.repeats[0]:
        for file in sorted((result.run.fold(index).path / EXPLANATIONS).glob(f"*/{MAPS}")):
            if not file.parent.name.startswith("folds-"):
                found.setdefault(file.parent.name, []).append(load_maps(file.parent))
    keys = ("sample_id", "targets", "heatmap")
    return {name: {key: np.concatenate([part[key] for part in parts]) for key in keys} for name, parts in found.items()}
