"""A cache that has a limit: what was used longest ago goes, what is being read stays, and the limit holds."""

from __future__ import annotations

import os
from collections import namedtuple

import pytest

from xaimed.store.lock import mark_in_use
from xaimed.store.room import KEPT_FREE, gigabytes, make_room, size_of, touch

Disk = namedtuple("Disk", "total used free")
GUARD = "guard"


@pytest.fixture
def disk(monkeypatch, tmp_path):
    """A disk of ten thousand bytes, on which ``others`` take some as well."""
    state = {"others": 0}

    def usage(place):
        used = state["others"] + sum(path.stat().st_size for path in tmp_path.rglob(GUARD))
        return Disk(10_000, used, 10_000 - used)

    monkeypatch.setattr("shutil.disk_usage", usage)
    return state


@pytest.fixture
def cache(tmp_path, disk):
    """Entries a, b and c of 100 bytes, used in this order, and what is no entry: a file, and one being made."""
    folder = tmp_path / "pixels"
    for age, name in enumerate("cba"):
        entry(folder, name, 100, 1000 - age)
    entry(folder, ".d.making-x", 500, 0)
    (folder / "note").write_bytes(bytes(500))
    return folder


def entry(folder, name, size, used):
    (folder / name).mkdir(parents=True)
    (folder / name / GUARD).write_bytes(bytes(size))
    os.utime(folder / name, (used, used))


def left(folder):
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def test_nothing_goes_while_there_is_room(cache):
    assert make_room(cache, needed=100, limit=400, guard=GUARD) == ""
    assert left(cache) == ["a", "b", "c"]


@pytest.mark.parametrize(("needed", "kept"), [(101, ["b", "c"]), (200, ["b", "c"]), (201, ["c"]), (400, [])])
def test_the_longest_unused_go_first_and_no_more_than_needed(cache, needed, kept):
    assert make_room(cache, needed, limit=400, guard=GUARD) == ""
    assert left(cache) == kept
    assert (cache / ".d.making-x").exists()
    assert (cache / "note").exists()


def test_use_is_noted(cache):
    touch(cache / "a")
    make_room(cache, 101, limit=400, guard=GUARD)
    assert left(cache) == ["a", "c"]
    touch(cache / "gone")  # removed by another process: no reason to stop


def test_what_is_being_read_stays(cache):
    with (cache / "a" / GUARD).open("rb") as file:
        mark_in_use(file)
        assert make_room(cache, 200, limit=400, guard=GUARD) == ""
        assert left(cache) == ["a", "c"]
        said = make_room(cache, 350, limit=400, guard=GUARD)
        assert left(cache) == ["a", "c"]  # not for nothing
        assert said == "it would take 0.00035 MB and other data in use leave no room below 0.0004 MB"
    assert make_room(cache, 350, limit=400, guard=GUARD) == ""


def test_more_than_is_allowed_removes_nothing(cache):
    assert make_room(cache, 401, limit=400, guard=GUARD) == "it would take 0.0004 MB, more than the 0.0004 MB allowed"
    assert left(cache) == ["a", "b", "c"]


def test_a_full_disk_is_made_room_on_or_said(cache, disk):
    room_for_all = 10_000 - 10_000 * KEPT_FREE - 800  # a, b, c and what is being made
    disk["others"] = room_for_all
    assert make_room(cache, 301, limit=9000, guard=GUARD) == "it would take 0.0003 MB and the disk is too full"
    assert left(cache) == ["a", "b", "c"]  # not for nothing
    assert make_room(cache, 199, limit=9000, guard=GUARD) == ""
    assert left(cache) == ["c"]


def test_a_cache_that_is_not_there_yet_is_empty(tmp_path, disk):
    assert make_room(tmp_path / "deep" / "er", 100, limit=400, guard=GUARD) == ""
    assert not (tmp_path / "deep").exists()


def test_sizes(cache):
    (cache / "a" / "inner").mkdir()
    (cache / "a" / "inner" / "file").write_bytes(bytes(999))
    assert size_of(cache / "a") == 100  # the entries of this cache are flat
    assert [gigabytes(count) for count in (2_500_000_000, 10_000_000, 9_900_000)] == ["2.5 GB", "0.01 GB", "9.9 MB"]
