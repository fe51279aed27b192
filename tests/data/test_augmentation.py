from __future__ import annotations

import pytest
import torch
from torchvision.transforms import v2

from xaimed.data.augmentation import no_augmentation, spine_augmentation
from xaimed.data.randomness import seeded

PICTURE = (torch.arange(48 * 48) % 251).to(torch.uint8).reshape(1, 48, 48)


def test_the_recipe_is_that_of_the_paper():
    flip, rotation, affine, jitter = spine_augmentation().transforms
    assert isinstance(flip, v2.RandomHorizontalFlip)
    assert flip.p == 0.5
    assert isinstance(rotation, v2.RandomRotation)
    assert list(rotation.degrees) == [-15, 15]
    assert isinstance(affine, v2.RandomAffine)
    assert list(affine.degrees) == [0, 0]
    assert list(affine.translate) == [0.1, 0.1]
    assert list(affine.scale) == [0.8, 1.2]
    assert list(affine.shear) == [-10, 10]
    assert isinstance(jitter, v2.ColorJitter)
    assert jitter.brightness == (0.8, 1.2)
    assert jitter.hue == (-0.02, 0.02)


@pytest.mark.parametrize("picture", [PICTURE, PICTURE.expand(3, -1, -1), PICTURE / 255], ids=["grey", "rgb", "deep"])
def test_only_the_seed_decides(picture):
    augment = spine_augmentation()
    results = []
    for epoch in (0, 0, 1):
        torch.rand(epoch + 3)  # whatever ran before
        with seeded(1, 2, epoch, "a"):
            results.append(augment(picture))
    assert results[0].shape == picture.shape
    assert results[0].dtype == picture.dtype
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


def test_a_strength_of_zero_changes_nothing():
    still = spine_augmentation(0, 0, 0, 1, 1, 0, 0, 0, 0, 0)
    assert torch.equal(still(PICTURE), PICTURE)


def test_the_configs_build_them(project_config):
    torch.manual_seed(0)
    assert not torch.equal(project_config("augmentation/spine")(PICTURE), PICTURE)
    assert [str(t) for t in project_config("augmentation/spine").transforms] == [
        str(t) for t in spine_augmentation().transforms
    ]
    assert torch.equal(project_config("augmentation/none")(PICTURE), PICTURE)
    assert torch.equal(no_augmentation()(PICTURE), PICTURE)
