"""What did a run say of its pictures, and which maps of them are stored? Read from its folds, without a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from xaimed.callbacks.explain import MAPS
from xaimed.callbacks.panels import TITLES
from xaimed.config.identity import identity_hash
from xaimed.errors import StoreError
from xaimed.evaluation.predictions import Predictions
from xaimed.store.fold import EXPLANATIONS
from xaimed.studies.result import RunResult
from xaimed.studies.voting_network import NAME as ENSEMBLE

NONE = -1  # no map of it is stored


@dataclass(frozen=True)
class Explained:
    """One run as one explainer sees it. A *place* is the number of a row of ``predictions``.

    Attributes:
        result: the run; it has predictions.
        explainer: the option of ``conf/explainer``; for an ensemble ``gradcam`` means what it sums of its members.
    """

    result: RunResult
    explainer: str

    @property
    def title(self) -> str:
        """How the explainer is called."""
        return TITLES.get(self._name, (self._name, ""))[0]

    @cached_property
    def predictions(self) -> Predictions:
        """What was said of every picture; where folds are repeated, the first time."""
        assert self.result.predictions is not None
        found = self.result.predictions
        frame = found.frame.drop_duplicates("sample_id").reset_index(drop=True)
        return Predictions(found.kind, found.classes, frame)

    @cached_property
    def ids(self) -> list[str]:
        """The names of the pictures."""
        return [str(name) for name in self.predictions.frame["sample_id"]]

    @property
    def explained(self) -> npt.NDArray[np.int64]:
        """The class that the stored map of each picture speaks of; ``NONE`` where there is no map."""
        return self._targets[0]

    @property
    def damaged(self) -> list[str]:
        """The stored maps that cannot be read; they are not counted."""
        return self._targets[1]

    @property
    def has_maps(self) -> bool:
        """Whether any picture is explained."""
        return bool((self.explained != NONE).any())

    @cached_property
    def _targets(self) -> tuple[npt.NDArray[np.int64], list[str]]:
        classes = np.full(len(self.ids), NONE, dtype=np.int64)
        place = {name: at for at, name in enumerate(self.ids)}
        folds, damaged = self.predictions.frame["fold"].to_numpy(), []
        for fold, file in self._files():
            try:
                ids, targets = _read(file, "sample_id", "targets")
            except StoreError as error:
                damaged.append(str(error))
                continue
            for name, target in zip(ids.tolist(), targets.tolist(), strict=True):
                if name in place and folds[place[name]] == fold:
                    classes[place[name]] = target
        return classes, damaged

    def places(self, name: str, *, correct: bool) -> dict[str, int]:
        """The pictures of a class that were recognised, or not, and have a map; their places by their names.

        Of several labels, a picture shows a label when it has it: recognised means that it was found and that the map
        speaks of it; not recognised that it was missed, and the map speaks of what was found most likely instead.
        """
        if name not in self.predictions.classes:
            return {}
        index = self.predictions.classes.index(name)
        truth, said = self.predictions.targets, self.predictions.predicted
        if self.predictions.kind == "multilabel":
            has, found = truth[:, index] == 1, (said[:, index] == 1) & (self.explained == index)
            fitting = has & (found if correct else said[:, index] == 0)
        else:
            fitting = (truth == index) & ((said == truth) == correct)
        return {self.ids[at]: int(at) for at in np.flatnonzero(fitting & (self.explained != NONE))}

    def maps(self, place: int, *names: str) -> list[npt.NDArray[Any]]:
        """What is stored of one picture under these names, such as ``heatmap``."""
        ids, *stored = _read(self._file(place), "sample_id", *names)
        (at,) = np.flatnonzero(ids == self.ids[place])
        return [array[at].copy() for array in stored]  # one of an array that may be large

    def quantities(self, place: int) -> list[str]:
        """What is stored of one picture, by name: ``heatmap`` first, then what else this explainer gives."""
        with np.load(self._file(place), allow_pickle=False) as stored:
            return [name for name in stored.files if name not in ("sample_id", "targets")]

    def decision(self, place: int, name: str) -> tuple[str, ...]:
        """What stands below a map of a picture of that class."""
        classes, chance = self.predictions.classes, self.predictions.probabilities[place]
        explained = classes[int(self.explained[place])]
        if self.predictions.kind == "multilabel":
            index = classes.index(name)
            found = self.predictions.predicted[place, index] == 1
            told = f"✓ {name}" if found else f"✗ {name} missed"
            return (told, f"p {chance_in_words(chance[index])}", *([] if found else [f"map: {explained}"]))
        said = int(self.predictions.predicted[place])
        told = f"{'✓' if self.predictions.correct[place] else '✗'} {classes[said]}"
        other = [] if explained == classes[said] else [f"map: {explained}"]
        return (told, f"p {chance_in_words(chance[said])}", *other)

    @property
    def _name(self) -> str:
        is_vote = self.explainer == "gradcam" and "ensemble" in self.result.facts["config"]
        return ENSEMBLE if is_vote else self.explainer

    def _file(self, place: int) -> Path:
        fold = int(self.predictions.frame["fold"].iloc[place])
        return next(file for index, file in self._files() if index == fold)

    def _files(self) -> Iterator[tuple[int, Path]]:
        """The stored maps, fold by fold: as the run's configuration asks for them, or as they were made later."""
        node = (self.result.facts["config"].get("explainer") or {}).get(self.explainer)
        for fold in self.result.run.finished():
            folder = fold.path / EXPLANATIONS
            asked = folder / f"{self._name}-{identity_hash(node)[:6]}" / MAPS if node else None
            found = [asked] if asked and asked.is_file() else sorted(folder.glob(f"{self._name}-[0-9a-f]*/{MAPS}"))
            if found and fold.index not in self.result.refused:
                yield fold.index, found[0]


def _read(file: Path, *names: str) -> list[npt.NDArray[Any]]:
    try:
        with np.load(file, allow_pickle=False) as stored:
            return [stored[name] for name in names]
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise StoreError(f"these maps cannot be read: {error}", where=file, fix="Move their folder away.") from error


def chance_in_words(value: float) -> str:
    """Two decimals, never a 1.00 or 0.00 that is not one."""
    return "> 0.99" if 0.995 <= value < 1 else "< 0.01" if 0 < value < 0.005 else f"= {value:.2f}"
