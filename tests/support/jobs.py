"""Jobs of a launcher carried out in the test's own process, without ten seconds of imports a job; or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import xaimed.cli.job
import xaimed.studies.run
from xaimed.store.writing import read_json, write_json
from xaimed.studies.reproduction import making


def at_home(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """From now on studies make their runs in this process; the names of the jobs that were carried out."""
    names: list[str] = []

    def carried_out(config: dict[str, Any], job: Path, outcome: Path, *, log: Path, **_: Any) -> dict[str, Any]:
        names.append(job.stem)
        write_json(job, config)
        outcome.unlink(missing_ok=True)
        with log.open("a") as said, contextlib.redirect_stderr(said), monkeypatch.context() as patch:
            patch.setattr(xaimed.studies.run, "Console", partial(Console, file=said))
            xaimed.cli.job.main(str(job), str(outcome), str(os.getppid()))
        return dict(read_json(outcome))

    monkeypatch.setattr(making, "carried_out", carried_out)
    monkeypatch.setattr(xaimed.cli.job, "end_with", lambda parent: None)
    return names


def only_pretended(monkeypatch: pytest.MonkeyPatch, failing: Mapping[str, str] | None = None) -> list[str]:
    """From now on studies make nothing; the names of the jobs that were handed out, of which some fail."""
    names: list[str] = []

    def carried_out(config: dict[str, Any], job: Path, outcome: Path, *, log: Path, **_: Any) -> dict[str, Any]:
        names.append(job.stem)
        write_json(job, config)
        why = (failing or {}).get(job.stem)
        with log.open("a") as said:
            said.write("at the beginning\n" + (f"Traceback of {job.stem}\n" if why else ""))
        return {"status": 1, "error": why} if why else {"status": 0}

    monkeypatch.setattr(making, "carried_out", carried_out)
    return names
