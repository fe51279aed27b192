"""Time and room of folds that are not there yet, reckoned by hand from one that is."""

import pytest

from xaimed.studies.reproduction.dryrun import listed, room, spoken
from xaimed.studies.reproduction.estimate import Measured, Need, cost_of, measured_below, together

ADDS = 1_814_073_344 - 512 * 998
BYTES = 4 * (11_689_512 - 513 * 998) + 4 * 9600 + 8 * 20
"""Of ResNet-18 with 2 of torchvision's 1000 outputs at 224 px, with the buffers of its 20 BatchNorms."""


def config(name="resnet18", epochs=10, strategy="Scratch", size=224):
    backbone = {"_target_": "xaimed.models.torchvision_backbones.torchvision_network", "name": name, "size": size}
    return {
        "backbone": {**backbone, "weights": "imagenet"},
        "image": {"size": size},
        "strategy": {"_target_": strategy},
        "trainer": {"max_epochs": epochs},
    }


def fold(**changes):
    known = {
        "config": config(),
        "pictures": 100,
        "epochs": 5,
        "training": 50.0,
        "after": 8.0,
        "room": 1_000_000,
        "weights": 900_000,
        "multiply_adds": 10_000,
        "device": "cpu",
    }
    return Measured(**{**known, **changes})


def test_nothing_measured_nothing_estimated():
    assert cost_of(Need(config(), 100), []) is None


def test_twice_the_pictures_take_twice_the_time_and_the_same_weights():
    cost = cost_of(Need(config(epochs=20), 200), [fold()])
    # 10 s an epoch of 100 pictures, so 20 s; it stopped after half of its epochs; 8 s of explaining become 16.
    assert cost.most == pytest.approx(20 * 20 + 16)
    assert cost.likely == pytest.approx(20 * 10 + 16)
    assert cost.room == pytest.approx(900_000 + 2 * 100_000)
    assert cost.rests_on == "1 finished fold of the same backbone, size and strategy, on cpu"


def test_the_same_strategy_counts_before_the_same_backbone():
    other = fold(config=config(strategy="Finetune"), training=5000.0)
    assert cost_of(Need(config(), 100), [fold(), other]).most == pytest.approx(108)
    cost = cost_of(Need(config(strategy="Third"), 100), [other])
    assert cost.most == pytest.approx(10_008)
    assert "of the same backbone and size" in cost.rests_on


def test_another_network_is_scaled_by_what_a_picture_costs_it():
    small = fold(config=config(name="tiny"), multiply_adds=ADDS / 4)
    cost = cost_of(Need(config(), 100), [small])
    assert cost.most == pytest.approx(4 * 100 + 4 * 8)
    assert cost.room == pytest.approx(BYTES + 100_000)
    assert "scaled by multiply-adds × pictures × epochs (a picture costs 4 times as many)" in cost.rests_on


def test_folds_one_after_another_add_up():
    cost = cost_of(Need(config(), 100), [fold()])
    assert together([cost, cost, cost]).most == pytest.approx(3 * cost.most)


def test_folds_that_say_too_little_are_left_out(tmp_path):
    (tmp_path / "runs" / "a" / "fold-0").mkdir(parents=True)
    (tmp_path / "runs" / "a" / "fold-0" / "fold.json").write_text("{}")
    assert measured_below(tmp_path) == []


def test_how_it_is_said():
    assert listed([0, 1, 2, 4, 6, 7]) == "0–2, 4, 6–7"
    assert listed([]) == "–"
    assert [spoken(s) for s in (4, 3000, 20_000, 400_000)] == ["4 s", "50 min", "5.6 h", "4.6 days"]
    assert [room(b) for b in (4000, 5e6, 7.25e9)] == ["4 kB", "5 MB", "7.2 GB"]
