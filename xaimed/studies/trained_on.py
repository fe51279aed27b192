"""Which of these pictures has a run been trained on or chosen by? Those are no test of it, whatever they are called."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from xaimed.config.targets import instantiate
from xaimed.data.inspection import Inspection, inspect
from xaimed.data.manifest import Manifest
from xaimed.errors import XaimedError
from xaimed.store.fold import SPLIT
from xaimed.store.run import Run
from xaimed.studies.staged import SELECT, STARTED_FROM, TRAIN

Mask = npt.NDArray[np.bool_]


def trained_on(run: Run, manifest: Manifest, inspection: Inspection) -> tuple[Mask, list[str]]:
    """Which rows the run, its members and what it started from have trained on, and what cannot be told.

    Pictures are the same when their pixels are, whatever file they lie in. Where training data have moved away, names
    are all that is left: then a sample of a dataset of the same name, of the same patient, counts as the same.

    Args:
        run: a run or an ensemble.
        manifest: another dataset, all its rows.
        inspection: what was seen of it.
    """
    found, unsaid = np.zeros(len(manifest), dtype=bool), list[str]()
    for one in _lineage(run):
        used = _used(one)
        try:
            theirs: Manifest = instantiate(one.facts()["config"]["dataset"]).manifest()
        except (XaimedError, OSError) as error:
            unsaid.append(f"the data of {one.path.name} are not there any more ({type(error).__name__})")
            there = used.iloc[:0]
        else:
            seen = _pixels(inspect(theirs))
            rows = theirs.frame["sample_id"].astype(str).isin(used["sample_id"]).to_numpy(dtype=bool)
            known = {pixels for pixels, mine in zip(seen, rows, strict=True) if mine and any(pixels)}
            found |= np.array([pixels in known for pixels in _pixels(inspection)], dtype=bool)
            there = used[used["sample_id"].isin(theirs.frame["sample_id"].astype(str))]
        if len(there) < len(used) and one.facts().get("dataset") == manifest.name:
            found |= _same_names(manifest, used.drop(there.index))
    return found, unsaid


def _lineage(run: Run, known: frozenset[Path] = frozenset()) -> Iterator[Run]:
    """The run, or the members of an ensemble, and every run whose weights they started from, where it is there."""
    facts = run.facts()
    members = facts["config"].get("members")
    if members is None:
        yield run
    for place in members or {str(Path(fold).parent) for fold in facts.get(STARTED_FROM, {}).values()}:
        one = Run(Path(place) if (Path(place) / "run.json").is_file() else run.path.parent / Path(place).name)
        if one.path not in known and (one.path / "run.json").is_file():
            yield from _lineage(one, known | {run.path})


def _used(run: Run) -> pd.DataFrame:
    """``sample_id, group`` of all that any finished fold was trained on or chosen by."""
    files = [file for fold in run.finished() if (file := fold.path / SPLIT).is_file()]
    tables = [pd.read_csv(file, dtype=str, keep_default_na=False) for file in files]
    told = pd.concat([pd.DataFrame(columns=["sample_id", "group", "role"], dtype=str), *tables], ignore_index=True)
    used = told[told["role"].str.contains(f"{TRAIN}|{SELECT}")]
    return used[["sample_id", "group"]].drop_duplicates(ignore_index=True)


def _pixels(inspection: Inspection) -> list[tuple[int, ...]]:
    return [tuple(row) for row in inspection.digests.tolist()]


def _same_names(manifest: Manifest, used: pd.DataFrame) -> Mask:
    known = set(zip(used["sample_id"], used["group"], strict=True))
    names = zip(manifest.frame["sample_id"].astype(str), manifest.groups, strict=True)
    return np.array([name in known for name in names], dtype=bool)
