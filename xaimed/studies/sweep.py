"""How are many runs made with one command? Each job in a process of its own, its outcome written down at once.

Nothing heavy is imported here: the process that starts the jobs stays small however many there are.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig
from rich.console import Console

from xaimed.config.compose import plain
from xaimed.config.targets import widened
from xaimed.errors import XaimedError
from xaimed.store.run import Run, find_runs
from xaimed.store.writing import read_json, write_json


@dataclass(frozen=True)
class Sweep:
    """The record of a sweep: what every job was asked, and what became of it."""

    directory: Path

    @classmethod
    def of(cls, output: str, asked: Sequence[str]) -> Sweep:
        """The sweep that this command stands for; the same command finds the same directory again."""
        name = hashlib.sha256("\n".join(sorted(asked)).encode()).hexdigest()[:10]
        return cls(Path(output).absolute() / "sweeps" / name)

    def run_job(self, number: int, overrides: list[str], config: DictConfig, environment: Mapping[str, str]) -> None:
        """Run one job to its end in a process of its own; never raises for what goes wrong in it."""
        said = ", ".join(overrides) or "no overrides"
        console = Console()
        console.rule(f"job {number}: {said}", characters="-", align="left")
        record: dict[str, Any] = {"job": number, "overrides": overrides}
        try:
            outcome = self._in_process(number, plain(config), environment)
        except XaimedError as error:
            print(f"xaimed: {error}", file=sys.stderr)
            outcome = {"status": 2, "error": str(error)}
        write_json(self._record(number), record | outcome)
        if outcome["status"]:
            console.print(f"job {number} FAILED ({said})", style="bold red", markup=False, highlight=False)

    def runs(self) -> list[Run]:
        """The runs that its jobs have made so far, in the order of the jobs."""
        return list(
            {record["run"]: Run(Path(record["run"])) for record in self._records() if record.get("run")}.values()
        )

    def conclude(self) -> int:
        """Print one table of all runs and list what failed; the exit status of the sweep."""
        from xaimed.studies.result import result_of
        from xaimed.studies.tables import print_results, write_runs_table

        console = Console()
        if runs := self.runs():
            results = [result_of(run) for run in runs]
            print_results(results, console)
            files = write_runs_table([result for result in results if result.predictions is not None], self.directory)
            console.print(f"table: {files[0]}", markup=False, highlight=False, soft_wrap=True)
        failed = [record for record in self._records() if record["status"]]
        for record in failed:
            line = f"job {record['job']} failed ({', '.join(record['overrides'])}): {record.get('error', 'see above')}"
            console.print(line, style="bold red", markup=False, highlight=False, soft_wrap=True)
        return 1 if failed else 0

    def _in_process(self, number: int, config: dict[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
        job, outcome = self.directory / f"job-{number:03}.json", self._record(number)
        self.directory.mkdir(parents=True, exist_ok=True)
        write_json(job, config)
        outcome.unlink(missing_ok=True)
        command = [sys.executable, "-m", "xaimed.cli.job", str(job), str(outcome), str(os.getpid()), *widened()]
        # The environment of the command line, before any config could change it.
        status = subprocess.run(command, env=dict(environment), check=False).returncode
        if outcome.exists():
            return dict(read_json(outcome))
        reason = f"killed by signal {-status}" if status < 0 else f"ended with exit status {status}"
        return {"status": 1, "error": f"the process was {reason}"}

    def _records(self) -> list[dict[str, Any]]:
        return [read_json(path) for path in sorted(self.directory.glob("job-*.outcome.json"))]

    def _record(self, number: int) -> Path:
        return self.directory / f"job-{number:03}.outcome.json"


def runs_at(places: Sequence[Path]) -> list[Run]:
    """The runs at or below these places; a sweep's directory stands for the runs of its jobs."""
    found: list[Run] = []
    for place in places:
        sweep = Sweep(place)
        found += sweep.runs() if any(place.glob("job-*.outcome.json")) else find_runs([place])
    return list({run.path.resolve(): run for run in found}.values())
