"""A sweep: jobs in processes of their own, one that fails costs no other, and what is done is not done again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.running import TINY, contents, train

from xaimed.cli.main import main
from xaimed.store.run import find_runs
from xaimed.studies.sweep import Sweep

SUPPORT = str(Path(__file__).parents[1])
BASE = ["-m", *TINY, "strategy=scratch", "callbacks=[early_stopping,best_checkpoint]", "logger=[]"]


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    paths = [SUPPORT, *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))


def test_a_failing_job_is_told_at_once_listed_at_the_end_and_costs_no_other(tmp_path, capfd):
    command = ["train", *BASE, "optimizer.lr=fast,1e-2", f"output={tmp_path}"]
    assert main(command) == 1
    captured = capfd.readouterr()
    assert "optimizer cannot be built" in captured.err
    lines = captured.out.splitlines()
    told = [i for i, line in enumerate(lines) if "FAILED" in line]
    assert len(told) == 1
    assert any("job 1" in line for line in lines[told[0] :])  # before the next job began
    assert "job 0 failed (" in lines[-1]
    assert "optimizer.lr=fast" in lines[-1]
    runs = find_runs([tmp_path])
    assert [len(run.finished()) for run in runs] == [2]
    (sweep,) = (tmp_path / "sweeps").iterdir()
    assert (sweep / "runs.md").read_text().count("| spine-tiny-scratch") == 1
    assert main(["table", str(sweep)]) == 0
    assert capfd.readouterr().out.count("spine-tiny-scratch") >= 1

    written = {path: path.stat().st_mtime_ns for path in tmp_path.glob("runs/*/fold-*/*")}
    assert main(command) == 1
    assert {path: path.stat().st_mtime_ns for path in written} == written
    assert [path.name for path in (tmp_path / "sweeps").iterdir()] == [sweep.name]


def test_a_killed_sweep_takes_its_job_with_it_and_goes_on_where_it_stopped(tmp_path):
    command = [sys.executable, "-m", "xaimed", "train", *BASE, "seed=1,2", f"output={tmp_path / 'cut'}"]
    process = subprocess.Popen([*command, "trainer.max_epochs=60"], stdout=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline and not list((tmp_path / "cut").glob("runs/*/fold-0.partial/resume.ckpt")):
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    jobs = subprocess.run(["pgrep", "-f", str(tmp_path / "cut")], capture_output=True, text=True, check=False)
    for _ in range(50):
        if not jobs.stdout.strip():
            break
        time.sleep(0.1)
        jobs = subprocess.run(["pgrep", "-f", str(tmp_path / "cut")], capture_output=True, text=True, check=False)
    assert not jobs.stdout.strip()
    options = ("callbacks=[early_stopping,best_checkpoint]", "logger=[]", "trainer.max_epochs=60")
    assert train(tmp_path / "whole", "seed=1", *options) == 0
    assert train(tmp_path / "cut", "seed=1", *options) == 0
    (whole,), (cut,) = find_runs([tmp_path / "whole"]), find_runs([tmp_path / "cut"])
    assert [contents(cut.path, fold) for fold in (0, 1)] == [contents(whole.path, fold) for fold in (0, 1)]


def test_a_misspelt_value_is_refused_before_the_first_job(tmp_path, capsys):
    assert main(["train", *BASE, "backbone=tiny,tinny", f"output={tmp_path}"]) == 2
    said = capsys.readouterr().err.strip()
    assert said.startswith("xaimed: there is no backbone 'tinny'. Did you mean 'tiny'?")
    assert not list(tmp_path.glob("runs/*"))


def test_the_same_command_finds_the_same_sweep():
    first = Sweep.of("out", ["seed=1,2", "backbone=tiny"])
    assert first.directory == Sweep.of("out", ["backbone=tiny", "seed=1,2"]).directory
    assert first.directory != Sweep.of("out", ["backbone=tiny", "seed=1,3"]).directory
    assert first.directory.is_absolute()


def test_the_process_that_starts_the_jobs_stays_small():
    code = "import xaimed.studies.sweep, sys; sys.exit('torch' in sys.modules or 'lightning' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_launcher_of_an_extra_makes_the_same(tmp_path):
    pytest.importorskip("submitit")
    command = ["train", *BASE, "seed=1,2"]
    assert main([*command, f"output={tmp_path / 'one'}"]) == 0
    assert main([*command, f"output={tmp_path / 'two'}", "hydra/launcher=submitit_local"]) == 0
    one, two = find_runs([tmp_path / "one"]), find_runs([tmp_path / "two"])
    assert [run.path.name for run in one] == [run.path.name for run in two]
    for alone, launched in zip(one, two, strict=True):
        assert contents(launched.path, 0) == contents(alone.path, 0)


def test_an_option_of_a_sweep_cannot_reach_into_its_jobs_environment(tmp_path, capsys):
    (tmp_path / "conf" / "experiment").mkdir(parents=True)
    for name in ("one", "two"):
        file = tmp_path / "conf" / "experiment" / f"{name}.yaml"
        file.write_text("# @package _global_\nhydra: {job: {env_set: {LD_PRELOAD: evil.so}}}\n")
    command = [
        "train",
        "-m",
        "--config-dir",
        str(tmp_path / "conf"),
        "experiment=one,two",
        f"output={tmp_path / 'out'}",
    ]
    assert main(command) == 2
    assert "hydra.job.env_set is not supported" in capsys.readouterr().err
    assert not list((tmp_path / "out").glob("sweeps/*/job-*"))
