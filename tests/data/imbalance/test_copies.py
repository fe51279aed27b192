"""Copies lie in the cache, whole and always the same, and only training sees them."""

import hashlib
import multiprocessing
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import v2

from xaimed.data.folder import Folder
from xaimed.data.imbalance.balance import Balance
from xaimed.data.imbalance.copies import planned_copies, training_set
from xaimed.data.imbalance.imbalance import Imbalance
from xaimed.data.imbalance.making import Recipe, save_png
from xaimed.data.inspection import inspect_and_cache
from xaimed.data.module import FoldData
from xaimed.data.preparation import Preparation
from xaimed.data.protocol import Split
from xaimed.data.reading import read_picture
from xaimed.store.cache import cache_root

SIZE = 8
PREPARATION = Preparation(SIZE, "unit")
VARIED = Recipe(v2.Compose([v2.RandomHorizontalFlip(), v2.RandomRotation(10), v2.ColorJitter(0.2, 0.2)]), "varied")


@pytest.fixture
def manifest(class_folder):
    return Folder(class_folder(a=9, b=3, c=5)).manifest()


def split_of(manifest, fold=0):
    """One row of each class is reported, all others train: 8, 2, 4."""
    labels = manifest.labels
    report = np.array([np.flatnonzero(labels == index)[0] for index in range(3)])
    return Split(fold, np.setdiff1d(np.arange(len(manifest)), report), report, report)


def made(manifest, copies="augmented", seed=1, fold=0, recipe=VARIED, pixels=None):
    balance = Balance(Imbalance(copies=copies), manifest, split_of(manifest, fold))
    return training_set(balance, PREPARATION, recipe, seed, pixels)


def new_paths(training, manifest):
    return [Path(path) for path in training.manifest.frame["path"].iloc[len(manifest) :]]


def bytes_of(training, manifest):
    return [path.read_bytes() for path in new_paths(training, manifest)]


@pytest.mark.parametrize("copies", ["augmented", "smote_pixels"])
def test_every_class_becomes_as_large_as_the_largest(manifest, copies):
    training = made(manifest, copies)
    assert np.bincount(training.manifest.labels[training.rows]).tolist() == [8, 8, 8]
    assert len(training.manifest) == len(manifest) + 6 + 4
    assert training.manifest.frame.iloc[: len(manifest)].equals(manifest.frame)
    assert training.rows[: 8 + 2 + 4].tolist() == split_of(manifest).train.tolist()
    new = training.manifest.frame.iloc[len(manifest) :]
    parents = manifest.frame.set_index("sample_id").loc[[name.split("#")[0] for name in new["sample_id"]]]
    assert new["group"].tolist() == parents["group"].tolist()
    assert new["label"].tolist() == parents["label"].tolist()
    assert set(new["mask_path"]) == {""}
    assert set(parents.index) <= set(manifest.frame["sample_id"].iloc[split_of(manifest).train])
    for path in new_paths(training, manifest):
        assert path.is_absolute()
        assert path.is_relative_to(cache_root())
        assert read_picture(manifest.root / str(path)).shape == (1, SIZE, SIZE)


def test_copies_are_spread_evenly_over_the_pictures(manifest):
    balance = Balance(Imbalance(copies="augmented"), manifest, split_of(manifest))
    copies = planned_copies(balance, seed=1)
    per_row = np.bincount([copy.row for copy in copies], minlength=len(manifest))
    assert sorted(per_row[manifest.labels == 1].tolist()) == [0, 3, 3]  # 6 copies of 2 training pictures
    assert sorted(per_row[manifest.labels == 2].tolist()) == [0, 1, 1, 1, 1]
    assert len(set(copies)) == len(copies)
    assert [copy.row for copy in planned_copies(balance, seed=2)] != [copy.row for copy in copies]


@pytest.mark.parametrize("copies", ["augmented", "smote_pixels"])
def test_the_same_bytes_again_elsewhere_and_from_cached_pixels(manifest, copies, tmp_path, monkeypatch):
    first = bytes_of(made(manifest, copies), manifest)
    assert len(set(first)) == len(first)
    monkeypatch.setenv("XAIMED_CACHE", str(tmp_path / "other"))
    torch.manual_seed(99)
    assert bytes_of(made(manifest, copies), manifest) == first
    monkeypatch.setenv("XAIMED_CACHE", str(tmp_path / "third"))
    _, pixels, _ = inspect_and_cache(manifest, SIZE, 1.0)
    assert bytes_of(made(manifest, copies, pixels=pixels), manifest) == first
    assert bytes_of(made(manifest, copies, seed=2), manifest) != first
    assert bytes_of(made(manifest, copies, fold=1), manifest) != first


def test_blends_lie_between_two_training_pictures_of_the_class(manifest):
    training = made(manifest, "smote_pixels")
    sized = {row: v2.functional.resize(read_picture(manifest.paths()[row]), [SIZE, SIZE]) for row in training.rows[:14]}
    members = [row for row in training.rows[:14] if manifest.labels[row] == 1]
    one, other = (sized[row].float() for row in members)
    for path, name in zip(new_paths(training, manifest), training.manifest.frame["label"].iloc[17:], strict=True):
        if name == "b":
            blend = read_picture(path).float()
            step = ((blend - one) * (other - one)).sum() / ((other - one) ** 2).sum()
            assert 0 <= step <= 1
            assert (blend - (one + step * (other - one))).abs().max() < 1.01  # rounded to whole grey values


