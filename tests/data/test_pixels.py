from __future__ import annotations

import os
import pickle
import resource
import signal
import time
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from xaimed.data import inspection, looking
from xaimed.data.dataset import ManifestDataset
from xaimed.data.folder import Folder
from xaimed.data.inspection import inspect, inspect_and_cache
from xaimed.data.pixels import Pixels
from xaimed.data.preparation import Preparation


@pytest.fixture
def mixed(class_folder, write_picture):
    """Grey, colour, sixteen bits and one that cannot be read."""
    root = class_folder(a=4, b=4)
    write_picture(root / "a" / "colour.png", (31, 17), colour=True)
    Image.fromarray(np.arange(600, dtype=np.uint16).reshape(20, 30) * 100).save(root / "b" / "deep.png")
    (root / "b" / "bad.png").write_bytes(b"")
    return Folder(root).manifest()


def test_tensors_are_those_of_the_files_bit_for_bit(mixed):
    seen, pixels, note = inspect_and_cache(mixed, 12, limit_gb=1)
    assert note == ""
    rows = np.flatnonzero(seen.readable)
    plain = ManifestDataset(mixed, rows, Preparation(12, "imagenet"), seed=0, fold=0)
    cached = ManifestDataset(mixed, rows, Preparation(12, "imagenet"), seed=0, fold=0, pixels=pixels)
    for position, row in enumerate(rows):
        mixed.paths()[row].rename(mixed.paths()[row].with_suffix(".gone"))
        fast = cached[position]["image"]
        mixed.paths()[row].with_suffix(".gone").rename(mixed.paths()[row])
        assert torch.equal(fast, plain[position]["image"])


def test_a_picture_that_is_not_held_is_read_from_its_file(mixed):
    _, pixels, _ = inspect_and_cache(mixed, 12, limit_gb=1)
    assert pixels.positions(np.array(["b/bad.png", "elsewhere.png"])).tolist() == [-1, -1]


def test_one_pass_serves_all(mixed, monkeypatch):
    read = []
    original = looking.read_picture
    monkeypatch.setattr(inspection, "_estimate", lambda manifest, size: 0)
    monkeypatch.setattr(looking, "read_picture", lambda path: (read.append(path), original(path))[1])
    inspect_and_cache(mixed, 12, limit_gb=1)
    inspect(mixed)
    inspect_and_cache(mixed, 12, limit_gb=1)
    assert len(read) == len(mixed)


def test_a_limit_refuses_with_a_note_and_nothing_is_left(mixed, cache):
    _, pixels, note = inspect_and_cache(mixed, 12, limit_gb=1e-7)
    assert pixels is None
    assert "more than the" in note
    assert not [path for path in (cache / "pixels").glob("*") if path.is_dir()]


def test_what_was_used_least_recently_makes_room(mixed, cache, monkeypatch):
    for size in (12, 13):
        pixels = inspect_and_cache(mixed, size, limit_gb=1)[1]
        pixels._file.close()
    del pixels
    monkeypatch.setattr(inspection, "_estimate", lambda manifest, size: 10_000)
    assert inspect_and_cache(mixed, 14, limit_gb=1.1e-5)[1] is not None
    assert [path.name[-2:] for path in (cache / "pixels").glob("[!.]*")] == ["14"]


def test_a_damaged_entry_is_made_anew(mixed):
    _, pixels, _ = inspect_and_cache(mixed, 12, limit_gb=1)
    (pixels.folder / "pixels.bin").write_bytes(b"short")
    assert inspect_and_cache(mixed, 12, limit_gb=1)[1] is not None


def test_workers_get_the_place_and_not_the_pixels(mixed):
    _, pixels, _ = inspect_and_cache(mixed, 12, limit_gb=1)
    sent = pickle.dumps(pixels)
    assert len(sent) < 500
    assert torch.equal(pickle.loads(sent).read(0), pixels.read(0))


def test_memory_does_not_grow_with_the_pictures(class_folder, write_picture):
    """A thousand pictures more, each 50 kB at the network's size, and less than a third of that held at any time."""
    root = class_folder(a=1, b=1)
    for number in range(8):
        write_picture(root / "a" / f"colour{number}.png", (40, 40), colour=True)
    few = Folder(root).manifest()
    answer = get_context("fork").Queue()

    def grown():
        peaks = []
        for times in (20, 145):
            many = pd.concat([few.frame] * times, ignore_index=True)
            many["sample_id"] = [str(number) for number in range(len(many))]
            inspect_and_cache(replace(few, frame=many), 128, limit_gb=1)
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        answer.put(peaks)

    job = get_context("fork").Process(target=grown)
    job.start()
    first, last = answer.get(timeout=100)
    job.join()
    assert last - first < 16_000  # kilobytes


def test_a_killed_builder_leaves_nothing_half_and_the_next_one_builds_it(mixed, cache, monkeypatch):
    original, half = looking.read_picture, mixed.paths()[5]

    def stuck(path):
        if path == half:
            time.sleep(100)
        return original(path)

    monkeypatch.setattr(looking, "TOGETHER", 1)
    with monkeypatch.context() as slow:
        slow.setattr(looking, "read_picture", stuck)
        job = get_context("fork").Process(target=inspect_and_cache, args=(mixed, 12, 1))
        job.start()
    deadline = time.monotonic() + 60
    while len(made := [*cache.glob("pixels/.*making*"), *cache.glob("inspected/.*making*")]) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(job.pid, signal.SIGKILL)
    job.join()
    assert all(folder.is_dir() for folder in made)
    assert not [*cache.glob("pixels/[!.]*"), *cache.glob("inspected/[!.]*")]
    seen, pixels, note = inspect_and_cache(mixed, 12, limit_gb=1)
    assert note == ""
    assert len(pixels) == len(seen.facts) == len(mixed)
    assert not [*cache.glob("*/.*making*")]


def _build(manifest, size, answer):
    answer.put(inspect_and_cache(manifest, size, limit_gb=1)[2])


def test_several_processes_build_one_entry(mixed, cache):
    context = get_context("fork")
    answer = context.Queue()
    jobs = [context.Process(target=_build, args=(mixed, 12, answer)) for _ in range(3)]
    for job in jobs:
        job.start()
    assert [answer.get(timeout=60) for _ in jobs] == ["", "", ""]
    for job in jobs:
        job.join()
    (entry,) = (cache / "pixels").glob("[!.]*")
    assert len(Pixels(entry)) == len(mixed)
    assert not list((cache / "pixels").glob(".*making*"))
