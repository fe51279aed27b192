"""The checklist of the report: nothing is said to be known that the runs do not know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from xaimed.evaluation.predictions import prediction_table
from xaimed.store.run import Run
from xaimed.studies.result import RunResult
from xaimed.studies.whole_report.again import command_of, seeds_of
from xaimed.studies.whole_report.checklist import KNOWN, NOT_ASKED, OPEN, PARTLY, checklist

CONFIG: dict[str, Any] = {
    "dataset": {"_target_": "xaimed.data.sources.folder.Folder", "seed": 7},
    "backbone": {"name": "resnet18", "weights": "imagenet"},
    "strategy": {"_target_": "xaimed.training.strategies.FineTuning"},
    "optimizer": {"_target_": "torch.optim.Adam", "lr": 1e-4},
    "image": {"size": 224, "crop": None, "normalization": "imagenet"},
    "loader": {"batch_size": 8},
    "trainer": {"max_epochs": 3},
    "protocol": {"_target_": "xaimed.data.protocols.kfold.KFold", "leakage": "refuse"},
    "callbacks": {"best_checkpoint": {"monitor": "val/auc"}},
    "seed": 42,
}


def run(place: Path, patients: int = 2, audited: bool = True, **changes: Any) -> RunResult:
    place.mkdir(parents=True)
    if audited:
        (place / "audit.json").write_text("{}")
    facts = {
        "dataset": "mine",
        "folds": [0, 1],
        "stamps": [],
        "note": "checkpoint chosen on the reported fold",
        "quarantined": 3,
        "samples": 4,
        "config": {**CONFIG, **changes},
    }
    (place / "run.json").write_text(json.dumps(facts))
    who = {"sample_ids": list("abcd"), "groups": [str(i % patients) for i in range(4)], "fold": 0}
    probabilities = [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]]
    logits = [[0, 0]] * 4
    rows = prediction_table(
        "multiclass", ["A", "B"], **who, targets=[0, 1, 1, 0], logits=logits, probabilities=probabilities
    )
    return RunResult(Run(place), facts, rows, [1], {}, {})


def answers(*results: RunResult, whole: bool = True) -> dict[str, tuple[str, str]]:
    table = checklist(results, whole)
    return {
        f"{block} {row[0]}": (str(row[2]), str(row[3])) for block, row in zip(table.blocks, table.rows, strict=True)
    }


def test_every_item_of_both_lists_stands_in_it_once(tmp_path: Path) -> None:
    found = answers(run(tmp_path / "a"))
    assert list(found) == [f"CLAIM {i}" for i in range(1, 43)] + [f"METRICS {i}" for i in range(1, 31)]


def test_what_a_run_cannot_know_is_open_and_what_it_half_knows_is_not_said_to_be_known(tmp_path: Path) -> None:
    found = answers(run(tmp_path / "a"))
    assert found["CLAIM 5"][0] == found["METRICS 4"][0] == found["CLAIM 42"][0] == OPEN
    assert found["CLAIM 7"] == (PARTLY, "dataset 'mine'. Open: where, when and by whom it was gathered")
    assert found["CLAIM 19"] == (PARTLY, "4 pictures of 2 patients reported. Open: how that number came about")
    assert found["METRICS 26"][0] == PARTLY  # the checkpoint was chosen on what is reported
    assert found["CLAIM 26"] == (KNOWN, "the epoch with the best val/auc; checkpoint chosen on the reported fold")
    assert found["METRICS 8"][0] == found["METRICS 12"][0] == NOT_ASKED
    assert found["CLAIM 31"][0] == OPEN  # no maps are stored
    assert found["METRICS 12"] == (NOT_ASKED, "no handcrafted features")


def test_tests_between_runs_are_claimed_where_there_are_several(tmp_path: Path) -> None:
    one, other = run(tmp_path / "a"), run(tmp_path / "b", backbone={"name": "vgg16", "weights": None})
    assert "paired" not in answers(one)["CLAIM 29"][1]
    found = answers(one, other)
    assert "paired" in found["CLAIM 29"][1]
    assert found["CLAIM 22"] == (KNOWN, "resnet18; sizes in model.json (1 run); vgg16; sizes in model.json (1 run)")
    assert found["CLAIM 24"][1] == "FineTuning, weights imagenet (1 run); FineTuning, drawn at random (1 run)"


def test_disjoint_is_claimed_only_where_it_is_so(tmp_path: Path) -> None:
    assert answers(run(tmp_path / "a"))["CLAIM 21"][0] == KNOWN
    assert answers(run(tmp_path / "b", protocol={"leakage": "ignore"}))["CLAIM 21"][0] == PARTLY
    assert answers(run(tmp_path / "c", patients=4))["CLAIM 21"] == (
        PARTLY,
        "picture: no two are said to be of one patient. Open: whether each is of a patient of its own",
    )
    assert "not audited" in answers(run(tmp_path / "d", audited=False))["CLAIM 21"][1]


def test_a_gallery_that_lacks_pictures_is_not_said_to_hold_them_all(tmp_path: Path) -> None:
    result = run(tmp_path / "a")
    assert "every wrong picture" in answers(result)["CLAIM 37"][1]
    assert "every wrong picture" not in answers(result, whole=False)["CLAIM 37"][1]


def test_an_ensemble_answers_with_its_members(tmp_path: Path) -> None:
    member = run(tmp_path / "runs" / "a")
    gone = str(tmp_path / "runs" / "gone")
    config = {"ensemble": {"vote": "soft"}, "members": [str(member.run.path), gone]}
    together = run(tmp_path / "runs" / "both")
    together.facts["config"] = config
    found = answers(together)
    assert found["CLAIM 22"] == (KNOWN, "its members: resnet18; sizes in model.json")
    assert found["CLAIM 27"][0] == KNOWN
    command = f"xaimed ensemble {member.run.path} {gone} vote=soft output={tmp_path}"
    assert command_of(together) == command


def test_every_seed_is_named_that_of_training_first() -> None:
    assert seeds_of({"explainer": {"lime": {"seed": 1}}, "seed": 42, "dataset": {"seed": 0}}) == {
        "seed": 42,
        "dataset.seed": 0,
        "explainer.lime.seed": 1,
    }


def test_demographics_are_claimed_by_the_columns_there_are(tmp_path: Path) -> None:
    result = run(tmp_path / "a")
    assert answers(result)["CLAIM 34"][0] == OPEN
    pd.DataFrame({"sample_id": list("abcd"), "sex": list("FFMM")}).to_csv(result.run.path / "samples.csv", index=False)
    state, said = answers(result)["CLAIM 34"]
    assert state == PARTLY
    assert said.startswith("reported pictures by sex (subgroups)")
