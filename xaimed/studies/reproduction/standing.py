"""How far is every run of a study? Read from what lies on the disk; nothing is planned, loaded or trained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from xaimed.config.compose import composed, plain, refuse_foreign_reach, said_in_one_line
from xaimed.config.identity import identity_hash
from xaimed.errors import ConfigError, StoreError, XaimedError
from xaimed.store.fold import EVALUATIONS, EXPLANATIONS, FAILURE, Fold
from xaimed.store.run import Run
from xaimed.store.writing import read_json
from xaimed.studies.reproduction.matching import run_of, runs_by_configuration
from xaimed.studies.reproduction.study import Member, Study


@dataclass(frozen=True)
class Standing:
    """One run of a study, and what there is of it.

    Attributes:
        member: the run.
        config: its composed configuration; None where it does not compose.
        problem: why it cannot be begun, where that is known.
        run: its directory, if there is one.
        data: the fingerprint of its manifest as it is now; empty where nobody has looked.
    """

    member: Member
    config: dict[str, Any] | None
    problem: str
    run: Run | None
    data: str = ""

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What ``run.json`` says."""
        return self.run.facts() if self.run else {}

    @cached_property
    def folds(self) -> list[int]:
        """The folds that are asked for, of a run that was begun: all of them, or the one named."""
        alone = ((self.config or {}).get("protocol") or {}).get("fold")
        return [int(fold) for fold in self.facts.get("folds", []) if alone is None or fold == alone]

    @cached_property
    def done(self) -> list[int]:
        """The folds that are finished and whole."""
        return [fold.index for fold in self._all if fold.complete and fold.index not in self.refused]

    @cached_property
    def left(self) -> list[int]:
        """The folds that can be made: neither done nor in the way."""
        return [fold for fold in self.folds if fold not in self.done and fold not in self.refused]

    @cached_property
    def refused(self) -> dict[int, str]:
        """The folds that were edited, damaged, half written or made by something else, and what is wrong with them."""
        faults = {fold.index: fault_of(fold, str(self.facts.get("identity"))) for fold in self._all}
        return {fold: fault for fold, fault in faults.items() if fault}

    @cached_property
    def unexplained(self) -> list[int]:
        """The finished folds that lack maps or evaluations which are asked for now."""
        asked = _asked_afterwards(self.config) if self.config else []
        whole = [fold for fold in self._all if fold.index in self.done]
        return [fold.index for fold in whole if not all((fold.path / place).is_dir() for place in asked)]

    @cached_property
    def failed(self) -> dict[int, str]:
        """The folds that failed the last time, and why."""
        files = {fold.index: fold.partial / FAILURE for fold in self._all if fold.index in self.left}
        return {fold: str(read_json(file)["error"]) for fold, file in files.items() if file.is_file()}

    @cached_property
    def running(self) -> list[int]:
        """The folds that some process is making just now."""
        return [fold.index for fold in self._all if fold.index in self.left and fold.being_made_now]

    @property
    def complete(self) -> bool:
        """Whether every fold is there with all that is asked for."""
        return bool(self.folds) and len(self.done) == len(self.folds) and not self.unexplained

    @property
    def startable(self) -> bool:
        """Whether there is anything to be made, and nothing against it."""
        return not self.problem and (not self.folds or bool(self.left) or bool(self.unexplained))

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
        if self.unexplained and not self.left:
            return "unexplained"
        return "begun" if self.run else "missing"

    @property
    def _all(self) -> list[Fold]:
        return [self.run.fold(fold) for fold in self.folds] if self.run else []


def standings(
    study: Study, output: Path, config_dir: Path | None = None, records: Path | None = None
) -> list[Standing]:
    """How far every run is that is trained.

    Args:
        study: whose runs.
        output: where runs lie.
        config_dir: the user's own options.
        records: where the outcomes of earlier commands lie.
    """
    configs = {member.name: configured(member, config_dir) for member in study.trained}
    return look_again([Standing(member, *configs[member.name], None) for member in study.trained], output, records)


def look_again(before: Iterable[Standing], output: Path, records: Path | None = None) -> list[Standing]:
    """The same runs as they are now."""
    there = runs_by_configuration(output)

    def found(each: Standing) -> Run | None:
        return run_of(each.config, each.member.name, there, output, records, each.data) if each.config else None

    return [replace(each, run=found(each)) for each in before]


def configured(member: Member, config_dir: Path | None) -> tuple[dict[str, Any] | None, str]:
    """The configuration of a run, or why it has none."""
    directory = None if config_dir is None else str(config_dir.absolute())
    try:
        _refuse_several(member.overrides)
        config = composed(member.overrides, config_dir=directory)
        refuse_foreign_reach(config)
        # Hydra's own part is decided by what launches the run, and its name follows from that.
        decided = [str(key) for key in config if key not in ("hydra", "name")]
        return plain(OmegaConf.masked_copy(config, decided)), ""
    except XaimedError as error:
        return None, str(error)
    except Exception as error:
        return None, str(said_in_one_line(error))


def _refuse_several(overrides: Sequence[str]) -> None:
    for text, parsed in zip(overrides, OverridesParser.create().parse_overrides(list(overrides)), strict=True):
        if parsed.is_sweep_override():
            raise ConfigError(
                f"'{text}' names several values, and a run has one",
                fix="Make an axis of the study's grid of them, or quote a value that has a comma.",
            )


def fault_of(fold: Fold, made_for: str) -> str:
    """What is wrong with the directory in a fold's place; nothing where there is none, or a whole one."""
    try:
        entries = sorted((entry.name, entry.stat()) for entry in fold.path.iterdir() if entry.is_file())
    except NotADirectoryError:
        entries = []
    except FileNotFoundError:
        return ""
    stamp = tuple((name, stat.st_size, stat.st_mtime_ns, stat.st_ino) for name, stat in entries)
    return _fault(fold.path, made_for, stamp)


@cache
def _fault(path: Path, made_for: str, stamp: tuple[Any, ...]) -> str:
    """The same for the same files, so that watching reads weights once and not at every look."""
    fold = Run(path.parent).fold(int(path.name.rpartition("-")[2]))
    if fold.occupied:
        return f"there is no fold.json in {path}: it is half a fold, or none of xaimed's. Move it away."
    try:
        fold.verify(made_for)
    except StoreError as error:
        return str(error)
    return ""


def _asked_afterwards(config: Mapping[str, Any]) -> list[str]:
    """The folders of maps and evaluations in a finished fold, as the callbacks that write them name them."""
    explains = "explain" in (config.get("callbacks") or {})
    maps = [f"{name}-{digest}" for name, digest in _asked(config, "explainer")] if explains else []
    of = identity_hash({"of": sorted(maps)})[:6]
    judged = [f"{name}-{digest}-{of}" for name, digest in _asked(config, "evaluation")]
    return [*(f"{EXPLANATIONS}/{name}" for name in maps), *(f"{EVALUATIONS}/{name}" for name in judged)]


def _asked(config: Mapping[str, Any], group: str) -> Iterator[tuple[str, str]]:
    for name, node in (config.get(group) or {}).items():
        if isinstance(node, Mapping) and "_target_" in node:
            yield str(name), identity_hash(node)[:6]
