from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage
from torch.nn import functional

from xaimed.data.audit.alignment import agreements
from xaimed.data.audit.separable import gaussian, part_resized, through, zoom
from xaimed.data.audit.shortlist import peaks


def test_separable_operators_are_those_of_scipy_and_torch():
    picture = torch.rand(1, 64, 64)
    blurred = ndimage.gaussian_filter(picture[0].numpy(), 2.0, mode="mirror", truncate=3.0)
    assert np.allclose(through(picture, gaussian(64, 2.0))[0], blurred, atol=1e-6)
    middle = functional.interpolate(picture[None, :, 3:61, 3:61], (32, 32), mode="bilinear", antialias=True)[0]
    assert torch.allclose(through(picture, part_resized(64, 58, 32)), middle, atol=1e-6)
    along = (torch.arange(64) + 0.5) / 32 - 1
    y, x = torch.meshgrid(along * 1.1, along * 1.1, indexing="ij")
    read = functional.grid_sample(
        picture[None], torch.stack([x, y], -1)[None], align_corners=False, padding_mode="border"
    )
    assert torch.allclose(through(picture, zoom(64, 1.1)), read[0], atol=1e-5)


def test_a_shifted_scaled_and_dimmed_copy_agrees_and_another_picture_does_not():
    rng = np.random.default_rng(0)
    large = ndimage.gaussian_filter(rng.normal(size=(2, 96, 96)), (0, 1.2, 1.2))
    large = 127 + 100 * large / np.abs(large).max((1, 2), keepdims=True)
    y, x = np.mgrid[:64, :64].astype(float)
    moved = ndimage.map_coordinates(large[0], [(y - 32) * 1.05 + 48 + 2.4, (x - 32) * 1.05 + 48 - 1.7], order=1)
    thumbs = np.stack([large[0, 16:80, 16:80], moved * 0.8 + 10, large[1, 16:80, 16:80], np.full((64, 64), 9)])
    thumbs = thumbs.round().clip(0, 255).astype(np.uint8)
    pairs = np.array([[0, 1], [0, 2], [3, 0], [0, 0]])
    copy, other, blank, same = agreements(thumbs, pairs)
    assert copy > 0.95
    assert other < 0.6
    assert blank <= 0
    assert same > 0.999
    near, far, *_ = peaks(thumbs, pairs)
    assert near > 0.89 > far
    assert agreements(thumbs, np.empty((0, 2), dtype=np.int64)).shape == (0,)
