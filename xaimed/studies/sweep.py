"""How are many runs made with one command? Each job in a process of its own, its outcome written down at once.

Nothing heavy is imported here: the process that starts the jobs stays small however many there are.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig
from rich.console import Console

from xaimed.config.compose import as_asked
from xaimed.errors import XaimedError
from xaimed.store.run import Run, find_runs
from xaimed.store.writing import read_json, write_json
from xaimed.studies.carrying import carried_out

STUDY = "study.json"
"""What lies in the directory of a study."""


@dataclass(frozen=True)
class Sweep:
    """The record of a sweep: what every job was asked, and what became of it."""

    directory: Path

    @classmethod
    def of(cls, output: str, asked: Sequence[str]) -> Sweep:
        """The sweep that this command stands for; the same command finds the same directory again."""
        name = hashlib.sha256("\n".join(sorted(asked)).encode()).hexdigest()[:10]
        return cls(Path(output).absolute() / "sweeps" / name)

    def run_job(
        self, number: int, overrides: list[str], config: DictConfig, packages: Sequence[str], command: Path | None
    ) -> None:
        """Run one job to its end in a process of its own; never raises for what goes wrong in it.

        Args:
            number: of the job, from 0.
            overrides: what tells it apart.
            config: its configuration.
            packages: what ``--allow`` has named.
            command: tells whether the command that wants it is still alive; None lets it go on without.
        """
        said = ", ".join(overrides) or "no overrides"
        console = Console()
        console.rule(f"job {number}: {said}", characters="-", align="left")
        record: dict[str, Any] = {"job": number, "overrides": overrides}
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            job, outcome = self.directory / f"job-{number:03}.json", self._record(number)
            result = carried_out(as_asked(config), job, outcome, packages=packages, command=command)
        except XaimedError as error:
            print(f"xaimed: {error}", file=sys.stderr)
            result = {"status": 2, "error": str(error)}
        write_json(self._record(number), record | result)
        if result["status"]:
            console.print(f"job {number} FAILED ({said})", style="bold red", markup=False, highlight=False)

    def runs(self) -> list[Run]:
        """The runs that its jobs have made so far, in the order of the jobs."""
        return list(
            {record["run"]: Run(Path(record["run"])) for record in self._records() if record.get("run")}.values()
        )

    def conclude(self, lost: str = "") -> int:
        """Print one table of all runs and list what failed; the exit status of the sweep.

        Args:
            lost: what the launcher says of a job that it lost.
        """
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
        if lost:
            console.print(f"a job was lost: {lost}", style="bold red", markup=False, highlight=False, soft_wrap=True)
        return 1 if failed or lost else 0

    def _records(self) -> list[dict[str, Any]]:
        return [read_json(path) for path in sorted(self.directory.glob("job-*.outcome.json"))]

    def _record(self, number: int) -> Path:
        return self.directory / f"job-{number:03}.outcome.json"


def runs_at(places: Sequence[Path]) -> list[Run]:
    """The runs at or below these places; the directory of a sweep or a study stands for its runs."""
    found: list[Run] = []
    for place in places:
        if any(place.glob("job-*.outcome.json")):
            found += Sweep(place).runs()
        elif (place / STUDY).is_file():
            runs = [Run((place / path).resolve()) for path in read_json(place / STUDY)["runs"]]
            found += [run for run in runs if (run.path / "run.json").is_file()]
        else:
            found += find_runs([place])
    return list({run.path.resolve(): run for run in found}.values())
