from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from xaimed.data.channels import measured_channels
from xaimed.data.dataset import ManifestDataset
from xaimed.data.folder import Folder
from xaimed.data.inspection import inspect_and_cache
from xaimed.data.preparation import Preparation
from xaimed.errors import DataError


@pytest.fixture
def mixed(class_folder, write_picture):
    """Grey, colour and sixteen bits, 16 × 16, so that nothing is resized."""
    root = class_folder(a=1, b=1)
    for name in ("a/0.png", "b/0.png"):
        write_picture(root / name, (16, 16))
    write_picture(root / "a" / "colour.png", (16, 16), colour=True)
    Image.fromarray(np.arange(256, dtype=np.uint16).reshape(16, 16) * 200).save(root / "b" / "deep.png")
    return Folder(root).manifest()


def dataset_of(manifest, rows, preparation, pixels=None):
    return ManifestDataset(manifest, np.array(rows), preparation, seed=0, fold=0, pixels=pixels)


def by_hand(manifest, rows, window=slice(None)):
    parts = []
    for row in rows:
        values = np.asarray(Image.open(manifest.paths()[row])).astype(np.float64)
        values = values / (65535 if "deep" in manifest.paths()[row].name else 255)
        parts.append(np.broadcast_to(values if values.ndim == 3 else values[..., None], (16, 16, 3))[window, window])
    pixels = np.concatenate([part.reshape(-1, 3) for part in parts])
    return pixels.mean(axis=0), pixels.std(axis=0)


@pytest.mark.parametrize("rows", [[0, 1, 2, 3], [1, 3], [0]])
def test_they_are_those_of_numpy_over_the_rows_asked_for(mixed, rows):
    mean, std = measured_channels(dataset_of(mixed, rows, Preparation(16, "fold")))
    wanted_mean, wanted_std = by_hand(mixed, rows)
    np.testing.assert_allclose(mean, wanted_mean, rtol=1e-7)
    np.testing.assert_allclose(std, wanted_std, rtol=1e-7)


def test_a_grey_picture_counts_alike_in_all_channels(mixed):
    (row,) = (row for row, path in enumerate(mixed.paths()) if path.name == "deep.png")
    mean, std = measured_channels(dataset_of(mixed, [row], Preparation(16, "fold")))
    assert len(set(mean)) == len(set(std)) == 1


def test_only_what_is_seen_is_measured(mixed):
    mean, std = measured_channels(dataset_of(mixed, range(4), Preparation(8, "fold", crop=0.5)))
    wanted_mean, wanted_std = by_hand(mixed, range(4), slice(4, 12))
    np.testing.assert_allclose(mean, wanted_mean, rtol=1e-7)
    np.testing.assert_allclose(std, wanted_std, rtol=1e-7)


def test_cached_pixels_give_the_same_bits(mixed):
    preparation = Preparation(9, "fold", crop=0.7)
    _, pixels, _ = inspect_and_cache(mixed, preparation.resized, limit_gb=1)
    assert pixels is not None
    from_files = measured_channels(dataset_of(mixed, range(4), preparation))
    for path in mixed.paths():
        path.unlink()
    assert measured_channels(dataset_of(mixed, range(4), preparation, pixels)) == from_files


def test_pictures_without_contrast_are_refused(tmp_path):
    for name in ("a/0.png", "b/0.png"):
        (tmp_path / name).parent.mkdir()
        Image.fromarray(np.full((8, 8), 77, dtype=np.uint8)).save(tmp_path / name)
    with pytest.raises(DataError, match="without any contrast"):
        measured_channels(dataset_of(Folder(tmp_path).manifest(), [0, 1], Preparation(8, "fold")))
