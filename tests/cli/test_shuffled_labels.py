"""The control on shuffled labels through the command line: two commands, and the run is put beside it."""

import json

import numpy as np
import pandas as pd
import pytest
from support.running import train

from xaimed.cli.main import main
from xaimed.evaluation.findings import read_findings
from xaimed.evaluation.reading import read_predictions

QUICK = ("callbacks=[explain]", "explainer=[gradcam]", "trainer.max_epochs=1", "logger=[]")


@pytest.fixture(scope="module")
def output(tmp_path_factory, session_cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(session_cache))
        output = tmp_path_factory.mktemp("controlled")
        assert train(output, *QUICK) == 0
        assert train(output, *QUICK, "labels=shuffled") == 0
    return output


@pytest.fixture
def runs(output):
    control, run = sorted((output / "runs").iterdir(), key=lambda path: "shuffled" not in path.name)
    return run, control


def test_the_control_is_stamped_and_reports_labels_as_they_are(runs):
    run, control = runs
    facts = json.loads((control / "run.json").read_text())
    assert facts["stamps"] == ["labels shuffled"]
    assert facts["control_of"] == json.loads((run / "run.json").read_text())["identity"]
    assert "labels shuffled" in (control / "report.md").read_text()
    for fold in (0, 1):
        own, other = (read_predictions(path / f"fold-{fold}" / "predictions.csv") for path in (run, control))
        assert (own.targets == other.targets).all()
        assert not np.allclose(own.logits, other.logits)


def test_a_run_is_put_beside_its_control_and_both_tables_say_so(runs, capsys):
    run, control = runs
    for fold in (0, 1):
        (place,) = (run / f"fold-{fold}" / "evaluations").glob("label_randomised-*")
        name, findings = read_findings(place)
        assert name == "label_randomised"
        assert set(findings.rows["explainer"]) == {
            "",
            *(path.name for path in (run / "fold-0/explanations").glob("gradcam-*")),
        }
        assert len(findings.rows) == 4 * len(read_predictions(run / f"fold-{fold}" / "predictions.csv"))
    assert not (control / "fold-0" / "evaluations").exists()
    for place in (run, control):
        capsys.readouterr()
        assert main(["table", str(place)]) == 0
        assert f"{run.name}: the control on shuffled labels" in " ".join(capsys.readouterr().out.split())


def test_side_by_side_the_chance_level_is_said(runs, capsys):
    assert main(["table", *map(str, runs)]) == 0
    assert "at chance AUC is 0.5" in " ".join(capsys.readouterr().out.split())


def test_only_training_labels_are_shuffled(output, monkeypatch):
    from xaimed.config.compose import composed, plain
    from xaimed.studies.parts import data_of, preparation_of
    from xaimed.studies.plan import make_plan

    overrides = ["dataset.counts={Normal: 9, Scoliosis: 12, Spondylolisthesis: 9}", "dataset.size=32", "image.size=32"]
    config = composed([*overrides, "protocol.folds=2", "strategy=scratch", "labels=shuffled", "audit=false"])
    del config.hydra
    config.name = "named"
    plan = make_plan(plain(config))
    data = data_of(plan, plan.splits[0], preparation_of(plan.config))
    given = plan.manifest.frame.set_index("sample_id")["label"]
    shown = {}
    for role, loader in (
        ("train", data.train_dataloader()),
        ("fit", data.fitting_dataloader()),
        ("select", data.val_dataloader()),
    ):
        rows, targets = zip(*((batch["row"], batch["target"]) for batch in loader), strict=True)
        names = plan.manifest.frame["sample_id"].iloc[np.concatenate(rows)]
        shown[role] = pd.Series(np.array(plan.manifest.task.classes)[np.concatenate(targets)], index=names)
    assert (shown["select"] == given[shown["select"].index]).all()
    for role in ("train", "fit"):
        assert 0 < (shown[role] == given[shown[role].index]).mean() < 0.8
    assert (shown["train"].sort_index() == shown["fit"][shown["train"].index].sort_index()).all()


def test_another_word_is_refused(tmp_path, capsys):
    assert train(tmp_path, "labels=shufled") == 2
    assert "there is no choice 'shufled' [labels]. Did you mean 'shuffled'" in capsys.readouterr().err
