"""What became of a run the last time? Outcome, log and epoch, as the process that made it wrote them down."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from xaimed.store.writing import read_json, write_json

TAIL = 16_384
ASKED = "asked.json"
BEGUN = "==== begun "
_EPOCH = re.compile(r"fold (\d+) · epoch (\d+)/(\d+)")


def log_file(folder: Path, name: str) -> Path:
    """What a run printed while it was made."""
    return folder / f"{name}.log"


def job_file(folder: Path, name: str) -> Path:
    """What a run was asked to do."""
    return folder / f"{name}.json"


def outcome_file(folder: Path, name: str) -> Path:
    """What became of a run the last time."""
    return folder / f"{name}.outcome.json"


def remember(folder: Path, overrides: Sequence[str]) -> None:
    """Note what the user changed of the study when it was made the last time."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / ASKED, {"overrides": list(overrides)})


def remembered(folder: Path) -> list[str]:
    """What the user changed of the study when it was made the last time."""
    return [str(text) for text in _facts(folder / ASKED).get("overrides", [])]


def failure_of(folder: Path, name: str) -> str:
    """Why a run failed the last time; empty if it did not."""
    found = _outcome(folder, name)
    return str(found.get("error") or "it does not say why") if found.get("status") else ""


def run_recorded(folder: Path, name: str, key: str) -> str:
    """The directory of the run that was made for a configuration the last time; empty if none was."""
    found = _outcome(folder, name)
    return Path(str(found.get("run", ""))).name if found.get("key") == key else ""


def epoch_of(folder: Path, name: str) -> str:
    """The epoch that a run was last seen in, such as ``fold 2, epoch 7 of 50``; empty before the first."""
    seen = _EPOCH.findall(_tail(log_file(folder, name)).rpartition(BEGUN)[2])
    return "fold {}, epoch {} of {}".format(*seen[-1]) if seen else ""


def begin_log(folder: Path, name: str) -> Path:
    """The log of a run, in which what follows is told from what earlier attempts printed."""
    file = log_file(folder, name)
    with file.open("a", encoding="utf-8") as log:
        log.write(f"{BEGUN}{datetime.now():%Y-%m-%d %H:%M:%S} ====\n")
    return file


def last_lines(log: Path, lines: int = 8) -> list[str]:
    """The last lines that a run printed when it was made the last time."""
    printed = [line.rstrip() for line in _tail(log).rpartition(BEGUN)[2].splitlines()[1:]]
    return [line for line in printed if line][-lines:]


def _outcome(folder: Path, name: str) -> dict[str, Any]:
    return _facts(outcome_file(folder, name))


def _facts(file: Path) -> dict[str, Any]:
    try:
        found = read_json(file)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _tail(file: Path) -> str:
    try:
        with file.open("rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - TAIL))
            return log.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
