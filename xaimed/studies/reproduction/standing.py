"""How far is every run of a study? Read from what lies on the disk; nothing is planned, loaded or trained."""

from __future__ import annotations

import fcntl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from xaimed.config.compose import composed, plain, said_in_one_line
from xaimed.config.identity import identity, identity_hash
from xaimed.errors import StoreError, XaimedError
from xaimed.store.fold import FAILURE
from xaimed.store.run import Run
from xaimed.store.writing import read_json
from xaimed.studies.reproduction.study import Member, Study

RUNS = "runs"


@dataclass(frozen=True)
class Standing:
    """One run of a study, and what there is of it.

    Attributes:
        member: the run.
        config: its composed configuration; None where it does not compose.
        problem: why it cannot be begun, where that is known.
        run: its directory, if there is one.
    """

    member: Member
    config: dict[str, Any] | None
    problem: str
    run: Run | None

    @cached_property
    def folds(self) -> list[int]:
        """Its folds, of a run that was begun."""
        return [int(fold) for fold in self.run.facts()["folds"]] if self.run else []

    @cached_property
    def done(self) -> list[int]:
        """The folds that are finished and whole."""
        return [fold for fold in self.folds if fold not in self.refused and self._fold_is_there(fold)]

    @cached_property
    def refused(self) -> dict[int, str]:
        """The folds that were edited, damaged or made by something else, and what is wrong with them."""
        found: dict[int, str] = {}
        for fold in self.folds:
            if self.run and self._fold_is_there(fold):
                try:
                    self.run.fold(fold).verify(self.run.facts()["identity"])
                except StoreError as error:
                    found[fold] = str(error)
        return found

    @cached_property
    def failed(self) -> dict[int, str]:
        """The folds that failed the last time, and why."""
        assert self.run is not None or not self.folds
        files = {fold: self.run.fold(fold).partial / FAILURE for fold in self.folds} if self.run else {}
        return {fold: str(read_json(file)["error"]) for fold, file in files.items() if file.is_file()}

    @cached_property
    def running(self) -> list[int]:
        """The folds that some process is making just now."""
        return [fold for fold in self.folds if self.run and _is_locked(self.run.fold(fold).partial)]

    @property
    def complete(self) -> bool:
        """Whether every fold is there."""
        return bool(self.folds) and len(self.done) == len(self.folds)

    @property
    def word(self) -> str:
        """Its state in a word."""
        if self.running:
            return "running"
        if self.complete:
            return "done"
        if self.problem:
            return "impossible"
        if self.failed or self.refused:
            return "failed"
        return "begun" if self.run else "missing"

    def _fold_is_there(self, fold: int) -> bool:
        return self.run is not None and self.run.fold(fold).complete


def configured(member: Member, config_dir: Path | None) -> tuple[dict[str, Any] | None, str]:
    """The configuration of a run, or why it has none."""
    directory = None if config_dir is None else str(config_dir.absolute())
    try:
        config = composed(member.overrides, config_dir=directory)
        # Hydra's own part is decided by what launches the run, and its name follows from that.
        decided = [str(key) for key in config if key not in ("hydra", "name")]
        return plain(OmegaConf.masked_copy(config, decided)), ""
    except XaimedError as error:
        return None, str(error)
    except Exception as error:
        said = said_in_one_line(error)
        return None, str(said)


def standings(study: Study, output: Path, config_dir: Path | None = None) -> list[Standing]:
    """How far every run is that is trained."""
    configs = {member.name: configured(member, config_dir) for member in study.trained}
    return look_again([Standing(member, *configs[member.name], None) for member in study.trained], output)


def look_again(before: Iterable[Standing], output: Path) -> list[Standing]:
    """The same runs as they are now."""
    there = runs_by_configuration(output)
    return [
        Standing(each.member, each.config, each.problem, there.get(key_of(each.config)) if each.config else None)
        for each in before
    ]


def runs_by_configuration(output: Path) -> dict[str, Run]:
    """The runs below an output directory by what was asked for; the one looked at last where there are two."""
    found: dict[str, Run] = {}
    for file in sorted((output / RUNS).glob("*/run.json")):
        run = Run(file.parent)
        try:
            facts = run.facts()
        except StoreError:
            continue
        if isinstance(config := facts.get("config"), Mapping) and "dataset" in config:
            found[key_of(config)] = run
    return found


def key_of(config: Mapping[str, Any]) -> str:
    """What tells runs apart as long as neither data nor weights change where they lie."""
    places = {
        "root": str(config["dataset"].get("root", "")),
        "weights": str((config.get("backbone") or {}).get("weights", "")),
    }
    return identity_hash(identity(config, **places))


def _is_locked(partial: Path) -> bool:
    file = partial / "making.lock"
    if not file.is_file():
        return False
    with file.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
