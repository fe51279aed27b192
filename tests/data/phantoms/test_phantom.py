"""The skeleton shared by all phantoms: counts, patients, seeds, labels, the planted shortcut, files."""

import multiprocessing
import threading
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from xaimed.data.phantoms.chest import ChestPhantom
from xaimed.data.phantoms.lumbar import LumbarPhantom
from xaimed.data.phantoms.patterns import PatternsPhantom
from xaimed.data.phantoms.phantom import TABLE, Phantom, Picture, _workers
from xaimed.data.phantoms.skin import SkinPhantom
from xaimed.data.phantoms.spine import SpinePhantom
from xaimed.errors import ConfigError, DataError


class DotsPhantom(Phantom):
    """The cheapest phantom there is: one grey square, so that thousands can be drawn."""

    name = "dots"
    version = 1
    default_counts: ClassVar = {"one": 6, "two": 9, "three": 3}

    def traits(self, finding, rng):
        return {"grey": int(rng.integers(256))}

    def draw(self, case):
        pixels = np.full((case.size, case.size), case.traits["grey"], dtype=np.uint8)
        pixels[0, 0] = case.rng.integers(256)
        return Picture(pixels, pixels > 128 if case.finding == "two" else None, {"grey": case.traits["grey"]})


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XAIMED_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def content(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_counts_patients_and_columns():
    manifest = DotsPhantom(counts={"one": 12, "two": 30, "three": 7}, size=32).manifest()
    frame = manifest.frame
    assert frame["label"].value_counts().to_dict() == {"one": 12, "two": 30, "three": 7}
    assert manifest.task.classes == ("one", "two", "three")
    assert (frame.groupby("group")["label"].nunique() == 1).all()
    sizes = frame.groupby("group").size()
    assert sizes.max() == 3
    assert (sizes > 1).sum() >= 5
    assert (frame.groupby("group")["grey"].nunique() == 1).all()  # traits belong to the patient
    assert (frame["mask_path"] != "").equals(frame["label"] == "two")
    assert all(path.is_file() for path in manifest.paths())
    assert (frame["split"] == "").all()


def test_counts_may_be_a_list_and_a_class_may_be_left_out():
    assert DotsPhantom(counts=[2, 0, 3], size=32).manifest().task.classes == ("one", "three")


@pytest.mark.parametrize(
    "arguments",
    [
        {"counts": {"four": 3}},
        {"counts": [1, 2]},
        {"counts": [1, -1, 2]},
        {"counts": [0, 0, 0]},
        {"size": 8},
        {"shortcut": 1.5},
        {"label_noise": -0.1},
    ],
)
def test_impossible_parameters_are_refused_with_their_key(arguments):
    with pytest.raises(ConfigError, match=f"dataset.{next(iter(arguments))}"):
        DotsPhantom(**arguments)


def test_pictures_do_not_depend_on_other_classes_or_on_how_many_follow():
    few = DotsPhantom(counts=[3, 4, 2], size=32).manifest()
    many = DotsPhantom(counts=[9, 4, 8], size=32).manifest()
    assert few.root != many.root
    here, there = content(few.root), content(many.root)
    assert all(there[name] == data for name, data in here.items() if name != TABLE)


def test_another_seed_draws_another_picture():
    first, second = (SpinePhantom(counts=[1, 0, 0], size=64, seed=seed).manifest() for seed in (0, 1))
    assert first.paths()[0].read_bytes() != second.paths()[0].read_bytes()


@pytest.mark.parametrize("phantom", [SpinePhantom, ChestPhantom, LumbarPhantom, SkinPhantom, PatternsPhantom])
def test_same_parameters_give_the_same_bytes(phantom, monkeypatch, tmp_path):
    counts = [2] * len(phantom.default_counts)
    first = content(phantom(counts=counts, size=64).manifest().root)
    monkeypatch.setenv("XAIMED_CACHE", str(tmp_path / "elsewhere"))
    assert content(phantom(counts=counts, size=64).manifest().root) == first


def test_drawing_in_several_processes_changes_nothing(monkeypatch, tmp_path):
    alone = content(DotsPhantom(counts=[20, 20, 20], size=32).manifest().root)
    monkeypatch.setattr("xaimed.data.phantoms.phantom._workers", lambda pictures: 2)
    monkeypatch.setenv("XAIMED_CACHE", str(tmp_path / "elsewhere"))
    assert content(DotsPhantom(counts=[20, 20, 20], size=32).manifest().root) == alone


def test_no_process_is_forked_beside_a_thread():
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert _workers(10_000) == 1
    finally:
        done.set()
        thread.join()


def test_what_is_there_is_not_drawn_again(monkeypatch):
    first = DotsPhantom(size=32).manifest()
    monkeypatch.setattr(DotsPhantom, "draw", lambda self, case: pytest.fail("drawn again"))
    again = DotsPhantom(size=32).manifest()
    pd.testing.assert_frame_equal(first.frame, again.frame)
    assert first.fingerprint() == again.fingerprint()


def test_version_and_every_parameter_have_a_folder_of_their_own(monkeypatch):
    others = [{}, {"size": 33}, {"seed": 1}, {"shortcut": 0.5}, {"label_noise": 0.5}, {"counts": [6, 9, 4]}]
    folders = {DotsPhantom(**parameters).folder for parameters in others}
    monkeypatch.setattr(DotsPhantom, "version", 2)
    folders.add(DotsPhantom().folder)
    assert len(folders) == len(others) + 1


def test_a_drawing_that_fails_leaves_nothing(monkeypatch, cache):
    monkeypatch.setattr(DotsPhantom, "draw", lambda self, case: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        DotsPhantom(size=32).manifest()
    assert list((cache / "phantoms").iterdir()) == []


@pytest.mark.parametrize("lost", [TABLE, "one/one-0000-0.png"])
def test_a_file_taken_from_the_cache_is_named(lost):
    phantom = DotsPhantom(size=32)
    (phantom.manifest().root / lost).unlink()
    with pytest.raises(DataError, match="Delete this folder") as caught:
        phantom.manifest()
    assert lost in str(caught.value)


def _draw_in_process(queue):
    queue.put(str(DotsPhantom(counts=[15, 15, 15], size=32).manifest().root))


def test_two_processes_at_once_share_one_folder(cache):
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    processes = [context.Process(target=_draw_in_process, args=(queue,)) for _ in range(2)]
    for process in processes:
        process.start()
    roots = {queue.get(timeout=60) for _ in processes}
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert len(roots) == 1
    assert [str(path) for path in (cache / "phantoms").iterdir()] == list(roots)
    assert len(DotsPhantom(counts=[15, 15, 15], size=32).manifest()) == 45


def test_label_noise_moves_its_share_of_patients_and_nothing_else():
    frame = DotsPhantom(counts=[400, 400, 400], size=32, label_noise=0.25).manifest().frame
    patients = frame.groupby("group")[["finding", "label"]].agg(["first", "nunique"])
    assert (patients["label", "nunique"] == 1).all()
    wrong = (patients["finding", "first"] != patients["label", "first"]).mean()
    assert wrong == pytest.approx(0.25, abs=4 * (0.25 * 0.75 / len(patients)) ** 0.5)
    assert frame["finding"].value_counts().to_dict() == {"one": 400, "two": 400, "three": 400}
    clean = DotsPhantom(counts=[9, 9, 9], size=32).manifest().frame
    assert (clean["finding"] == clean["label"]).all()


@pytest.mark.parametrize(("shortcut", "expected"), [(0.0, 1 / 3), (0.6, 0.6 + 0.4 / 3), (1.0, 1.0)])
def test_the_shortcut_agrees_with_the_finding_as_often_as_asked(shortcut, expected):
    frame = DotsPhantom(counts=[300, 300, 300], size=32, shortcut=shortcut).manifest().frame
    own = {"one": "upper left", "two": "upper right", "three": "lower left"}
    agrees = (frame["finding"].map(own) == frame["marker"]).mean()
    assert agrees == pytest.approx(expected, abs=4 * (expected * (1 - expected) / 900) ** 0.5 + 1e-9)


def test_patterns_are_in_colour_and_differ_by_class():
    manifest = PatternsPhantom(counts=[2] * 8, size=64).manifest()
    pixels = np.stack([np.asarray(Image.open(path)) for path in manifest.paths()])
    assert pixels.shape == (16, 64, 64, 3)
    assert len(manifest.task.classes) == 8
    assert (pixels.std(axis=(1, 2)).max(axis=1) > 10).all()
    assert np.abs(pixels[..., 0].astype(int) - pixels[..., 1]).mean() > 5
