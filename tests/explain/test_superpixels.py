"""Superpixels cover a picture without gaps, follow its edges, and depend on nothing else; what hides them is plain."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from skimage.measure import label
from skimage.segmentation import slic

from xaimed.explain.hidden import hidden
from xaimed.explain.sign import of_sign
from xaimed.explain.superpixels import painted, superpixels


def picture(size=32, seed=0):
    return torch.randn(3, size, size, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("segmentation", ["slic", "grid"])
@pytest.mark.parametrize("count", [1, 6, 50])
def test_every_pixel_has_a_number_and_no_number_is_missing(segmentation, count):
    parts = superpixels(picture(), count, segmentation)
    assert parts.shape == (32, 32)
    assert parts.unique().tolist() == list(range(int(parts.max()) + 1))
    assert 0.5 * count <= int(parts.max()) + 1 <= 1.5 * count  # of noise, the hardest to divide
    assert torch.equal(parts, superpixels(picture().clone(), count, segmentation))


def test_superpixels_hang_together_and_follow_edges():
    image = torch.zeros(3, 32, 32)
    image[:, :, 19:] = 1
    parts = superpixels(image, 12)
    across = set(parts[:, :18].unique().tolist()) & set(parts[:, 20:].unique().tolist())  # the edge itself is smoothed
    assert not across
    for part in parts.unique():
        assert label((parts == part).numpy(), connectivity=1).max() == 1


def test_normalising_a_grey_picture_changes_nothing():
    grey = torch.rand(1, 32, 32, generator=torch.Generator().manual_seed(0)).double().expand(3, -1, -1)
    grey = (grey - grey.min()) / (grey.max() - grey.min())
    expected = slic(grey.permute(1, 2, 0).numpy(), n_segments=20, sigma=1, start_label=0, channel_axis=-1)
    scale, shift = torch.tensor([2.0, 0.5, 4.0]), torch.tensor([-1.0, 3.0, 0.5])
    normalised = grey * scale[:, None, None] + shift[:, None, None]
    assert torch.equal(superpixels(normalised, 20), torch.unique(torch.tensor(expected), return_inverse=True)[1])


def test_a_grid_has_squares():
    assert superpixels(torch.zeros(3, 4, 8), 8, "grid").tolist() == [
        *([[0, 0, 1, 1, 2, 2, 3, 3]] * 2),
        *([[4, 4, 5, 5, 6, 6, 7, 7]] * 2),
    ]
    assert int(superpixels(torch.zeros(3, 2, 2), 50, "grid").max()) == 3


def test_values_are_painted_over_all_pixels():
    assert painted(torch.tensor([0.5, -2.0]), torch.tensor([[0, 1], [1, 0]])).tolist() == [[0.5, -2.0], [-2.0, 0.5]]


def test_hidden_pictures():
    image = picture()
    assert not hidden(image, "zero").any()
    torch.testing.assert_close(hidden(image, "mean"), torch.zeros_like(image) + image.mean((1, 2))[:, None, None])
    blurred = hidden(image, "blurred")
    expected = [gaussian_filter(channel.double().numpy(), 3.2, mode="mirror", radius=10) for channel in image]
    torch.testing.assert_close(blurred.double(), torch.tensor(np.stack(expected)), atol=1e-5, rtol=1e-4)
    assert hidden(torch.ones(3, 1, 1), "blurred").tolist() == [[[1.0]]] * 3


def test_signs():
    values = torch.tensor([-2.0, 0.0, 1.0])
    assert of_sign(values, "positive").tolist() == [0, 0, 1]
    assert of_sign(values, "absolute").tolist() == [2, 0, 1]
    assert of_sign(values, "signed").tolist() == [-2, 0, 1]
