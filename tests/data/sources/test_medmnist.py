from __future__ import annotations

import numpy as np
import pytest

from xaimed.data.published import differences
from xaimed.data.reading import read_picture
from xaimed.data.sources import medmnist
from xaimed.data.sources.medmnist import MedMNIST
from xaimed.data.sources.medmnist_sets import SETS
from xaimed.data.task import Kind
from xaimed.errors import ConfigError, DataError

COUNTS = {"train": 5, "val": 2, "test": 3}


def arrays(shape=(28, 28), labels=1, highest=2, counts=COUNTS):
    chance = np.random.default_rng(0)
    made = {}
    for split, count in counts.items():
        made[f"{split}_images"] = chance.integers(0, 256, (count, *shape), dtype=np.uint8)
        made[f"{split}_labels"] = chance.integers(0, highest, (count, labels), dtype=np.uint8)
    return made


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 3)])
def test_every_pixel_and_label_arrives(tmp_path, save, shape):
    made = arrays(shape)
    save(tmp_path / "pneumoniamnist.npz", **made)
    manifest = MedMNIST(tmp_path, "pneumoniamnist").manifest()
    assert manifest.task.kind is Kind.BINARY
    assert manifest.task.classes == ("normal", "pneumonia")
    assert manifest.frame["split"].value_counts().to_dict() == COUNTS
    assert manifest.labels.tolist() == [int(n) for split in COUNTS for n in made[f"{split}_labels"][:, 0]]
    wanted = [pixels for split in COUNTS for pixels in made[f"{split}_images"]]
    for path, pixels in zip(manifest.paths(), wanted, strict=True):
        stored = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
        assert np.array_equal(read_picture(path).numpy(), stored)
    assert manifest.frame["group"].is_unique


def test_several_labels_at_once(tmp_path):
    made = arrays(labels=14)
    np.savez(tmp_path / "chestmnist_64.npz", **made)
    source = MedMNIST(tmp_path, "chestmnist", size=64)
    manifest = source.manifest()
    assert manifest.task.kind is Kind.MULTILABEL
    assert manifest.task.classes == SETS["chestmnist"].classes
    assert np.array_equal(manifest.labels, np.concatenate([made[f"{split}_labels"] for split in COUNTS]))
    assert differences(source, manifest) == [
        "train: 5 pictures, where 78468 were published",
        "val: 2 pictures, where 11219 were published",
        "test: 3 pictures, where 22433 were published",
    ]


def test_pictures_are_written_once_per_content(tmp_path, monkeypatch):
    written = []
    export = medmnist._Export.__call__
    monkeypatch.setattr(medmnist._Export, "__call__", lambda self, folder: (written.append(1), export(self, folder)))
    np.savez(tmp_path / "own.npz", **arrays())
    first = MedMNIST(tmp_path, "own", classes=["a", "b"]).manifest()
    again = MedMNIST(tmp_path, "own", classes=["a", "b"]).manifest()
    assert len(written) == 1
    assert first.fingerprint() == again.fingerprint()
    changed = arrays()
    changed["test_images"][0, 0, 0] ^= 1
    np.savez(tmp_path / "own.npz", **changed)
    other = MedMNIST(tmp_path, "own", classes=["a", "b"]).manifest()
    assert len(written) == 2
    assert other.root != first.root


def test_what_cannot_be_used_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"file of this set is missing .*pneumoniamnist_224\.npz.*10519652"):
        MedMNIST(tmp_path, "pneumoniamnist", size=224).manifest()
    with pytest.raises(ConfigError, match=r"'pneumonia' is none.*'pneumoniamnist'.*dataset\.classes"):
        MedMNIST(tmp_path, "pneumonia")
    with pytest.raises(ConfigError, match="no size 32"):
        MedMNIST(tmp_path, "pneumoniamnist", size=32)
    source = MedMNIST(tmp_path, "own", classes=["a", "b"])
    assert source.published() == {}
    np.savez(tmp_path / "own.npz", **arrays((28, 28, 28)))
    with pytest.raises(DataError, match="volumes, not pictures"):
        source.manifest()
    np.savez(tmp_path / "own.npz", **arrays(highest=9))
    with pytest.raises(DataError, match=r"labels run from \d to \d, but there are 2 classes"):
        source.manifest()
    np.savez(tmp_path / "own.npz", **arrays(labels=3))
    with pytest.raises(DataError, match="3 labels, but 2 classes"):
        source.manifest()
    np.savez(tmp_path / "own.npz", **{**arrays(), "val_labels": np.zeros((9, 1), dtype=np.uint8)})
    with pytest.raises(DataError, match="'val' has 2 pictures and 9 labels"):
        source.manifest()
    np.savez(tmp_path / "own.npz", **{**arrays(), "val_images": np.zeros((2, 28, 28))})
    with pytest.raises(DataError, match="holds float64, not uint8"):
        source.manifest()
    np.savez(tmp_path / "own.npz", **{**arrays(), "val_images": np.array([[[None]]] * 2)})
    with pytest.raises(DataError, match="not stored as rows of numbers"):
        source.manifest()
    made = arrays()
    del made["test_labels"]
    np.savez(tmp_path / "own.npz", **made)
    with pytest.raises(DataError, match="'test_labels' is missing"):
        source.manifest()
    (tmp_path / "own.npz").write_bytes(b"a letter")
    with pytest.raises(DataError, match="no npz file"):
        source.manifest()


def test_a_damaged_file_leaves_nothing_behind(tmp_path, cache):
    np.savez(tmp_path / "own.npz", **arrays(counts={"train": 20, "val": 2, "test": 2}))
    content = bytearray((tmp_path / "own.npz").read_bytes())
    content[12000] ^= 0xFF  # in the 15 kB of the first array
    (tmp_path / "own.npz").write_bytes(bytes(content))
    with pytest.raises(DataError, match=r"'train_images' is damaged .*Download it again"):
        MedMNIST(tmp_path, "own", classes=["a", "b"]).manifest()
    assert not any((cache / "medmnist").iterdir())


def test_the_sets_are_those_of_the_publication():
    assert len(SETS) == 12
    total = {name: known.train + known.val + known.test for name, known in SETS.items()}
    assert (total["chestmnist"], total["pneumoniamnist"], total["breastmnist"]) == (112120, 5856, 780)
    assert total["pathmnist"] == 100000 + 7180


def test_the_config_builds_it(tmp_path, project_config):
    np.savez(tmp_path / "pneumoniamnist.npz", **arrays())
    assert len(project_config("dataset/medmnist", root=str(tmp_path)).manifest()) == 10
