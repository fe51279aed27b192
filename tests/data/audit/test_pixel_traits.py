from __future__ import annotations

import numpy as np
import pytest
import torch

from xaimed.data.audit.pixel_traits import pixel_traits
from xaimed.data.audit.views import LOOKED_AT, SMALL, views_of


def traits_of(*pictures):
    return list(pixel_traits([views_of(picture) for picture in pictures]))


def test_the_histogram_says_what_numpy_says():
    grey = torch.from_numpy(np.random.default_rng(0).integers(3, 250, (1, 90, 110), dtype=np.uint8))
    (found,) = traits_of(grey)
    values = grey.numpy() / 255
    assert found["mean"] == pytest.approx(values.mean())
    assert found["spread"] == pytest.approx(values.std())
    assert found["percentile 25"] == np.quantile(values, 0.25, method="inverted_cdf")
    assert (found["pure black"], found["grey levels used"], found["histogram gaps"]) == (0, 247, 0)


def test_a_frame_is_measured_on_its_sides():
    grey = torch.full((1, SMALL, SMALL), 100, dtype=torch.uint8)
    grey[:, :, :16] = 0
    grey[:, -8:] = 255
    (found,) = traits_of(grey)
    margins = {name: value * SMALL for name, value in found.items() if " margin " in name}
    assert {name: value for name, value in margins.items() if value} == {
        "black margin left": 16,
        "white margin bottom": 8,
    }
    assert found["border mean left"] == pytest.approx(255 * 8 / SMALL / 255)
    assert found["border spread right"] == pytest.approx(155 * np.sqrt(8 * 120) / SMALL / 255, rel=1e-5)


def test_a_marker_is_told_by_its_corner():
    grey = torch.full((1, SMALL, SMALL), 50, dtype=torch.uint8)
    grey[:, 10:14, 110:114] = 200
    (found,) = traits_of(grey)
    marks = {name: value for name, value in found.items() if "mark" in name and value}
    assert marks == {name: pytest.approx(150 / 255) for name in ("bright mark upper right", "marker in upper right")}


def test_seams_of_blocks_show():
    smooth = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
    blocks = np.kron(np.random.default_rng(0).integers(90, 110, (8, 8)), np.ones((8, 8))).astype(np.uint8)
    none, seams = traits_of(*(torch.from_numpy(one[None]) for one in (smooth, blocks)))
    assert none["block seams across"] == pytest.approx(0)
    assert seams["block seams across"] > 5
    assert seams["block seams down"] > 5
    assert none["noise floor"] == 0
    assert seams["noise floor"] < 0.1


def test_pictures_measured_together_are_measured_alone():
    rng = np.random.default_rng(0)
    shapes = [(1, 60, 70), (1, 60, 70), (3, 60, 70), (1, 1, 3), (1, 700, LOOKED_AT + 40), (3, 60, 70)]
    pictures = [torch.from_numpy(rng.integers(0, 256, shape, dtype=np.uint8)) for shape in shapes]
    pictures.append(pictures[0].float() / 255)
    together = traits_of(*pictures)
    for one, picture in zip(together, pictures, strict=True):
        assert one == {name: pytest.approx(value, rel=1e-5) for name, value in traits_of(picture)[0].items()}
    assert together[0] == {name: pytest.approx(value, abs=2e-2, rel=1e-3) for name, value in together[-1].items()}
    assert [one["has colour"] for one in together] == [0, 0, 1, 0, 0, 1, 0]
