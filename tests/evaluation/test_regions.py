import dataclasses

import numpy as np
import pytest
import torch
from PIL import Image
from support.tiny import tiny_network
from support.trials import trial_of

from xaimed.config.compose import composed
from xaimed.config.targets import instantiate
from xaimed.data.phantoms.chest import ChestPhantom
from xaimed.data.phantoms.phantom import Case
from xaimed.data.preparation import Preparation
from xaimed.errors import ConfigError
from xaimed.evaluation.regions import Regions, zone_means
from xaimed.evaluation.zones import place
from xaimed.explain.gradcam import GradCAM
from xaimed.explain.mc_gradcam import MCDropoutGradCAM

HALVES = {"first": (0, 1, 0, 0.5), "second": (0, 1, 0.5, 1)}


@pytest.fixture
def lungs():
    node = composed(["evaluation=[lung_zones]"]).evaluation.lung_zones
    return instantiate(node)


def test_means_are_shares_of_the_maps_own_maximum():
    areas = Regions(HALVES).areas(Preparation(4, "unit"))
    maps = np.zeros((3, 4, 4), dtype=np.float32)
    maps[0, :, 2:] = 3.0
    maps[0, 0, 0] = 12.0
    maps[0, 1, 1] = -5.0
    maps[2] = -1.0
    maps[1] = 2 * maps[0]
    found = zone_means(maps, np.full((3, 4, 4), 6.0, dtype=np.float32), areas)
    np.testing.assert_array_equal(found["activation:first"], [1 / 8, 1 / 8, np.nan])
    np.testing.assert_array_equal(found["activation:second"], [0.25, 0.25, np.nan])
    np.testing.assert_array_equal(found["uncertainty:first"], [0.5, 0.25, np.nan])


def test_neighbouring_boxes_share_no_pixel_and_a_crop_moves_them():
    thirds = {"a": (0, 1 / 3, 0, 1), "b": (1 / 3, 2 / 3, 0, 1), "c": (2 / 3, 1, 0, 1)}
    areas = Regions(thirds).areas(Preparation(10, "unit"))
    assert (sum(area.astype(int) for area in areas.values()) == 1).all()
    whole, cropped = (
        Regions(HALVES).areas(preparation)["first"]
        for preparation in (Preparation(16, "unit"), Preparation(8, "unit", crop=0.5))
    )
    assert (whole[4:12, 4:12] == cropped).all()


def test_a_label_image_is_stretched_like_the_pictures(tmp_path):
    labels = np.zeros((4, 8), dtype=np.uint8)
    labels[:2, :4], labels[2:, 4:] = 1, 2
    Image.fromarray(labels).save(tmp_path / "zones.png")
    areas = Regions(label_image=str(tmp_path / "zones.png"), names=("one", "two")).areas(Preparation(16, "unit"))
    assert areas["one"].nonzero()[0].max() == areas["one"].nonzero()[1].max() == 7
    assert areas["two"].sum() == 64
    assert place("one", areas["one"]) == "one (image left)"
    with pytest.raises(ConfigError, match="run from 0 to 2, and there are 1 names"):
        Regions(label_image=str(tmp_path / "zones.png"), names=["one"]).areas(Preparation(16, "unit"))
    Image.fromarray(labels).convert("RGB").save(tmp_path / "colour.png")
    with pytest.raises(ConfigError, match="one channel"):
        Regions(label_image=str(tmp_path / "colour.png"), names=["one", "two"]).areas(Preparation(16, "unit"))
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(ConfigError, match="cannot be read"):
        Regions(label_image=str(tmp_path / "text.png"), names=["one"]).areas(Preparation(16, "unit"))
    with pytest.raises(ConfigError, match="no such label image"):
        Regions(label_image=str(tmp_path / "none.png"), names=["one"])


@pytest.mark.parametrize("box", [[0, 1, 0], [0, 1, 0.5, 0.5], [0.2, 1.1, 0, 1], ["a", 1, 0, 1], 3])
def test_what_is_no_box_is_refused(box):
    with pytest.raises(ConfigError, match="zone 'odd'"):
        Regions({"odd": box})


def test_a_zone_that_nobody_sees_and_two_kinds_of_zones_are_refused():
    with pytest.raises(ConfigError, match="holds no pixel"):
        Regions({"thin": (0.5, 0.51, 0, 1)}).areas(Preparation(8, "unit"))
    with pytest.raises(ConfigError, match="both"):
        Regions(HALVES, label_image="zones.png")
    with pytest.raises(ConfigError, match="not all different"):
        Regions(names=["one", "one"])


def test_every_map_is_measured_in_every_zone_and_named_for_the_reader(lungs):
    torch.manual_seed(0)
    network = tiny_network(3, False).eval()
    trial = trial_of(network, {"gradcam-1": GradCAM(), "mc-1": MCDropoutGradCAM(passes=3)})
    found = lungs(trial)
    counts = found.rows.groupby(["explainer", found.rows["measure"].str.split(":").str[0]]).size().to_dict()
    assert counts == {("gradcam-1", "activation"): 72, ("mc-1", "activation"): 72, ("mc-1", "uncertainty"): 72}
    assert next(iter(found.measures)) == "activation:right_upper"
    assert found.measures["activation:right_upper"].title == "Activation, right upper (image left)"
    assert found.measures["uncertainty:left_lower"].title == "Uncertainty, left lower (image right)"
    alone = lungs(dataclasses.replace(trial, maps={"gradcam-1": trial.maps["gradcam-1"]}))
    assert not any(key.startswith("uncertainty") for key in alone.measures)
    nine = Regions()(trial)
    assert "Activation, top left (image left)" in {measure.title for measure in nine.measures.values()}


@pytest.mark.parametrize(("zone", "side"), [(1, "right"), (2, "right"), (4, "left"), (5, "left")])
def test_the_patients_right_lung_is_the_readers_left(lungs, zone, side):
    phantom = ChestPhantom(size=96)
    rng = np.random.default_rng(0)
    traits = {**phantom.traits("PNEUMONIA", rng), "subtype": "bacterial", "zone": zone, "opacity": 0.9}
    mask = phantom.draw(Case("PNEUMONIA", traits, "top right", 96, rng)).mask
    areas = lungs.areas(Preparation(96, "unit"))
    found = zone_means(mask[None].astype(np.float32), None, areas)
    assert max(found, key=found.get).removeprefix("activation:").startswith(side)
