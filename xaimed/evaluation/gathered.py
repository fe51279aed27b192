"""What was found over all folds of a run? The rows of each evaluation joined, every picture once, with its patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from xaimed.errors import StoreError
from xaimed.evaluation.contract import COLUMNS, CONTROL, NO_EXPLAINER, Measure
from xaimed.evaluation.findings import read_findings
from xaimed.evaluation.predictions import Predictions
from xaimed.evaluation.shortcuts.rows import SHORTCUTS, with_largest_excess
from xaimed.evaluation.statistics.bootstrap import Interval, mean_interval

BETWEEN = " × "
"""Stands between the names of two explainers that were compared."""
CONTROLS = {f"{CONTROL}random": "random map", f"{CONTROL}blob": "centred blob"}


@dataclass(frozen=True)
class Gathered:
    """What one evaluation, asked in one way, found in the folds of a run.

    Attributes:
        key: its name and a hash of its configuration, such as ``faithfulness-1a2b3c``.
        name: how it is called.
        rows: ``sample_id, explainer, measure, value, group``; of repeated folds the mean over repeats, so that every
            picture counts once.
        measures: how each measure is read, in the order of the table.
        captions: the protocols, one unless the folds were evaluated by different versions.
        places: in which folder of each fold it lies; the last one where it was asked of several sets of explainers.
    """

    key: str
    name: str
    rows: pd.DataFrame
    measures: Mapping[str, Measure]
    captions: tuple[str, ...]
    places: Mapping[int, Path]

    @property
    def explainers(self) -> list[str]:
        """Those that have rows, explainers before pairs of them, controls last."""
        found = [str(name) for name in self.rows["explainer"].drop_duplicates()]
        return sorted(found, key=lambda name: (name.startswith(CONTROL), BETWEEN in name, found.index(name)))

    def values(self, explainer: str, measure: str) -> pd.DataFrame:
        """The rows of one measure of one explainer, one a picture."""
        return self.rows[(self.rows["explainer"] == explainer) & (self.rows["measure"] == measure)]

    def estimate(self, explainer: str, measure: str) -> Interval | None:
        """The mean over pictures with its interval, patients drawn again; None where nothing was measured."""
        found = self.values(explainer, measure)
        if not found["value"].notna().any():
            return None
        return mean_interval(found["value"].to_numpy(), found["group"].to_numpy())


def gather(folders: Mapping[int, Sequence[Path]], predictions: Predictions) -> list[Gathered]:
    """The findings of a run, by evaluation, in the order of their keys.

    Args:
        folders: the folders of the findings, by fold.
        predictions: the predictions of these folds, which know the patients.
    """
    patients = predictions.frame.drop_duplicates("sample_id").set_index("sample_id")["group"]
    found: dict[str, Gathered] = {}
    for fold, places in folders.items():
        for place in sorted(places):
            name, findings = read_findings(place)
            rows = findings.rows.assign(fold=fold)
            key = place.name.rsplit("-", 1)[0]  # what follows names the explainers it was asked about
            before = found.get(key)
            if before is None:
                found[key] = Gathered(key, name, rows, dict(findings.measures), (findings.caption,), {fold: place})
                continue
            found[key] = replace(
                before,
                rows=pd.concat([before.rows, rows], ignore_index=True),
                measures={**before.measures, **findings.measures},
                captions=tuple(dict.fromkeys([*before.captions, findings.caption])),
                places={**before.places, fold: place},
            )
    return [replace(each, rows=_whole(each, patients)) for _, each in sorted(found.items())]


def damaged(places: Sequence[Path]) -> dict[Path, str]:
    """Which of these folders cannot be read, and why."""
    found = {}
    for place in places:
        try:
            read_findings(place)
        except StoreError as error:
            found[place] = str(error)
    return found


def _whole(found: Gathered, patients: pd.Series[str]) -> pd.DataFrame:
    """Every picture once, with its patient, and what only the rows of all folds can tell."""
    rows = _once(found.rows)
    if found.name == SHORTCUTS:
        rows = with_largest_excess(rows)
    return rows.assign(group=rows["sample_id"].map(patients))


def _once(rows: pd.DataFrame) -> pd.DataFrame:
    """One row for each picture, explainer and measure: the first in a fold, over repeats the mean."""
    keys = list(COLUMNS[:3])
    alone = rows.drop_duplicates(["fold", *keys])
    return pd.DataFrame(alone.groupby(keys, sort=False, as_index=False)["value"].mean())


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Explainers as a reader sees them: without the hash where that leaves no two alike; controls in words."""
    bare = {name: BETWEEN.join(part.rsplit("-", 1)[0] for part in name.split(BETWEEN)) for name in names}
    told = {}
    for name in names:
        if name == NO_EXPLAINER:
            told[name] = "network"
        elif name.startswith(CONTROL):
            kind, _, grid = name.partition(" ")
            told[name] = " ".join(filter(None, [CONTROLS.get(kind, kind.removeprefix(CONTROL)), grid]))
        else:
            alone = sum(other == bare[name] for other in bare.values()) == 1
            told[name] = bare[name] if alone else name
    return told
