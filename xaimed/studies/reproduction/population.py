"""Which samples is a study about? Each with class, patient and free columns, from its runs or else from its data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from xaimed.config.identity import identity_hash
from xaimed.config.targets import instantiate
from xaimed.errors import ConfigError, DataError
from xaimed.evaluation.samples import read_samples
from xaimed.store.fold import IMBALANCE
from xaimed.store.run import Run
from xaimed.studies.reproduction.results import Results, RowResult
from xaimed.studies.result import RunResult

ASSIGNMENT = "assignment.csv"
REPORT = "report"
Rows = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Population:
    """The samples of one dataset.

    Attributes:
        name: of the dataset.
        frame: by ``sample_id``, the patient (``group``) and the free columns.
        classes: of each class, which samples are known to have it.
        run: a run of it, if one was begun.
        whole: whether these are all samples and not only those that were reported.
        note: what must be said of where this comes from; empty where it is the run.
    """

    name: str
    frame: pd.DataFrame
    classes: Mapping[str, Rows] = field(repr=False)
    run: Run | None = None
    whole: bool = True
    note: str = ""

    @property
    def patients(self) -> int:
        """How many."""
        return int(self.frame["group"].nunique())

    def number(self, label: str | None, asked: Mapping[str, str]) -> int | None:
        """How many samples of a class, or of all, have these values; None where the data do not tell.

        Args:
            label: the class; all samples without.
            asked: values by column.
        """
        chosen = np.ones(len(self.frame), dtype=bool) if label is None else self.classes[label]
        for column, value in asked.items():
            if not self.tells(column):
                return None
            chosen = chosen & (self.frame[column].astype(str) == str(value)).to_numpy(dtype=bool)
        return int(chosen.sum())

    def tells(self, column: str) -> bool:
        """Whether there is such a column with anything in it."""
        return column in self.frame and self.unsaid(column) < len(self.frame)

    def unsaid(self, column: str) -> int:
        """Of how many samples a column says nothing."""
        return int((self.frame[column].isna() | (self.frame[column].astype(str) == "")).sum())

    def in_role(self, role: str) -> dict[str, int | None]:
        """Of every class, how many samples have a role in the first fold; None where their classes are not known."""
        first = self._roles[self._roles["fold"] == self._roles["fold"].min()]
        those = first.loc[[role in roles.split("+") for roles in first["role"]], "sample_id"]
        here = self.frame.index.isin(those)
        known = self.whole or role == REPORT
        return {label: int((has & here).sum()) if known else None for label, has in self.classes.items()}

    def with_copies(self) -> dict[str, int | None]:
        """Of every class, how many samples train in the first fold once smaller classes are filled up."""
        assert self.run is not None
        folds = self.run.finished()
        file = folds[0].path / IMBALANCE if folds else None
        if file is None or not file.is_file():
            return dict.fromkeys(self.classes)
        made = pd.read_csv(file, dtype={"class": str}).set_index("class")["with copies"]
        return {label: int(made[label]) for label in self.classes}

    @property
    def folds(self) -> int:
        """Into how many it is cut."""
        return int(self._roles["fold"].nunique())

    @cached_property
    def _roles(self) -> pd.DataFrame:
        from xaimed.data.assignment import read_assignment

        assert self.run is not None
        return read_assignment(self.run.path / ASSIGNMENT)


def populations(results: Results) -> dict[str, Population]:
    """Every dataset of the study, by the name of the first row that uses it and can tell of it."""
    found: dict[str, Population] = {}
    seen: set[str] = set()
    for row in results.named():
        config = results.config_of(row)
        if config is None or (key := identity_hash(config["dataset"])) in seen:
            continue
        if (population := _of(row, config)) is not None:
            seen.add(key)
            found[row.row.name] = population
    return found


def _of(row: RowResult, config: Mapping[str, Any]) -> Population | None:
    """From the files of a run that reports every sample, else from the data, else those that were reported."""
    run = row.results[0].run if row.results else None
    for result in row.there:
        samples = read_samples(result.run.path)
        assert result.predictions is not None
        if samples is not None and set(samples.index) == set(result.predictions.frame["sample_id"]):
            return _reported(result)
    try:
        manifest = instantiate(config["dataset"]).manifest()
    except (DataError, ConfigError) as error:
        note = f"Only the samples that were reported, for the data cannot be read: {error}"
        return _reported(row.there[0], whole=False, note=note) if row.there else None
    classes = dict(zip(manifest.task.classes, manifest.positives.T, strict=True))
    note = "" if run else "Counted in the data; nothing is trained yet."
    return Population(manifest.name, manifest.frame.set_index("sample_id"), classes, run, note=note)


def _reported(result: RunResult, whole: bool = True, note: str = "") -> Population:
    table = result.predictions
    assert table is not None
    once = ~table.frame["sample_id"].duplicated().to_numpy(dtype=bool)
    reported = table.frame.loc[once, ["sample_id", "group"]].set_index("sample_id")
    samples = read_samples(result.run.path)
    frame = reported if samples is None else samples.reindex(reported.index)
    truth = table.targets[once]
    classes = {label: truth[:, i] == 1 if truth.ndim > 1 else truth == i for i, label in enumerate(table.classes)}
    return Population(str(result.facts["dataset"]), frame, classes, result.run, whole, note)
