"""Runs that vote, through the command line: the figures, the sealed run, and what is refused."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from support.running import train

from xaimed.callbacks.explain import load_maps
from xaimed.cli.main import main
from xaimed.evaluation.reading import read_predictions
from xaimed.explain.combined import weighted_sum
from xaimed.store.run import find_runs

QUICK = ("explainer=gradcam", "callbacks.explain.cases=0", "trainer.max_epochs=2")


@pytest.fixture(scope="module")
def members(tmp_path_factory, session_cache):
    output = tmp_path_factory.mktemp("members")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(session_cache))
        for rate in ("0.001", "0.01"):
            assert train(output, f"optimizer.lr={rate}", *QUICK) == 0
    return output


def voted_run(output):
    (run,) = [run for run in find_runs([output]) if run.path.name.startswith("ensemble-")]
    return run


def test_a_soft_vote_of_runs_is_a_run_with_the_same_tables(members, tmp_path, capsys):
    assert main(["ensemble", str(members / "runs"), f"output={tmp_path}"]) == 0
    run = voted_run(tmp_path)
    parts = [read_predictions(one.fold(1).path / "predictions.csv") for one in find_runs([members])]
    together = read_predictions(run.fold(1).path / "predictions.csv")
    assert together.probabilities == pytest.approx(np.mean([part.probabilities for part in parts], axis=0), abs=1e-6)
    assert list(together.frame["sample_id"]) == list(parts[0].frame["sample_id"])
    run.fold(0).verify(run.facts()["identity"])
    assert "curves" not in (run.path / "report.md").read_text()  # nothing was trained
    assert "soft vote of" in capsys.readouterr().out
    assert main(["table", str(run.path)]) == 0
    (first, *_) = find_runs([members])
    assert (run.path / "samples.csv").read_bytes() == (first.path / "samples.csv").read_bytes()
    assert main(["evaluate", str(run.path)]) == 2
    assert "this is an ensemble" in capsys.readouterr().err
    assert main(["ensemble", str(members / "runs"), f"output={tmp_path}"]) == 0  # the same again, no second run
    voted_run(tmp_path)


def test_it_is_explained_by_the_sum_of_its_members_maps(members, tmp_path):
    assert main(["ensemble", str(members / "runs"), f"output={tmp_path}"]) == 0
    places = voted_run(tmp_path).fold(0).path / "explanations"
    (panels,) = places.glob("panels-*")
    assert (panels / "overview.png").is_file()
    (folder,) = places.glob("ensemble_gradcam-*")
    together = load_maps(folder)
    own = [load_maps(next((run.fold(0).path / "explanations").glob("gradcam-*"))) for run in find_runs([members])]
    compared = 0
    for row, name in enumerate(together["sample_id"]):
        rows = [int(np.flatnonzero(maps["sample_id"] == name)[0]) for maps in own]
        if {int(maps["targets"][at]) for maps, at in zip(own, rows, strict=True)} == {int(together["targets"][row])}:
            maps = [torch.from_numpy(maps["heatmap"][at])[None] for maps, at in zip(own, rows, strict=True)]
            mean, spread = weighted_sum(maps, [0.5, 0.5])
            assert together["heatmap"][row] == pytest.approx(mean[0].numpy(), abs=1e-5)
            assert together["uncertainty"][row] == pytest.approx(spread[0].numpy(), abs=1e-5)
            compared += 1
    assert compared > 3


def test_a_member_whose_data_changed_votes_but_cannot_be_explained(members, tmp_path, capsys):
    shutil.copytree(members, tmp_path / "copy")
    run = find_runs([tmp_path / "copy"])[0]
    facts = json.loads((run.path / "run.json").read_text())
    facts["config"]["seed"] = 7
    (run.path / "run.json").write_text(json.dumps(facts))
    asked = ["ensemble", str(tmp_path / "copy" / "runs"), f"output={tmp_path}"]
    assert main(asked) == 2
    assert "have changed since it was made" in capsys.readouterr().err
    assert main([*asked, "explain=false"]) == 0


def test_a_weighted_vote_goes_by_the_epoch_that_was_kept(members, tmp_path):
    assert main(["ensemble", str(members / "runs"), "vote=weighted", "weigh_by=val/auc", f"output={tmp_path}"]) == 0
    shares = pd.read_csv(voted_run(tmp_path).fold(0).path / "shares.csv").set_index("member")["share"]
    merits = {}
    for run in find_runs([members]):
        fold = run.fold(0).path
        kept = json.loads((fold / "fold.json").read_text())["best_epoch"]
        merits[run.path.name] = pd.read_csv(fold / "history.csv").set_index("epoch").loc[kept, "val/auc"]
    for name, merit in merits.items():
        assert shares[name] == pytest.approx(merit / sum(merits.values()))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["vote=sotf"], "there is no vote 'sotf' [vote]. Did you mean 'soft'?"),
        (["vote=weighted", "weigh_by=val/auv"], "'val/auv' was not measured"),
        (["vote=weighted", "weigh_by=val/loss"], "more of 'val/loss' is not better"),
        (["vote=weighted", "weigh_by=train/accuracy"], "was not measured on selection rows"),
        (["votes=soft"], "no option 'votes'"),
        (["--vote"], "no option '--vote'"),
    ],
)
def test_what_makes_no_sense_is_refused(members, tmp_path, capsys, asked, said):
    assert main(["ensemble", str(members / "runs"), f"output={tmp_path}", *asked]) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_one_run_alone_or_of_other_samples_cannot_vote(members, tmp_path, capsys):
    one = str(find_runs([members])[0].path)
    assert main(["ensemble", one, f"output={tmp_path}"]) == 2
    assert "at least two members" in capsys.readouterr().err
    assert train(tmp_path, "seed=7", *QUICK, "protocol.fold=0") == 0
    assert main(["ensemble", one, str(tmp_path / "runs"), f"output={tmp_path}"]) == 2
    assert "different samples" in capsys.readouterr().err


def test_a_member_that_was_edited_does_not_vote(members, tmp_path, capsys):
    shutil.copytree(members, tmp_path / "copy")
    victim = find_runs([tmp_path / "copy"])[0].fold(0).path / "predictions.csv"
    victim.write_text(victim.read_text().replace('"Normal"', '"Scoliosis"', 1))
    assert main(["ensemble", str(tmp_path / "copy" / "runs"), f"output={tmp_path}"]) == 2
    assert "changed after the fold was finished" in capsys.readouterr().err


def test_the_protocols_of_all_members_are_said_and_maps_of_other_crops_are_not_summed(members, tmp_path, capsys):
    one = str(find_runs([members])[0].path)
    assert train(tmp_path, *QUICK, "image.crop=0.5") == 0
    asked = ["ensemble", one, str(tmp_path / "runs"), f"output={tmp_path}"]
    assert main(asked) == 2
    assert "different parts of a picture" in capsys.readouterr().err
    assert main([*asked, "explain=false"]) == 0


def test_a_hybrid_is_not_weighed_by_its_network(members, tmp_path, capsys):
    shutil.copytree(members, tmp_path / "copy")
    (find_runs([tmp_path / "copy"])[0].fold(0).path / "svm.npz").write_bytes(b"")
    assert main(["ensemble", str(tmp_path / "copy" / "runs"), "vote=weighted", f"output={tmp_path}"]) == 2
    assert "says nothing of what its SVM reached" in capsys.readouterr().err
