from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as F

from xaimed.data.preparation import NORMALIZATIONS, Preparation, normalised
from xaimed.errors import ConfigError

GREY = (torch.arange(40 * 64) * 7 % 256).to(torch.uint8).reshape(1, 40, 64)


def test_imagenet_normalization_by_hand():
    white = torch.full((1, 8, 8), 255, dtype=torch.uint8)
    image = Preparation(4, "imagenet")(white)
    assert image.shape == (3, 4, 4)
    assert image.dtype == torch.float32
    assert image.is_contiguous()
    wanted = torch.tensor([(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225])
    torch.testing.assert_close(image[:, 1, 2], wanted)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_arithmetic_is_torchvisions_to_the_bit(channels):
    picture = torch.arange(256, dtype=torch.uint8).repeat(channels, 16, 1)
    for one in (picture, picture.float() / 255):
        scaled = F.to_dtype(one, torch.float32, scale=True).expand(3, -1, -1)
        wanted = F.normalize(scaled, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
        assert torch.equal(normalised(one, *NORMALIZATIONS["imagenet"]), wanted)


def test_resizing_agrees_with_pillow_and_keeps_no_aspect():
    noise = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (1, 120, 200), dtype=np.uint8))
    image = Preparation(32, "unit")(noise)
    reference = np.asarray(Image.fromarray(noise[0].numpy()).resize((32, 32), Image.Resampling.BILINEAR))
    assert np.abs(image[0].numpy() * 255 - reference).max() <= 1.01


def test_sixteen_bit_pictures_are_not_scaled_twice():
    ramp = torch.linspace(0, 1, 64).reshape(1, 8, 8)
    torch.testing.assert_close(Preparation(8, "unit")(ramp), ramp.expand(3, -1, -1))


def test_the_variation_sees_the_resized_grey_bytes():
    seen = []

    def augment(picture):
        seen.append((tuple(picture.shape), picture.dtype))
        return 255 - picture

    preparation = Preparation(16, "unit")
    torch.testing.assert_close(preparation(GREY, augment), 1 - preparation(GREY))
    assert seen == [((1, 16, 16), torch.uint8)]


@pytest.mark.parametrize("normalization", ["imagenet", "unit"])
def test_undo_gives_the_image_back(normalization):
    colour = torch.cat([GREY, 255 - GREY, GREY // 2])
    preparation = Preparation(24, normalization)
    batch = torch.stack([preparation(colour), preparation(GREY)])
    wanted = torch.stack([Preparation(24, "unit")(colour), Preparation(24, "unit")(GREY)])
    torch.testing.assert_close(preparation.undo(batch), wanted)
    assert float(preparation.undo(batch + 100).max()) == 1


def test_nonsense_is_refused():
    with pytest.raises(ConfigError, match=r"image\.normalization.*'imagenet'"):
        Preparation(224, "imagnet")
    with pytest.raises(ConfigError, match=r"image\.size"):
        Preparation(0, "unit")
    for crop in (0, -0.5, 1.01):
        with pytest.raises(ConfigError, match=r"image\.crop"):
            Preparation(8, "unit", crop)


def test_the_crop_is_that_of_torchvision():
    preparation = Preparation(224, "imagenet", crop=0.875)
    assert preparation.resized == 256
    wanted = v2.Compose(
        [
            v2.Resize([256, 256]),
            v2.CenterCrop(224),
            v2.ToDtype(torch.float32, scale=True),
            v2.Lambda(lambda grey: grey.expand(3, -1, -1)),
            v2.Normalize(*NORMALIZATIONS["imagenet"]),
        ]
    )
    assert torch.equal(preparation(GREY), wanted(GREY))
    assert preparation(GREY).is_contiguous()
    assert preparation(GREY / 255).is_contiguous()


def test_the_variation_comes_before_the_crop():
    seen = []

    def shifted(picture):
        seen.append(tuple(picture.shape))
        return picture.roll(2, dims=-1)

    ramp = (torch.arange(64).reshape(1, 8, 8) * 3).to(torch.uint8)
    image = Preparation(4, "unit", crop=0.5)(ramp, shifted)
    assert seen == [(1, 8, 8)]
    torch.testing.assert_close(image[0], ramp[0, 2:6, 0:4] / 255)


@pytest.mark.parametrize(("size", "crop"), [(64, 0.8), (50, 0.5), (33, 0.9), (64, None), (64, 1.0)])
def test_the_frame_is_what_the_network_sees_in_the_pictures_own_proportions(size, crop):
    preparation = Preparation(size, "unit", crop)
    smooth = torch.linspace(0, 1, 400)[:, None] + torch.linspace(0, 3, 600)[None] ** 2
    picture = (smooth / smooth.max())[None]
    framed = preparation.framed(picture)
    share = crop or 1.0
    assert framed.shape[-2] / 400 == pytest.approx(share, abs=0.02)
    assert framed.shape[-1] / 600 == pytest.approx(share, abs=0.02)
    torch.testing.assert_close(Preparation(size, "unit")(framed), preparation(picture), atol=0.02, rtol=0)
    assert preparation.framed(picture[..., :1, :1]).shape == (1, 1, 1)


def test_fold_normalization_waits_for_its_numbers():
    preparation = Preparation(8, "fold")
    with pytest.raises(ConfigError, match="not been measured"):
        preparation(GREY)
    measured = preparation.normalized_by((0.5, 0.25, 0.0), (0.5, 0.25, 2.0))
    image, plain = measured(GREY), Preparation(8, "unit")(GREY)
    torch.testing.assert_close(image[0], (plain[0] - 0.5) / 0.5)
    torch.testing.assert_close(image[1], (plain[1] - 0.25) / 0.25)
    torch.testing.assert_close(image[2], plain[2] / 2)
    torch.testing.assert_close(measured.undo(image), plain)
    with pytest.raises(ConfigError, match="not been measured"):
        preparation.undo(image)


def test_a_mask_is_resized_without_a_shift():
    mask = torch.zeros(40, 40, dtype=torch.bool)
    mask[10:30, 20:40] = True
    _, seen = Preparation(8, "unit").with_mask(GREY, mask)
    wanted = torch.zeros(8, 8, dtype=torch.bool)
    wanted[2:6, 4:8] = True
    assert torch.equal(seen, wanted)
