"""What a launcher is handed, what is done about a job that it loses, and whose jobs do not outlive the command."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hydra.core.plugins import Plugins
from support.jobs import only_pretended
from support.running import CONF

from xaimed.store.writing import read_json, write_json
from xaimed.studies import carrying
from xaimed.studies.carrying import carried_out, command_alive
from xaimed.studies.reproduction.making import launch
from xaimed.studies.reproduction.records import epoch_of, failure_of, log_file, outcome_file
from xaimed.studies.reproduction.study import Member


class Losing:
    """A launcher that carries out the first job and is told that the second is gone."""

    def __init__(self, launcher):
        self.launcher = launcher

    def launch(self, job_overrides, initial_job_idx):
        self.launcher.launch(job_overrides[:1], initial_job_idx)
        raise RuntimeError("Traceback (most recent call last):\n  …\nJob (task=0) was cancelled")


def members(*names):
    return [Member(name, name, ("backbone=tiny", f"seed={i}")) for i, name in enumerate(names)]


def test_every_job_gets_its_own_configuration(tmp_path, monkeypatch):
    assert only_pretended(monkeypatch) == []
    launch(members("one", "two"), tmp_path, config_dir=CONF)
    assert [read_json(tmp_path / f"{name}.json")["seed"] for name in ("one", "two")] == [0, 1]
    assert read_json(outcome_file(tmp_path, "two"))["key"]
    assert not list(tmp_path.glob(".*"))  # no lock is left behind


def test_a_job_that_the_launcher_lost_has_failed(tmp_path, monkeypatch):
    whole = Plugins.instantiate_launcher
    monkeypatch.setattr(Plugins, "instantiate_launcher", lambda *args, **kwargs: Losing(whole(*args, **kwargs)))
    only_pretended(monkeypatch)
    write_json(outcome_file(tmp_path, "two"), {"status": 0})  # as it was the last time
    launch(members("one", "two"), tmp_path, config_dir=CONF)
    assert failure_of(tmp_path, "one") == ""
    assert failure_of(tmp_path, "two") == "the launcher lost the run: Job (task=0) was cancelled"


def test_what_cannot_be_started_is_told_and_not_swallowed(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("xaimed.studies.reproduction.making.carried_out", full)
    launch(members("one"), tmp_path, config_dir=CONF)
    assert "No space left on device" in failure_of(tmp_path, "one")


def test_the_epoch_is_that_of_the_last_attempt(tmp_path):
    assert epoch_of(tmp_path, "a") == ""
    line = "  fold 1 · epoch 3/50 · train loss 0.1 · at most 4 min left\n"
    log_file(tmp_path, "a").write_text(f"==== begun x ====\n{line}{line.replace('epoch 3', 'epoch 4')}")
    assert epoch_of(tmp_path, "a") == "fold 1, epoch 4 of 50"
    log_file(tmp_path, "a").write_text(f"==== begun x ====\n{line}==== begun y ====\nnothing yet\n")
    assert epoch_of(tmp_path, "a") == ""


SLEEPER = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(60)"


def test_a_job_ends_with_the_command_that_wanted_it(tmp_path, monkeypatch):
    """As with a launcher whose workers do not notice that the command was killed."""
    pid = tmp_path / "pid"
    whole = subprocess.Popen
    monkeypatch.setattr(
        carrying.subprocess, "Popen", lambda asked, **how: whole([sys.executable, "-c", SLEEPER, str(pid)], **how)
    )
    monkeypatch.setattr(carrying, "PAUSE", 0.05)
    with ThreadPoolExecutor(1) as pool:
        with command_alive(tmp_path) as command:
            work = pool.submit(carried_out, {}, tmp_path / "job", tmp_path / "outcome", command=command)
            for _ in range(400):
                if pid.is_file() and pid.read_text():
                    break
                time.sleep(0.05)
            time.sleep(0.2)
            assert not work.done()
        with pytest.raises(KeyboardInterrupt):
            work.result(timeout=20)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        ("raise SystemExit(7)", "ended with exit status 7"),
        ("import os; os.kill(os.getpid(), 9)", "killed by signal 9"),
    ],
)
def test_a_process_that_says_nothing_is_told_by_its_end(tmp_path, monkeypatch, ending, said):
    whole = subprocess.Popen
    monkeypatch.setattr(carrying.subprocess, "Popen", lambda asked, **how: whole([sys.executable, "-c", ending], **how))
    done = carried_out({}, tmp_path / "job", tmp_path / "outcome")
    assert done == {"status": 1, "error": f"the process was {said}"}


def test_an_interrupted_job_interrupts_the_study(tmp_path, monkeypatch):
    whole = subprocess.Popen
    ending = "raise SystemExit(130)"
    monkeypatch.setattr(carrying.subprocess, "Popen", lambda asked, **how: whole([sys.executable, "-c", ending], **how))
    with pytest.raises(KeyboardInterrupt):
        carried_out({}, tmp_path / "job", tmp_path / "outcome")
