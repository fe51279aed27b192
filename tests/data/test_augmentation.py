from __future__ import annotations

import pytest
import torch
from torchvision.transforms import v2

from xaimed.config.compose import composed
from xaimed.config.targets import instantiate
from xaimed.data.augmentation import (
    hybrid_augmentation,
    lumbar_augmentation,
    no_augmentation,
    pneumonia_augmentation,
    pneumonia_crop_augmentation,
    spine_augmentation,
)
from xaimed.data.preparation import Preparation
from xaimed.data.randomness import seeded
from xaimed.data.window import RandomWindow

RECIPES = {
    "spine": spine_augmentation,
    "pneumonia": pneumonia_augmentation,
    "pneumonia_crop": pneumonia_crop_augmentation,
    "lumbar": lumbar_augmentation,
    "hybrid": hybrid_augmentation,
}
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


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("picture", [PICTURE, PICTURE.expand(3, -1, -1), PICTURE / 255], ids=["grey", "rgb", "deep"])
def test_only_the_seed_decides(recipe, picture):
    augment = RECIPES[recipe]()
    results = []
    for epoch in (0, 0, 1):
        torch.rand(epoch + 3)  # whatever ran before
        with seeded(1, 2, epoch, "a"):
            results.append(augment(picture))
    assert results[0].shape == picture.shape
    assert results[0].dtype == picture.dtype
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


@pytest.mark.parametrize(
    "still",
    [
        spine_augmentation(0, 0, 0, 1, 1, 0, 0, 0, 0, 0),
        pneumonia_augmentation(0, 0, 0, 0, 0),
        pneumonia_crop_augmentation(0, 0, 1, 1, 1, 0, 0, 0, 0),
        lumbar_augmentation(1, 0, 0, 0),
        hybrid_augmentation(0, 0, 0, 0, 0, 0),
    ],
    ids=RECIPES,
)
def test_a_strength_of_zero_changes_nothing(still):
    assert torch.equal(still(PICTURE), PICTURE)


def test_the_other_papers_recipes():
    flip, rotation, jitter = pneumonia_augmentation().transforms
    assert (flip.p, list(rotation.degrees)) == (0.5, [-10, 10])
    assert jitter.brightness == jitter.contrast == (0.8, 1.2)
    flip, rotation, window, _, noisy = pneumonia_crop_augmentation().transforms
    assert (flip.p, list(rotation.degrees), window.scale) == (0.5, [-10, 10], (0.8, 1.0))
    assert noisy.transforms[0].mean == 0
    affine, rotation, flip, contrast = lumbar_augmentation().transforms
    assert list(affine.scale) == [1.0, 1.2]
    assert contrast.contrast == (1.0, 1.3)
    assert contrast.brightness is None
    rotation, flip, upside_down, jitter, window = hybrid_augmentation().transforms
    assert list(rotation.degrees) == [-15, 15]
    assert isinstance(flip, v2.RandomHorizontalFlip)
    assert isinstance(upside_down, v2.RandomVerticalFlip)
    assert jitter.brightness == jitter.contrast == (0.8, 1.2)
    assert window.scale == pytest.approx((0.81, 0.81))  # nine tenths of each side


def test_a_window_covers_what_it_says_and_keeps_the_size():
    ramp = torch.linspace(0, 1, 200)[None, None].repeat(1, 200, 1)  # its spread tells the width of the window
    widths, means = [], []
    for seed in range(40):
        with seeded(seed):
            seen = RandomWindow(0.25, 0.64)(ramp)
        assert seen.shape == ramp.shape
        widths.append(float(seen.max() - seen.min()))
        means.append(float(seen.mean()))
    assert 0.48 < min(widths) < 0.56
    assert 0.74 < max(widths) < 0.82
    assert max(means) - min(means) > 0.3


def drawn_blob(shape, corner, fill):
    """An L and a dot, so that no flip or turn maps it to itself, with its mask."""
    mask = torch.zeros(shape, dtype=torch.bool)
    y, x = (round(part * side) for part, side in zip(corner, shape, strict=True))
    high, wide = shape[0] // 2, shape[1] // 2
    mask[y : y + high, x : x + wide // 3] = True
    mask[y + 2 * high // 3 : y + high, x : x + wide] = True
    mask[y : y + high // 4, x + 3 * wide // 4 : x + wide] = True
    return (mask * fill).to(torch.uint8)[None], mask


def overlap(image, mask):
    bright = image[0] > (image[0].min() + image[0].max()) / 2
    return float((bright & mask).sum() / (bright | mask).sum())


@pytest.mark.parametrize("crop", [None, 0.8])
@pytest.mark.parametrize("recipe", RECIPES)
def test_a_mask_moves_with_its_picture_and_changes_nothing_in_it(recipe, crop):
    preparation, augment = Preparation(160, "unit", crop), RECIPES[recipe]()
    picture, _ = drawn_blob((200, 320), (0.2, 0.3), 255)
    _, mask = drawn_blob((500, 400), (0.2, 0.3), 1)  # a mask has a size of its own
    still, moves = preparation.with_mask(picture, mask)[1], 0
    for epoch in range(12):
        with seeded(1, 0, epoch, "a"):
            image, seen = preparation.with_mask(picture, mask, augment)
        with seeded(1, 0, epoch, "a"):
            assert torch.equal(preparation(picture, augment), image)
        assert seen.shape == (160, 160)
        assert seen.dtype == torch.bool
        assert overlap(image, seen) > 0.9
        moves += not torch.equal(seen, still)
    assert moves >= 9  # and a mask left where it was would not fit
    with seeded(1, 0, 3, "a"):
        assert overlap(preparation(picture, augment), still) < 0.8


def test_what_changes_the_brightness_leaves_the_mask_alone():
    picture, mask = drawn_blob((64, 64), (0.1, 0.2), 200)
    only_bright = pneumonia_crop_augmentation(0, 0, 1, 1, 1, 0.5, 0.5, 0.5, 0.1, 1.0)
    image, seen = Preparation(64, "unit").with_mask(picture, mask, only_bright)
    assert torch.equal(seen, mask)
    assert not torch.equal(image[:1], picture / 255)


@pytest.mark.parametrize("options", [(0.9, 0.8), (0, 1), (0.5, 1.2), (0.5, 1, 0.5)])
def test_an_impossible_window_is_refused(options):
    with pytest.raises(ValueError, match="a window takes"):
        RandomWindow(*options)


def test_what_may_only_grow_does_not_shrink():
    with pytest.raises(ValueError, match="may shrink"):
        lumbar_augmentation(magnification=0.9)


@pytest.mark.parametrize("name", RECIPES)
def test_the_configs_say_what_the_functions_do(name):
    config = composed([f"augmentation={name}"])
    built, wanted = instantiate(config.augmentation), RECIPES[name]()
    assert len(built.transforms) > 2
    assert [str(transform) for transform in built.transforms] == [str(transform) for transform in wanted.transforms]
    assert config.image.crop == (0.875 if name == "pneumonia" else None)


def test_no_augmentation(project_config):
    assert torch.equal(project_config("augmentation/none")(PICTURE), PICTURE)
    assert torch.equal(no_augmentation()(PICTURE), PICTURE)
