"""Runs are told apart by what was asked for, and those of other data or of another place are not taken for them."""

import os
from pathlib import Path

import pytest

from xaimed.store.run import Run
from xaimed.store.writing import write_json
from xaimed.studies.reproduction.matching import key_of, run_of, runs_by_configuration
from xaimed.studies.reproduction.records import outcome_file


def config(root="/data", **changes):
    return {
        "dataset": {"_target_": "source", "root": root},
        "backbone": {"_target_": "net", "weights": "imagenet"},
        "protocol": {"_target_": "folds", "folds": 5, "fold": None},
        "seed": 42,
        "output": "outputs",
        **changes,
    }


def begun(output: Path, name: str, asked, when=0, **facts) -> Run:
    run = Run(output / "runs" / name)
    run.path.mkdir(parents=True)
    write_json(run.path / "run.json", {"identity": name, "folds": [0], "config": asked, **facts})
    os.utime(run.path / "run.json", (when, when))
    return run


def found(output, asked, **more):
    run = run_of(asked, "member", runs_by_configuration(output), output, **more)
    return run.path.name if run else None


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 1},
        {"root": "/other"},
        {"dataset": {"_target_": "source", "root": "/data", "file": "/other.csv"}},
        {"dataset": {"_target_": "source", "root": "/data", "boxes_file": "/other.csv"}},
        {"backbone": {"_target_": "net", "weights": "/other.pth"}},
        {"protocol": {"_target_": "folds", "folds": 5, "file": "/other.csv"}},
    ],
)
def test_what_decides_a_run_tells_runs_apart(tmp_path, changes):
    begun(tmp_path, "a", config())
    assert found(tmp_path, config(**changes)) is None


@pytest.mark.parametrize("changes", [{"output": "elsewhere"}, {"name": "x"}, {"explainer": {}}, {"logger": {"a": 1}}])
def test_what_decides_nothing_does_not(tmp_path, changes):
    begun(tmp_path, "a", config())
    assert found(tmp_path, config(**changes)) == "a"


def test_one_place_written_in_two_ways_is_one(tmp_path, monkeypatch):
    (tmp_path / "pictures").mkdir()
    monkeypatch.chdir(tmp_path)
    assert key_of(config(root="pictures")) == key_of(config(root=str(tmp_path / "pictures")))
    assert key_of(config(root="pictures/../pictures")) == key_of(config(root="pictures"))


def test_the_order_of_options_tells_nothing():
    asked = config()
    assert key_of(asked) == key_of(dict(reversed(asked.items())))


def test_of_two_runs_of_one_configuration_that_of_these_data_counts(tmp_path):
    begun(tmp_path, "a", config(), when=2, data="as they were")
    begun(tmp_path, "b", config(), when=1, data="as they are")
    assert found(tmp_path, config()) == "a"  # the newest, where nobody has looked at the data
    assert found(tmp_path, config(), data="as they are") == "b"
    assert found(tmp_path, config(), data="as they never were") is None


def test_a_run_that_a_command_has_made_is_known_where_its_data_have_moved(tmp_path):
    """``xaimed train`` reuses it, because the data are the same, and its ``run.json`` says where they lay before."""
    begun(tmp_path, "a", config(root="/before"))
    now, logs = config(root="/now"), tmp_path / "logs"
    assert found(tmp_path, now, records=logs) is None
    write_json(outcome_file(logs_made(logs), "member"), {"status": 0, "run": "/any/where/runs/a", "key": key_of(now)})
    assert found(tmp_path, now, records=logs) == "a"
    assert found(tmp_path, config(root="/third"), records=logs) is None
    assert found(tmp_path, {**now, "seed": 1}, records=logs) is None


@pytest.mark.parametrize("content", ["", "[]", '{"config": 3}', '{"config": {"dataset": 3}}'])
def test_what_is_no_run_is_passed_over(tmp_path, content):
    begun(tmp_path, "a", config())
    (tmp_path / "runs" / "b").mkdir()
    (tmp_path / "runs" / "b" / "run.json").write_text(content)
    assert found(tmp_path, config()) == "a"


def logs_made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder
