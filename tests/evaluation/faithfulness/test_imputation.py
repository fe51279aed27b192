import pytest
import torch
from pytorch_grad_cam.metrics.road import NoisyLinearImputer

from xaimed.evaluation.faithfulness.imputation import imputed


def made(count=3, side=20):
    chance = torch.Generator().manual_seed(0)
    images = torch.randn(count, 3, side, side + 3, generator=chance)
    missing = torch.rand(count, side, side + 3, generator=chance) < 0.4
    missing[0, 2:14, 5:20] = True  # a large hole
    missing[1, :, :6] = True  # one at the border
    return images, missing


def test_equal_to_the_grad_cam_packages_imputation():
    images, missing = made()
    found = imputed(images, missing)
    theirs = NoisyLinearImputer(noise=0)
    for image, hole, mine in zip(images, missing, found, strict=True):
        torch.testing.assert_close(mine, theirs(image, (~hole).float()), atol=2e-3, rtol=0)
    assert torch.equal(found[~missing[:, None].expand_as(images)], images[~missing[:, None].expand_as(images)])


def test_one_at_a_time_equals_a_batch():
    images, missing = made()
    alone = torch.cat([imputed(images[at : at + 1], missing[at : at + 1]) for at in range(3)])
    torch.testing.assert_close(alone, imputed(images, missing), atol=1e-6, rtol=1e-6)


def test_what_is_flat_stays_flat():
    missing = made()[1]
    flat = torch.full((3, 3, *missing.shape[1:]), 0.7)
    torch.testing.assert_close(imputed(flat, missing), flat)


@pytest.mark.parametrize("all_of_it", [True, False])
def test_nothing_and_everything_missing_come_to_an_end(all_of_it):
    images = made()[0]
    found = imputed(images, torch.full((3, *images.shape[2:]), all_of_it))
    assert torch.equal(found, torch.zeros_like(images) if all_of_it else images)


def test_one_pixel_is_the_weighted_mean_of_its_neighbours():
    image = torch.arange(9.0).square().view(1, 1, 3, 3)
    missing = torch.zeros(1, 3, 3, dtype=torch.bool)
    missing[0, 1, 1] = missing[0, 0, 0] = True
    # Solved by hand for the corner c and the middle m: m = (1+9+25+49)/6 + (c+4+36+64)/12; c's weights are 5/12.
    found = imputed(image, missing)[0, 0]
    corner, middle = found[0, 0], found[1, 1]
    torch.testing.assert_close(middle, 84 / 6 + (corner + 104) / 12, atol=1e-3, rtol=0)
    torch.testing.assert_close(corner, ((1 + 9) / 6 + middle / 12) / (5 / 12), atol=1e-3, rtol=0)
