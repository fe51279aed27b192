"""How is what is missing of a study made? By Hydra's launcher, every run in a process with a log of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra import initialize_config_dir
from hydra._internal.callbacks import Callbacks
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.plugins import Plugins
from hydra.types import HydraContext, RunMode
from omegaconf import DictConfig

from xaimed.config.compose import plain, quoted, refuse_foreign_reach
from xaimed.config.places import conf_dir
from xaimed.config.targets import widened
from xaimed.errors import XaimedError
from xaimed.store.writing import read_json, write_json
from xaimed.studies.reproduction.study import Member

INTERRUPTED = (130, -2)


@dataclass(frozen=True)
class Jobs:
    """Runs to be made, handed to the launcher; whoever carries it out calls it with the configuration of one.

    Attributes:
        names: of the members, in the order in which they are launched.
        folder: where the logs and outcomes lie.
        environment: that of the command line, before any configuration could change it.
        packages: what ``--allow`` has named.
        fail_fast: whether nothing more is begun after the first failure.
    """

    names: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    packages: tuple[str, ...]
    fail_fast: bool = False

    def __call__(self, config: DictConfig) -> int:
        """Make one run to its end in a process of its own; what goes wrong in it is written down, not raised."""
        name = self.names[int(HydraConfig.get().job.num)]
        outcome = outcome_file(self.folder, name)
        if self.fail_fast and any(failure_of(self.folder, other) for other in self.names):
            return 1
        try:
            result = self._in_process(name, plain(config), outcome)
        except XaimedError as error:
            result = {"status": 2, "error": str(error)}
        write_json(outcome, result)
        return int(result["status"])

    def _in_process(self, name: str, config: dict[str, Any], outcome: Path) -> dict[str, Any]:
        job, log = self.folder / f"{name}.json", log_file(self.folder, name)
        write_json(job, config)
        outcome.unlink(missing_ok=True)
        command = [sys.executable, "-m", "xaimed.cli.job", str(job), str(outcome), str(os.getpid()), *self.packages]
        with log.open("ab") as said:
            done = subprocess.run(command, env=dict(self.environment), check=False, stdout=said, stderr=said)
        if done.returncode in INTERRUPTED:
            raise KeyboardInterrupt
        if outcome.exists():
            return dict(read_json(outcome))
        status = done.returncode
        reason = f"killed by signal {-status}" if status < 0 else f"ended with exit status {status}"
        return {"status": 1, "error": f"the process was {reason}; see {log}"}


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
    jobs = Jobs(names, folder, dict(os.environ), widened(), fail_fast)
    base = [*launcher, f"hydra.sweep.dir={quoted(str(folder))}", "hydra.sweep.subdir=."]
    if config_dir is not None:
        base.append(f"hydra.searchpath=[{quoted('file://' + str(config_dir.absolute()))}]")
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        hydra = GlobalHydra.instance().hydra
        assert hydra is not None
        config = hydra.compose_config("train", base, run_mode=RunMode.MULTIRUN, with_log_configuration=False)
        refuse_foreign_reach(config)
        context = HydraContext(config_loader=hydra.config_loader, callbacks=Callbacks(config))
        starter = Plugins.instance().instantiate_launcher(hydra_context=context, task_function=jobs, config=config)
        starter.launch([list(member.overrides) for member in members], initial_job_idx=0)


def log_file(folder: Path, name: str) -> Path:
    """What a run printed while it was made."""
    return folder / f"{name}.log"


def outcome_file(folder: Path, name: str) -> Path:
    """What became of a run the last time."""
    return folder / f"{name}.outcome.json"


def failure_of(folder: Path, name: str) -> str:
    """Why a run failed the last time; empty if it did not."""
    file = outcome_file(folder, name)
    if not file.is_file():
        return ""
    found = read_json(file)
    return str(found.get("error", "")) if found["status"] else ""
