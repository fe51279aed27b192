import numpy as np
import pytest
import torch

from xaimed.data.phantoms import chest, spine
from xaimed.data.phantoms.phantom import Case
from xaimed.evaluation.localisation.body import bodies


def three(grey):
    return torch.as_tensor(grey, dtype=torch.float32).expand(1, 3, *grey.shape)


def drawn(monkeypatch, module, phantom, finding):
    """A radiograph without a marker, and what its rays met."""
    met = []
    developed = module.develop

    def develop(rays, lead, *rest):
        met.append(rays)
        return developed(rays, np.zeros_like(lead), *rest)

    monkeypatch.setattr(module, "develop", develop)
    rng = np.random.default_rng(4)
    picture = phantom.draw(Case(finding, phantom.traits(finding, rng), "top right", 96, rng))
    return picture.pixels / 255, met[0]


@pytest.mark.parametrize(
    ("module", "phantom", "finding"),
    [
        (spine, spine.SpinePhantom(size=96), "Scoliosis"),
        (spine, spine.SpinePhantom(size=96), "Spondylolisthesis"),
        (chest, chest.ChestPhantom(size=96), "NORMAL"),
    ],
)
def test_the_outline_of_a_radiograph_is_found(monkeypatch, module, phantom, finding):
    picture, met = drawn(monkeypatch, module, phantom, finding)
    (found,), told = bodies(three(picture))
    assert told.all()
    shown = (met > 1) & (picture > 30 / 255)  # not hidden by the collimator
    assert 0.5 < shown.mean() < 0.9
    assert found[shown].mean() > 0.99
    assert (met[found] > 0).mean() > 0.99


def test_a_marker_in_the_air_lies_outside_and_a_hole_inside():
    picture = np.zeros((50, 50))
    picture[10:40, 15:40] = 0.6
    picture[20:30, 22:30] = 0.0  # air in the body
    picture[3:7, 3:7] = 1.0
    found, told = bodies(three(picture))
    assert told.all()
    assert found[0, 25, 26]
    assert not found[0, 5, 5]
    assert found[0, 11:39, 16:39].all()
    assert found[0, 9:41, 14:41].sum() == found.sum()  # to a pixel


def test_where_there_is_no_black_or_there_is_colour_nobody_knows():
    picture = np.full((40, 40), 0.5)
    assert not bodies(three(picture))[1].any()
    assert not bodies(three(np.zeros((40, 40))))[1].any()
    picture[:, :20] = 0.0
    colour = three(picture).clone()
    assert bodies(colour)[1].all()
    colour[:, 0] *= 0.8
    assert not bodies(colour)[1].any()
