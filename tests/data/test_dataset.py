from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader
from torchvision.transforms import v2

from xaimed.data.augmentation import pneumonia_crop_augmentation, spine_augmentation
from xaimed.data.dataset import ManifestDataset, targets_of
from xaimed.data.evidence import evidence_mask
from xaimed.data.folder import Folder
from xaimed.data.preparation import Preparation
from xaimed.data.reading import read_mask, read_picture
from xaimed.data.task import UNKNOWN
from xaimed.errors import UnreadableImageError

PREPARATION = Preparation(12, "unit")


@pytest.fixture
def manifest(class_folder):
    return Folder(class_folder(a=3, b=2, c=2)).manifest()


def dataset_of(manifest, rows, **changes):
    return ManifestDataset(
        manifest, np.array(rows), PREPARATION, **{"augment": spine_augmentation(), "seed": 1, "fold": 0, **changes}
    )


def test_a_sample_is_its_row(manifest):
    dataset = ManifestDataset(manifest, np.array([6, 0]), PREPARATION, seed=1, fold=0)
    assert len(dataset) == 2
    sample = dataset[0]
    assert sample["row"] == 6
    assert sample["target"].item() == 2
    assert torch.equal(sample["image"], PREPARATION(read_picture(manifest.paths()[6])))
    assert dataset[1]["row"] == 0


def test_targets_fit_the_objective_of_each_kind(table_manifest, class_folder):
    three = targets_of(table_manifest(["x", "z", "y"], [0, 1, 2], ("x", "y", "z")))
    assert three.dtype == torch.long
    assert three.tolist() == [0, 2, 1]
    two = targets_of(Folder(class_folder(n=1, p=2)).manifest())
    assert two.dtype == torch.float32
    assert two.tolist() == [[0], [1], [1]]
    many = targets_of(table_manifest([[0, 1], [1, 1]], [0, 1], ("x", "y")))
    assert many.dtype == torch.float32
    assert many.tolist() == [[0, 1], [1, 1]]


def test_the_draw_depends_on_seed_fold_epoch_and_sample_only(manifest):
    dataset = dataset_of(manifest, [0, 1, 2])
    image = dataset[1, 1]["image"]
    torch.rand(7)
    dataset[0, 0]
    assert torch.equal(dataset[1, 1]["image"], image)
    assert torch.equal(dataset_of(manifest, [6, 5, 1])[1, 2]["image"], image)  # another position, the same sample
    assert not torch.equal(dataset[2, 1]["image"], image)
    assert not torch.equal(dataset_of(manifest, [0, 1, 2], seed=2)[1, 1]["image"], image)
    assert not torch.equal(dataset_of(manifest, [0, 1, 2], fold=1)[1, 1]["image"], image)


def test_two_samples_draw_differently(manifest):
    draws = []
    record = v2.Lambda(lambda picture: (draws.append(torch.rand(()).item()), picture)[1])
    dataset = dataset_of(manifest, range(7), augment=record)
    for position in range(7):
        dataset[0, position]
    assert len(set(draws)) == 7


def test_the_global_generator_is_left_alone(manifest):
    torch.manual_seed(5)
    wanted = torch.rand(1)
    torch.manual_seed(5)
    dataset_of(manifest, [0])[3, 0]
    assert torch.equal(torch.rand(1), wanted)


@pytest.fixture
def outlined(class_folder, write_picture):
    """Seven pictures, of which the first three have a mask: two with evidence, one that is known to be empty."""
    root = class_folder(a=3, b=2, c=2)
    for number in range(3):
        mask = np.zeros((32, 40), dtype=np.uint8)
        mask[4 : 4 + 10 * number, 8:20] = 255
        (root / "masks" / "a").mkdir(parents=True, exist_ok=True)
        Image.fromarray(mask).save(root / "masks" / "a" / f"{number}.png")
    return Folder(root, masks="masks").manifest()


def test_masks_come_along_when_they_are_asked_for(outlined):
    assert "mask" not in dataset_of(outlined, [0])[0]
    plain = ManifestDataset(outlined, np.arange(7), PREPARATION, seed=1, fold=0, with_masks=True)
    masks = [plain[position]["mask"] for position in range(7)]
    assert {(mask.shape, mask.dtype) for mask in masks} == {((12, 12), torch.int8)}
    assert [sorted(mask.unique().tolist()) for mask in masks] == [[0], [0, 1], [0, 1], *[[UNKNOWN]] * 4]
    wanted = PREPARATION.with_mask(plain.picture(2), read_mask(outlined.root / "masks" / "a" / "2.png"))[1]
    assert torch.equal(masks[2] == 1, wanted)
    for nothing in ("", None, float("nan")):  # as tables come
        assert evidence_mask(outlined.root, nothing) is None


def test_images_are_the_same_with_and_without_masks(outlined):
    without, with_masks = dataset_of(outlined, range(7)), dataset_of(outlined, range(7), with_masks=True)
    moved = set()
    for key in [(epoch, position) for epoch in range(3) for position in range(7)]:
        assert torch.equal(without[key]["image"], with_masks[key]["image"])
        moved.add(with_masks[key]["mask"].numpy().tobytes())
    assert len(moved) >= 6


def test_masks_are_the_same_with_any_number_of_workers(outlined):
    dataset = dataset_of(outlined, range(7), augment=pneumonia_crop_augmentation(noisy=1.0), with_masks=True)
    keys = [(epoch, position) for epoch in (0, 1) for position in range(7)]
    alone = list(DataLoader(dataset, batch_size=4, sampler=keys))
    two = list(DataLoader(dataset, batch_size=4, sampler=keys, num_workers=2))
    for one, other in zip(alone, two, strict=True):
        assert torch.equal(one["image"], other["image"])
        assert torch.equal(one["mask"], other["mask"])
    images = torch.cat([batch["image"] for batch in alone])
    assert len({image.numpy().tobytes() for image in images}) == 14  # every epoch and sample draws anew


def test_a_picture_that_went_bad_is_named(manifest):
    manifest.paths()[4].write_bytes(b"")
    with pytest.raises(UnreadableImageError, match=r"b/1\.png"):
        dataset_of(manifest, [4])[0]


def test_a_sample_drawn_twice_in_an_epoch_is_varied_differently(manifest):
    dataset = dataset_of(manifest, [0, 1, 2])
    first, second, third = (dataset[1, 1, repeat]["image"] for repeat in range(3))
    assert torch.equal(first, dataset[1, 1]["image"])  # as where every sample comes once
    assert not torch.equal(second, first)
    assert not torch.equal(third, second)
    assert torch.equal(dataset[1, 1, 1]["image"], second)
