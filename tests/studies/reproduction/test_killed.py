"""A study that was killed and given again ends with the same bytes as one that was not; launchers change nothing."""

import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest
from support.jobs import at_home
from support.studies import all_contents, asked, reproduce, write_study

SUPPORT = str(Path(__file__).parents[2])
EPOCHS = "trainer.max_epochs=12"


@pytest.fixture(scope="module")
def conf(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("conf"))


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory, conf, session_cache):
    output = tmp_path_factory.mktemp("unbroken")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(session_cache))
        at_home(patch)
        assert reproduce(conf, output, EPOCHS) == 0
    return all_contents(output)


def started(conf, output, *more):
    """``xaimed reproduce`` as a user starts it, in a process group of its own."""
    paths = [SUPPORT, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "RAY_AUTH_MODE": "disabled"}
    command = [sys.executable, "-m", "xaimed", *asked(conf, output, EPOCHS, *more)]
    said = subprocess.PIPE
    return subprocess.Popen(
        command,
        env=environment,
        stdout=said,
        stderr=said,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests in the background inherit deaf ears
    )


def waits_until(condition, seconds=200.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def at_work(output) -> str:
    """The processes that still do something for this output."""
    found = subprocess.run(["pgrep", "-f", str(output)], capture_output=True, text=True, check=False)
    return found.stdout.strip()


def in_training(process, output):
    """Whether an epoch is done; the process must not end before."""

    def found() -> bool:
        assert process.poll() is None, process.communicate()
        return any(output.glob("runs/*/fold-*.partial/resume.ckpt"))

    return found


def at_a_fold(process, output) -> bool:
    return process.poll() is not None or any(output.glob("runs/*/fold-*.partial/making.lock"))


def test_killed_once_and_given_again(tmp_path, monkeypatch):
    """One run of one fold, so that it fits into the default tests; the whole of it is below."""
    few = {"narrow": {"overrides": ["backbone.width=4", "protocol.fold=0"]}}
    conf = write_study(tmp_path / "conf", grid={}, runs=few)
    process = started(conf, tmp_path / "cut")
    assert waits_until(in_training(process, tmp_path / "cut"))
    process.send_signal(signal.SIGKILL)  # not to its job
    process.communicate()
    assert waits_until(lambda: not at_work(tmp_path / "cut"), 20)
    jobs = at_home(monkeypatch)
    assert reproduce(conf, tmp_path / "cut", EPOCHS) == 0
    assert reproduce(conf, tmp_path / "whole", EPOCHS) == 0
    assert jobs == ["narrow", "narrow"]
    expected, found = all_contents(tmp_path / "whole"), all_contents(tmp_path / "cut")
    assert any(name.endswith("maps.npz") for name in expected)
    assert [name for name in expected if found.get(name) != expected[name]] == []
    assert found.keys() == expected.keys()


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [0, 1])
def test_killed_five_times_at_random(tmp_path, conf, unbroken, seed):
    chance = random.Random(seed)
    for _ in range(5):
        process = started(conf, tmp_path)
        if chance.random() < 0.8:  # else at any moment from the first on
            waits_until(partial(at_a_fold, process, tmp_path))
        time.sleep(chance.uniform(0, 6))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert waits_until(lambda: not at_work(tmp_path), 20)
    process = started(conf, tmp_path)
    said, errors = process.communicate()
    assert process.returncode == 0, said + errors
    found = all_contents(tmp_path)
    assert [name for name in unbroken if found.get(name) != unbroken[name]] == []
    assert found.keys() == unbroken.keys()
    assert not list(tmp_path.glob("runs/*/*.partial"))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ctrl_c_ends_the_jobs_and_says_how_to_go_on(tmp_path, conf):
    process = started(conf, tmp_path)
    assert waits_until(in_training(process, tmp_path))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.strip().splitlines()[-1].startswith("xaimed: interrupted; the same command goes on")
    assert waits_until(lambda: not at_work(tmp_path), 20)


LAUNCHERS = {
    "submitit_local": ("submitit", []),
    "ray": ("ray", ["+hydra.launcher.ray.init.include_dashboard=false", "+hydra.launcher.ray.init.num_cpus=2"]),
}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_a_launcher_of_an_extra_makes_the_same(tmp_path, conf, unbroken, launcher):
    package, options = LAUNCHERS[launcher]
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    process = started(conf, tmp_path, f"hydra/launcher={launcher}", *options)
    said, errors = process.communicate()
    assert process.returncode == 0, said + errors
    assert all_contents(tmp_path) == unbroken


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_jobs_of_a_launcher_on_this_machine_end_with_the_command(tmp_path, conf, launcher):
    package, options = LAUNCHERS[launcher]
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    process = started(conf, tmp_path, "trainer.max_epochs=5000", f"hydra/launcher={launcher}", *options)
    assert waits_until(in_training(process, tmp_path), 400)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert waits_until(lambda: "xaimed.cli.job" not in commands(tmp_path), 60)


def commands(output) -> str:
    found = subprocess.run(["pgrep", "-af", str(output)], capture_output=True, text=True, check=False)
    return found.stdout
