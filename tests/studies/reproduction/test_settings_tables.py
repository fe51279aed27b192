"""Hyper-parameters as composed, and strategies as they are, beside what a paper prints of both."""

import pytest
from support.stored import stored_run, study_results

from tests.evaluation.made_predictions import by_hand
from xaimed.studies.reproduction.standing import configured
from xaimed.studies.reproduction.study import Member
from xaimed.studies.reproduction.tables.settings import Settings
from xaimed.studies.reproduction.tables.strategies import Strategies

PUBLISHED = {
    "tables": {
        "settings": {
            "place": "Table 3",
            "columns": {"value": {}, "word": {"metric": "text"}},
            "rows": {
                "optimizer": {"word": "adam"},
                "loss": {"word": "cross-entropy"},
                "schedule": {"word": "reduce on plateau"},
                "rate": {"value": "1×10^-4"},
                "epochs": {"value": 50},
                "shift": {"value": "10%"},
                "dropout": {"value": "0.3"},
            },
        },
        "strategies": {
            "place": "Table 2",
            "columns": {"pre": {"metric": "text"}, "frozen": {"metric": "text"}},
            "rows": {"extracted": {"pre": "ImageNet", "frozen": "all but dense layers"}, "other": {"pre": "no"}},
        },
    }
}
ADDRESSES = {
    "optimizer": "settings.optimizer.word",
    "optimizer.lr": "settings.rate.value",
    "objective": "settings.loss.word",
    "schedule": "settings.schedule.word",
    "trainer.max_epochs": "settings.epochs.value",
    "augmentation.translation": "settings.shift.value",
    "backbone.dropout": "settings.dropout.value",
}


@pytest.fixture(scope="module")
def config():
    return _spine()


def _spine(*overrides):
    config, problem = configured(Member("net", "net", ("experiment=spine", *overrides)), None)
    assert not problem
    return config


def lines(table):
    return {row[0]: tuple(map(str, row[1:])) for row in table.rows}


def test_every_setting_beside_the_printed_one(config):
    results = study_results(
        {}, configs={"net": config}, published=PUBLISHED, chosen={"seed": "nothing is said of it", "trainer": "x"}
    )
    (table,) = Settings("Settings", ADDRESSES)(results)
    found = lines(table)
    assert found["optimizer"] == ("adam", "Adam", "same")
    assert found["learning rate"] == ("1×10^-4", "0.0001", "same")
    assert found["loss"] == ("cross-entropy", "CrossEntropy", "same")
    assert found["schedule"] == ("reduce on plateau", "Plateau", "")
    assert found["schedule, patience"] == ("–", "5", "")
    assert found["epochs at most"] == ("50", "50", "same")
    assert found["augmentation, translation"] == ("10%", "0.1", "same")
    assert found["dropout"] == ("0.3", "none", "other")
    assert found["seed"] == ("–", "42", "ours: nothing is said of it")
    assert "weight decay" not in found
    assert sum(said.startswith("ours") for *_, said in found.values()) == 1


def test_where_runs_differ_the_commonest_comes_first(config):
    faster = _spine("optimizer=sgd", "optimizer.lr=0.01")
    results = study_results({}, configs={"one": config, "two": faster, "three": config}, published=PUBLISHED)
    found = lines(Settings("Settings", ADDRESSES)(results)[0])
    assert found["optimizer"] == ("adam", "Adam; SGD (two)", "")
    assert found["learning rate"] == ("1×10^-4", "0.0001; 0.01 (two)", "other")
    assert found["optimizer, momentum"] == ("–", "none; 0.9 (two)", "")


def test_a_study_without_a_paper_has_values_alone(config):
    (table,) = Settings("Settings")(study_results({}, configs={"net": config}))
    assert table.columns == ("Setting", "Value")
    assert lines(table)["batch size"] == ("32",)


def test_a_study_that_does_not_compose_has_no_settings():
    assert Settings("Settings")(study_results({}, configs={})) == []


def begun(place, strategy, trainable, **options):
    config = {
        "dataset": {"_target_": "support.nowhere.Nothing"},
        "loader": {"batch_size": 8},
        "backbone": {"_target_": "xaimed.models.torchvision_backbones.torchvision_network", "name": "resnet18"}
        | {"weights": "stand_in", "dropout": None},
        "strategy": {"_target_": f"xaimed.training.{strategy}", **options},
    }
    return stored_run(place, [by_hand()], config=config, model={"parameters": 1000, "trainable": trainable})


def test_strategies_tell_what_they_freeze(tmp_path):
    runs = {
        "scratch": begun(tmp_path / "a", "strategies.Scratch", 1000),
        "extracted": begun(tmp_path / "b", "strategies.FeatureExtraction", 5),
        "top": begun(tmp_path / "c", "unfreezing.TopTuning", 500, top=3),
        "staged": begun(tmp_path / "d", "unfreezing.StagedTransfer", 5, frozen_epochs=2),
    }
    places = {name: {"method": name} for name in runs}
    ours, beside = Strategies("Strategies", "strategies", "method", {"pretrained": "pre", "frozen": "frozen"})(
        study_results(runs, published=PUBLISHED, places=places)
    )
    found = lines(ours)
    assert found["scratch"] == ("no", "none", "all", "1,000", "100")
    assert found["extracted"] == ("stand-in", "all but the head", "the head", "1,000", "0.5")
    pretrained, frozen, trained, *counted = found["top"]
    assert (pretrained, trained, counted) == ("stand-in", "the rest", ["1,000", "50"])
    assert frozen.split(", ")[-1] == "layer1"
    assert "layer4" not in frozen
    assert "layer4 from epoch 3" in found["staged"][2]
    assert lines(beside) == {"extracted": ("ImageNet", "all but dense layers", "–")}


def test_nothing_begun_no_strategies(config):
    assert Strategies("Strategies")(study_results({}, configs={"net": config})) == []
