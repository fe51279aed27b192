"""How is what is missing of a study made? By Hydra's launcher, every run in a process with a log of its own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra import initialize_config_dir
from hydra._internal.callbacks import Callbacks
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, JobStatus
from hydra.errors import HydraException
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, RunMode
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from xaimed.config.compose import as_asked, outlives_the_command, quoted, refuse_foreign_reach, said_in_one_line
from xaimed.config.places import conf_dir
from xaimed.config.targets import widened
from xaimed.errors import XaimedError
from xaimed.store.lock import is_in_use, mark_in_use
from xaimed.store.writing import write_json
from xaimed.studies.carrying import carried_out, command_alive
from xaimed.studies.reproduction.matching import key_of
from xaimed.studies.reproduction.records import begin_log, failure_of, job_file, outcome_file
from xaimed.studies.reproduction.study import Member

PAUSE = 0.5


@dataclass(frozen=True)
class Jobs:
    """Runs to be made, handed to the launcher; whoever carries it out calls it with the configuration of one.

    Attributes:
        names: of the members, in the order in which they are launched.
        folder: where the logs and outcomes lie.
        packages: what ``--allow`` has named.
        command: tells whether the command that wants the runs is still alive; None lets them go on without.
        fail_fast: whether nothing more is begun after the first failure.
    """

    names: tuple[str, ...]
    folder: Path
    packages: tuple[str, ...]
    command: Path | None = None
    fail_fast: bool = False

    def __call__(self, config: DictConfig) -> int:
        """Make one run to its end in a process of its own; what goes wrong in it is written down, not raised."""
        name = self.names[int(HydraConfig.get().job.num)]
        if self.fail_fast and any(failure_of(self.folder, other) for other in self.names):
            return 1
        outcome = outcome_file(self.folder, name)
        with _at_work(self.folder, name).open("ab") as mark:
            mark_in_use(mark)
            result = self._made(name, config, outcome)
            write_json(outcome, result)
        return int(result["status"])

    def _made(self, name: str, config: DictConfig, outcome: Path) -> dict[str, Any]:
        try:
            asked, job, log = as_asked(config), job_file(self.folder, name), begin_log(self.folder, name)
            done = carried_out(asked, job, outcome, packages=self.packages, command=self.command, log=log)
            return {**done, "key": key_of(asked)}
        except XaimedError as error:
            return {"status": 2, "error": str(error)}
        except OSError as error:
            return {"status": 1, "error": f"the run could not be started: {error}"}


def check_launcher(launcher: Sequence[str], config_dir: Path | None = None) -> None:
    """Refuse a launcher that is not there, before anything is asked of it."""
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        _composed(launcher, Path(), config_dir)


def launch(
    members: Sequence[Member],
    folder: Path,
    *,
    launcher: Sequence[str] = (),
    config_dir: Path | None = None,
    fail_fast: bool = False,
) -> None:
    """Make these runs.

    Args:
        members: the runs, in order.
        folder: for logs and outcomes.
        launcher: overrides such as ``hydra/launcher=submitit_slurm``; local processes, one after another, without.
        config_dir: the user's own options.
        fail_fast: whether the first failure ends it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for member in members:
        outcome_file(folder, member.name).unlink(missing_ok=True)
    names = tuple(member.name for member in members)
    with command_alive(folder) as alive, initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = _composed(launcher, folder, config_dir)
        command = None if outlives_the_command(config) else alive
        jobs = Jobs(names, folder, widened(), command, fail_fast)
        hydra = GlobalHydra.instance().hydra
        assert hydra is not None
        context = HydraContext(config_loader=hydra.config_loader, callbacks=Callbacks(config))
        starter = Plugins.instance().instantiate_launcher(hydra_context=context, task_function=jobs, config=config)
        lost = _launched(starter, members)
        if lost:  # the others go on
            while any(is_in_use(_at_work(folder, name)) for name in names):
                time.sleep(PAUSE)
    for name in names:
        _at_work(folder, name).unlink(missing_ok=True)
        if lost and not outcome_file(folder, name).exists():
            write_json(outcome_file(folder, name), {"status": 1, "error": lost})


def _composed(launcher: Sequence[str], folder: Path, config_dir: Path | None) -> DictConfig:
    base = [*launcher, f"hydra.sweep.dir={quoted(str(folder))}", "hydra.sweep.subdir=."]
    if config_dir is not None:
        base.append(f"hydra.searchpath=[{quoted('file://' + str(config_dir.absolute()))}]")
    hydra = GlobalHydra.instance().hydra
    assert hydra is not None
    try:
        config = hydra.compose_config("train", base, run_mode=RunMode.MULTIRUN, with_log_configuration=False)
        refuse_foreign_reach(config)
    except (HydraException, OmegaConfBaseException) as error:
        raise said_in_one_line(error) from error
    return config


def _launched(starter: Launcher, members: Sequence[Member]) -> str:
    """What the launcher itself could not do, in a line; empty where every job was carried out."""
    try:
        returned = starter.launch([list(member.overrides) for member in members], initial_job_idx=0)
    except Exception as error:  # of whatever kind a launcher raises when a job is lost
        return f"the launcher lost the run: {_last_line(error)}"
    broken = [each for each in returned if isinstance(each, JobReturn) and each.status == JobStatus.FAILED]
    return f"the run could not be started: {_last_line(broken[0]._return_value)}" if broken else ""


def _last_line(error: Any) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def _at_work(folder: Path, name: str) -> Path:
    """Locked as long as somebody carries out a run."""
    return folder / f".{name}.at-work"
