"""Runs that vote, through the command line: the figures, the sealed run, and what is refused."""

from __future__ import annotations

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from support.running import CONF, train

from xaimed.callbacks.explain import load_maps
from xaimed.cli.main import main
from xaimed.data.task import Kind, Task
from xaimed.errors import ConfigError
from xaimed.evaluation.faithfulness.areas import Faithfulness
from xaimed.evaluation.findings import read_findings
from xaimed.evaluation.picture_quality import PictureQuality
from xaimed.evaluation.reading import read_predictions
from xaimed.evaluation.regions import Regions
from xaimed.evaluation.trial import Trial
from xaimed.evaluation.uncertainty import Uncertainty
from xaimed.explain.combined import weighted_sum
from xaimed.store.run import find_runs
from xaimed.studies.evaluating_together import _refuse_where_pictures_differ
from xaimed.studies.result import result_of

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


EVALUATE = ("--config-dir", str(CONF), "--allow", "support")


@pytest.fixture
def trials(monkeypatch):
    """Every fold that is put to the test."""
    found, made = [], Trial.__init__
    monkeypatch.setattr(Trial, "__init__", lambda self, *args: (made(self, *args), found.append(self))[0])
    return found


def votes_again(trial):
    """Whether network and explainer of a trial give what is stored."""
    (stored,) = trial.maps.values()
    task = Task(Kind(trial.predictions.kind), trial.predictions.classes)
    for seen in trial.batches():
        with torch.no_grad():
            again = task.probabilities(trial.network(seen.images)).numpy()
        np.testing.assert_allclose(again, trial.predictions.probabilities[seen.positions], atol=1e-5)
        found = stored.explainer(trial.network, seen.images)
        assert found.targets.tolist() == stored.targets[seen.positions].tolist()
        np.testing.assert_allclose(found.heatmap, stored.heatmap[seen.positions], atol=1e-4)
        np.testing.assert_allclose(found.uncertainty, stored.uncertainty[seen.positions], atol=1e-4)


def test_what_a_majority_is_asked_again_it_answers_as_it_did(members, tmp_path, trials):
    assert main(["ensemble", str(members / "runs"), "vote=majority", f"output={tmp_path}"]) == 0
    assert main(["evaluate", *EVALUATE, str(voted_run(tmp_path).path), "evaluation=[picture_quality]"]) == 0
    assert [trial.data.split.fold for trial in trials] == [0, 1]
    for trial in trials:
        votes_again(trial)


def test_an_ensemble_is_put_to_the_test_once_and_its_report_says_so(members, tmp_path, trials, capsys):
    assert main(["ensemble", str(members / "runs"), "vote=weighted", "explain=false", f"output={tmp_path}"]) == 0
    run = voted_run(tmp_path)
    few = ("faithfulness.samples=2", "faithfulness.steps=4", "shortcuts.samples=4", "agreement.samples=2")
    command = ["evaluate", *EVALUATE, str(run.path), *(f"evaluation.{each}" for each in few)]
    assert main(command) == 0
    assert "fold 1: evaluated\n" in capsys.readouterr().out
    votes_again(trials[1])
    asked = {"localisation", "faithfulness", "agreement", "uncertainty", "shortcuts", "picture_quality"}
    for fold in run.finished():
        found = dict(read_findings(place) for place in (fold.path / "evaluations").iterdir())
        assert set(found) == asked
        assert all(len(findings.rows) for findings in found.values())
        assert len(list((fold.path / "explanations").glob("ensemble_gradcam-*"))) == 1
    for gathered in result_of(run).findings():  # one explainer over all folds, though its shares differ
        names = {name for name in gathered.explainers if name and not name.startswith("control:")}
        assert len(names) == (0 if gathered.name in ("picture_quality", "shortcuts") else 1)
    page = (run.path / "report.md").read_text()
    assert "**Trust: ensemble-weighted-" in page
    assert ", ensemble_gradcam |" in page
    assert main(command) == 0
    assert "fold 1: evaluated before\n" in capsys.readouterr().out


def test_members_that_know_pictures_by_other_numbers_each_see_their_own(members, tmp_path, trials):
    one = str(find_runs([members])[0].path)
    assert train(tmp_path, *QUICK, "image.normalization=fold") == 0
    assert main(["ensemble", one, str(tmp_path / "runs"), f"output={tmp_path}"]) == 0
    assert main(["evaluate", *EVALUATE, str(voted_run(tmp_path).path), "evaluation=[picture_quality]"]) == 0
    assert trials[0].network.body.channels[0] != trials[0].network.body.channels[1]
    votes_again(trials[0])


def test_what_cannot_be_asked_of_an_ensemble_is_refused_with_what_can(members, tmp_path, capsys):
    assert main(["ensemble", str(members / "runs"), "explain=false", f"output={tmp_path}"]) == 0
    run = voted_run(tmp_path).path
    assert main(["evaluate", *EVALUATE, str(run), "evaluation=[sanity]"]) == 2
    said = capsys.readouterr().err
    assert "sanity makes one network forget" in said
    assert "Of an ensemble there are: agreement, faithfulness, " in said
    assert main(["evaluate", *EVALUATE, str(run), "explainer=[gradcam]"]) == 2
    assert "explained by the sum of its members' Grad-CAM" in capsys.readouterr().err
    assert not list(run.glob("fold-*/e*"))


def test_members_of_other_sizes_are_asked_only_for_what_is_stored():
    def member(size):
        return SimpleNamespace(plan=SimpleNamespace(config={"image": {"size": size}}))

    asked = {"a": PictureQuality(), "b": Regions(name="lung_zones"), "c": Uncertainty()}
    _refuse_where_pictures_differ(asked, [member(32), member(48)])
    _refuse_where_pictures_differ({**asked, "d": Faithfulness()}, [member(32), member(32)])
    with pytest.raises(ConfigError, match="of different sizes, so that faithfulness cannot ask them again"):
        _refuse_where_pictures_differ({**asked, "d": Faithfulness()}, [member(32), member(48)])
