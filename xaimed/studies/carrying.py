"""How is one job of many carried out, wherever a launcher puts it? In a process that does not outlive the command.

Nothing heavy is imported here: the process that starts the jobs stays small however many there are.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from xaimed.store.lock import is_in_use, mark_in_use
from xaimed.store.writing import read_json, write_json

INTERRUPTED = (130, -2)
PAUSE = 1.0


@contextmanager
def command_alive(folder: Path) -> Iterator[Path]:
    """A file that is locked as long as this command lives; the kernel lets go of it however the command ends."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f".command-{os.getpid()}"
    with file.open("ab") as held:
        mark_in_use(held)
        try:
            yield file
        finally:
            file.unlink(missing_ok=True)


def carried_out(
    config: dict[str, Any],
    job: Path,
    outcome: Path,
    *,
    packages: Sequence[str] = (),
    command: Path | None = None,
    log: Path | None = None,
) -> dict[str, Any]:
    """Run one job to its end; what became of it.

    Args:
        config: of the run, plain.
        job: where the process finds it.
        outcome: where the process says what became of it.
        packages: what ``--allow`` has named.
        command: the file of ``command_alive``; once nobody holds it, the job is ended. None lets the job go on by
            itself, as on a cluster.
        log: gets what the job prints; the console without.

    Raises:
        KeyboardInterrupt: the job was interrupted, or the command is gone.
    """
    write_json(job, config)
    outcome.unlink(missing_ok=True)
    asked = [sys.executable, "-m", "xaimed.cli.job", str(job), str(outcome), str(os.getpid()), *packages]
    with log.open("ab") if log else nullcontext() as said:
        process = subprocess.Popen(asked, stdout=said, stderr=said)
        try:
            status = _waited_for(process, command)
        except BaseException:
            process.kill()
            process.wait()
            raise
    if status in INTERRUPTED:
        raise KeyboardInterrupt
    if outcome.exists():
        return dict(read_json(outcome))
    reason = f"killed by signal {-status}" if status < 0 else f"ended with exit status {status}"
    return {"status": 1, "error": f"the process was {reason}"}


def _waited_for(process: subprocess.Popen[bytes], command: Path | None) -> int:
    while True:
        try:
            return process.wait(PAUSE)
        except subprocess.TimeoutExpired:
            if command is not None and not is_in_use(command):
                raise KeyboardInterrupt("the command that started this job is gone") from None
