"""A cached folder is whole or absent, whoever builds it and however that ends."""

import os
import threading
import time
from pathlib import Path

import pytest

from xaimed.errors import StoreError
from xaimed.store.cache import ABANDONED_AFTER, cache_root, publish_directory, publish_once


def write(folder):
    (folder / "a").write_text("whole")


def test_the_root_is_the_environments_or_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("XAIMED_CACHE", str(tmp_path))
    assert cache_root() == tmp_path
    monkeypatch.setenv("XAIMED_CACHE", "")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_root() == tmp_path / "home" / ".cache" / "xaimed"
    monkeypatch.setenv("XAIMED_CACHE", "~/elsewhere")
    assert cache_root() == tmp_path / "home" / "elsewhere"


def test_built_once_and_not_seen_before_it_is_whole(tmp_path):
    final = tmp_path / "deep" / "thing"

    def build(folder: Path):
        write(folder)
        assert not final.exists()

    assert publish_directory(final, build) == final
    assert (final / "a").read_text() == "whole"
    publish_directory(final, lambda folder: pytest.fail("built again"))
    assert os.listdir(final.parent) == ["thing"]


def test_a_failed_build_leaves_nothing(tmp_path):
    def build(folder):
        write(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish_directory(tmp_path / "thing", build)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_a_store_error_that_leaves_nothing(tmp_path):
    def build(folder):
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="No space left on device"):
        publish_directory(tmp_path / "thing", build)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="XAIMED_CACHE"):
        publish_directory(tmp_path / "file" / "thing", write)


def test_the_loser_of_a_race_takes_the_winners_folder(tmp_path):
    final = tmp_path / "thing"

    def slower(folder):
        write(folder)
        publish_directory(final, lambda other: (other / "a").write_text("winner") and None)

    publish_directory(final, slower)
    assert (final / "a").read_text() == "winner"
    assert list(tmp_path.iterdir()) == [final]


def test_many_at_once_agree(tmp_path):
    final, seen = tmp_path / "thing", []

    def build(folder):
        write(folder)
        time.sleep(0.02)

    threads = [
        threading.Thread(target=lambda: seen.append((publish_directory(final, build) / "a").read_text()))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == ["whole"] * 6
    assert list(tmp_path.iterdir()) == [final]


def test_a_half_written_folder_is_never_taken_for_the_whole_and_goes_when_old(tmp_path):
    old, young = tmp_path / ".thing.making-old", tmp_path / ".thing.making-young"
    for left in (old, young):
        left.mkdir()
        (left / "half").write_text("")
    past = time.time() - ABANDONED_AFTER - 60
    os.utime(old, (past, past))
    publish_directory(tmp_path / "thing", write)
    assert os.listdir(tmp_path / "thing") == ["a"]
    assert sorted(os.listdir(tmp_path)) == [".thing.making-young", "thing"]


def test_what_is_dear_is_built_by_one_while_others_wait(tmp_path):
    built = []

    def build(folder):
        built.append(folder)
        time.sleep(0.1)
        write(folder)

    jobs = [threading.Thread(target=publish_once, args=(tmp_path / "thing", build)) for _ in range(3)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert len(built) == 1
    assert (tmp_path / "thing" / "a").read_text() == "whole"


def test_what_a_killed_builder_left_is_cleared_away_at_once(tmp_path):
    left = tmp_path / ".thing.making-x"
    left.mkdir()
    publish_once(tmp_path / "thing", write)
    assert not left.exists()
    assert publish_once(tmp_path / "thing", lambda folder: pytest.fail("built again")) == tmp_path / "thing"
