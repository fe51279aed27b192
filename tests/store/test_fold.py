import fcntl
import multiprocessing
import os
import threading

import pytest

from xaimed.errors import StoreError
from xaimed.store.fold import SEALED, Fold
from xaimed.store.run import Run, find_runs
from xaimed.store.writing import read_json, write_bytes, write_json


def make(run, index=0, identity="abc"):
    fold = Fold(run, index)
    with fold.being_made() as folder:
        for name in SEALED:
            (folder / name).write_text(name)
        fold.publish({"identity": identity})
    return fold


def test_a_fold_is_absent_until_it_is_complete(tmp_path):
    fold = Fold(tmp_path, 3)
    with fold.being_made() as folder:
        assert folder == tmp_path / "fold-3.partial"
        assert not fold.complete
        for name in SEALED:
            (folder / name).write_text(name)
        fold.publish({"identity": "abc"})
    assert fold.complete
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fold-3"]
    assert sorted(path.name for path in fold.path.iterdir()) == sorted([*SEALED, "fold.json"])
    fold.verify("abc")


def test_another_configuration_is_refused(tmp_path):
    with pytest.raises(StoreError, match="another configuration"):
        make(tmp_path).verify("xyz")


@pytest.mark.parametrize("name", SEALED)
def test_an_edited_fold_is_refused(tmp_path, name):
    fold = make(tmp_path)
    with (fold.path / name).open("a") as file:
        file.write("\n")
    with pytest.raises(StoreError, match="changed after") as caught:
        fold.verify("abc")
    assert name in str(caught.value)


def test_a_fold_with_a_part_missing_is_refused(tmp_path):
    fold = make(tmp_path)
    (fold.path / "weights.pt").unlink()
    with pytest.raises(StoreError, match="missing"):
        fold.verify("abc")


def test_a_fold_under_another_name_is_refused(tmp_path):
    fold = make(tmp_path)
    fold.path.rename(tmp_path / "fold-4")
    with pytest.raises(StoreError, match="fold 0 under another name"):
        Fold(tmp_path, 4).verify("abc")


def test_what_lies_in_the_place_of_a_fold_is_left_alone(tmp_path):
    fold = Fold(tmp_path, 0)
    fold.path.mkdir()
    (fold.path / "notes.txt").write_text("mine")
    assert fold.occupied
    with pytest.raises(StoreError, match=r"no fold\.json"), fold.being_made():
        pass
    assert [path.name for path in tmp_path.rglob("*")] == ["fold-0", "notes.txt"]
    assert not make(tmp_path, 1).occupied


def test_whoever_only_looks_is_in_nobodys_way(tmp_path):
    """To look whether a lock is held is to hold it for a moment."""
    fold = Fold(tmp_path, 0)
    assert not fold.being_made_now
    with fold.being_made():
        assert fold.being_made_now
    assert not fold.being_made_now
    looking = (fold.partial / "making.lock").open("a")
    fcntl.flock(looking, fcntl.LOCK_EX)
    threading.Timer(0.05, looking.close).start()
    with fold.being_made():
        assert fold.being_made_now


def test_a_foreign_fold_json_is_refused(tmp_path):
    fold = make(tmp_path)
    (fold.path / "fold.json").write_text("[1]")
    with pytest.raises(StoreError):
        fold.verify("abc")
    (fold.path / "fold.json").write_text('{"identity": "abc"}')
    with pytest.raises(StoreError, match="no checksums"):
        fold.verify("abc")


def _hold(run, ready, done):
    with Fold(run, 0).being_made():
        ready.set()
        done.wait(20)


def test_two_processes_do_not_make_one_fold(tmp_path):
    context = multiprocessing.get_context("fork")
    ready, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(tmp_path, ready, done))
    other.start()
    try:
        assert ready.wait(20)
        with pytest.raises(StoreError, match=f"process {other.pid}"), Fold(tmp_path, 0).being_made():
            pass
    finally:
        done.set()
        other.join()
    with Fold(tmp_path, 0).being_made():  # what is left of a process that is gone does not stand in the way
        pass


def test_a_directory_that_belongs_to_another_run_is_refused(tmp_path):
    run = Run(tmp_path / "run")
    run.describe({"identity": "abc"})
    run.describe({"identity": "abc"})
    with pytest.raises(StoreError, match="another configuration"):
        run.describe({"identity": "xyz"})


def test_runs_are_found_from_any_place_above_or_inside(tmp_path):
    runs = [Run(tmp_path / "runs" / name) for name in ("b", "a")]
    for run in runs:
        run.describe({"identity": run.path.name})
    fold = make(runs[0].path)
    assert [run.path.name for run in find_runs([tmp_path, tmp_path / "runs" / "a"])] == ["a", "b"]
    assert [run.path.name for run in find_runs([fold.path])] == ["b"]
    assert [fold.index for fold in runs[0].finished()] == [0]
    with pytest.raises(StoreError, match="no such directory"):
        find_runs([tmp_path / "nowhere"])


def test_a_file_is_written_wholly_or_not_at_all(tmp_path, monkeypatch):
    target = tmp_path / "a.json"
    write_json(target, {"b": 1, "a": [1.5, "ü"]})
    assert read_json(target) == {"a": [1.5, "ü"], "b": 1}

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_bytes(target, b"new")
    assert read_json(target) == {"a": [1.5, "ü"], "b": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