def test_what_is_made_of_something_else_lies_elsewhere(manifest):
    def folder(**options):
        return new_paths(made(manifest, **options), manifest)[0].parent

    places = [folder(), folder(seed=2), folder(fold=1), folder(copies="smote_pixels")]
    places.append(folder(recipe=Recipe(v2.RandomHorizontalFlip(), "another")))
    file = manifest.paths()[int(split_of(manifest).train[manifest.labels[split_of(manifest).train] == 1][0])]
    Image.fromarray(np.zeros((9, 9), dtype=np.uint8)).save(file)  # other content, same name
    places.append(folder())
    assert len(set(places)) == len(places)


def test_the_users_folder_and_the_manifests_identity_stay_as_they_are(manifest):
    def state():
        files = sorted(path for path in manifest.root.rglob("*") if path.is_file())
        return [(path, path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).digest()) for path in files]

    before, fingerprint = state(), manifest.fingerprint()
    made(manifest)
    made(manifest, "smote_pixels")
    assert state() == before
    assert manifest.fingerprint() == fingerprint


def test_sixteen_bits_and_colour_are_kept(tmp_path):
    grey = torch.linspace(0, 1, SIZE**2).reshape(1, SIZE, SIZE)
    save_png(grey, tmp_path / "grey.png")
    assert (read_picture(tmp_path / "grey.png") - grey).abs().max() <= 0.5 / 65535 + 1e-7
    colour = torch.randint(0, 256, (3, SIZE, SIZE), generator=torch.Generator().manual_seed(0)).byte()
    save_png(colour, tmp_path / "colour.png")
    assert torch.equal(read_picture(tmp_path / "colour.png"), colour)
    save_png(colour[:1], tmp_path / "one.png")
    assert torch.equal(read_picture(tmp_path / "one.png"), colour[:1])


class Slow:
    """Varies nothing, slowly, and says that it has begun."""

    def __init__(self, sign, seconds):
        self.sign, self.seconds = sign, seconds

    def __call__(self, picture):
        self.sign.touch()
        time.sleep(self.seconds)
        return picture.flip(-1)


def test_several_processes_build_one_folder(manifest, tmp_path):
    recipe = Recipe(Slow(tmp_path / "sign", 0.005), "slow")
    context = multiprocessing.get_context("fork")
    jobs = [context.Process(target=made, args=(manifest,), kwargs={"recipe": recipe}) for _ in range(3)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert [job.exitcode for job in jobs] == [0, 0, 0]
    (folder,) = (path for path in (cache_root() / "imbalance").iterdir() if path.is_dir())
    assert len(list(folder.iterdir())) == 10
    (tmp_path / "sign").unlink()
    made(manifest, recipe=recipe)
    assert not (tmp_path / "sign").exists()  # not built again


def test_a_killed_build_leaves_nothing_half_and_is_cleared_away(manifest, tmp_path):
    slow = Recipe(Slow(tmp_path / "sign", 0.5), "slow")
    job = multiprocessing.get_context("fork").Process(target=made, args=(manifest,), kwargs={"recipe": slow})
    job.start()
    while not (tmp_path / "sign").exists():
        time.sleep(0.01)
    assert job.pid is not None
    os.kill(job.pid, signal.SIGKILL)
    job.join()
    place = cache_root() / "imbalance"
    assert [path for path in place.iterdir() if path.is_dir() and not path.name.startswith(".")] == []
    training = made(manifest, recipe=Recipe(Slow(tmp_path / "sign", 0), "slow"))
    assert len(new_paths(training, manifest)) == 10
    assert [path.name for path in place.iterdir() if ".making-" in path.name] == []


def fold_data(manifest, workers=0, **measures):
    return FoldData(manifest, split_of(manifest), PREPARATION, None, 4, workers, 1, None, Imbalance(**measures), VARIED)


@pytest.mark.parametrize("workers", [0, 2])
def test_only_training_sees_copies(manifest, workers):
    data = fold_data(manifest, workers, copies="augmented")
    trained = [row for batch in data.train_dataloader() for row in batch["row"].tolist()]
    assert sorted(trained) == data.training.rows.tolist()
    assert len(trained) == 24
    for loader in (data.val_dataloader(), data.predict_dataloader()):
        assert [row for batch in loader for row in batch["row"].tolist()] == split_of(manifest).report.tolist()


def test_copies_are_drawn_with_the_rest(manifest):
    data = fold_data(manifest, copies="augmented", sampler="weighted")
    rows = np.array([row for batch in data.train_dataloader() for row in batch["row"].tolist()])
    assert len(rows) == 24
    weights = data.balance.row_weights(data.training.manifest, data.training.rows)
    assert weights.tolist() == [
        {0: 1 / 8, 1: 1 / 2, 2: 1 / 4}[i] for i in data.training.manifest.labels[data.training.rows]
    ]
    assert (rows >= len(manifest)).any()
