import torch

from xaimed.evaluation.picture_quality import sharpness_and_contrast


def test_a_checkerboard_is_as_sharp_as_can_be():
    board = ((torch.arange(8)[:, None] + torch.arange(8)) % 2).float().expand(1, 3, 8, 8)
    (sharpness,), (contrast,) = sharpness_and_contrast(board)
    assert contrast == 0.5  # SD ½ over a range of 1
    assert torch.isclose(sharpness, torch.tensor(8.0).double())  # the Laplacian is ±4, the intensities ±½


def test_blur_lowers_sharpness_and_brightness_changes_nothing():
    image = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    blurred = torch.nn.functional.avg_pool2d(image, 5, 1, 2)
    (sharp, blunt, same), (contrast, _, alike) = sharpness_and_contrast(torch.cat([image, blurred, 3 * image - 1]))
    assert blunt < sharp / 2
    torch.testing.assert_close((same, alike), (sharp, contrast), rtol=1e-5, atol=0)


def test_a_blank_picture_has_neither():
    sharpness, contrast = sharpness_and_contrast(torch.ones(1, 3, 8, 8))
    assert sharpness.isnan()
    assert contrast.isnan()
