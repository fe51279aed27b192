"""Evaluations through the command line: at the end of a fold, on a finished fold, and never twice."""

import json
import shutil

import pytest
from support.running import CONF, TINY, only_run, train

from xaimed.cli.evaluate import _asked
from xaimed.cli.main import main
from xaimed.config.places import groups
from xaimed.evaluation.findings import read_findings

USER = ("--config-dir", str(CONF), "--allow", "support")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run without evaluations."""
    output = tmp_path_factory.mktemp("evaluated")
    assert train(output) == 0
    return output


@pytest.fixture
def output(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "output")


def test_every_evaluation_adds_to_a_finished_fold_once_and_always_alike(output, capsys):
    names = groups()["evaluation"]
    command = (output, f"evaluation=[{','.join(names)}]", "protocol.fold=0")
    place = only_run(output) / "fold-0" / "evaluations"
    assert train(*command) == 0
    assert "explained and evaluated anew" in capsys.readouterr().out
    before = {}
    for folder in place.iterdir():
        evaluation, findings = read_findings(folder)
        before[folder.name] = (folder / "rows.csv").read_bytes()
        assert findings.caption, folder
        assert set(findings.rows["measure"]) <= set(findings.measures), folder
        assert len(findings.rows) > 0, folder
        assert folder.name.startswith(evaluation), folder
    assert sorted(name.rsplit("-", 2)[0] for name in before) == sorted(names)
    assert train(*command) == 0
    assert "fold 0: finished before, reused" in capsys.readouterr().out
    shutil.rmtree(place)
    assert train(*command) == 0
    assert {folder.name: (folder / "rows.csv").read_bytes() for folder in place.iterdir()} == before


def test_a_finished_run_is_evaluated_by_its_name(output, capsys):
    run = only_run(output)
    shutil.rmtree(run / "fold-1")
    assert main(["evaluate", *USER, str(run), "evaluation=[picture_quality]", "explainer=[gradcam]"]) == 0
    told = capsys.readouterr().out
    assert "fold 0: evaluated\n" in told
    assert "Trust: " in told
    assert "Evaluation: picture quality" in (run / "report.md").read_text()
    assert main(["evaluate", *USER, str(run), "evaluation=[picture_quality]", "explainer=[gradcam]"]) == 0
    assert "fold 0: evaluated before\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("seed=1", "'seed=1' would make another run"),
        ("evaluation=[faith]", "there is no evaluation 'faith'"),
        ("dataset.root=/nowhere", "no"),
    ],
)
def test_what_would_be_another_run_is_refused(output, override, told, capsys):
    assert main(["evaluate", *USER, str(only_run(output)), override]) == 2
    assert told in capsys.readouterr().err


def test_where_the_data_lie_now_may_be_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own = {"dataset": {"root": None, "file": "/then/table.csv", "label": "label"}}
    _, changes = _asked(["evaluation=[picture_quality]", "dataset.file=table.csv"], None, own)
    assert changes == {"dataset": {"root": None, "file": str(tmp_path / "table.csv"), "label": "label"}}


def test_a_run_without_a_finished_fold_has_nothing_to_evaluate(output, capsys):
    run = only_run(output)
    for fold in run.glob("fold-*"):
        shutil.rmtree(fold)
    assert main(["evaluate", *USER, str(run)]) == 2
    assert "no fold of this run is finished" in capsys.readouterr().err
    assert main(["evaluate", str(output)]) == 2
    assert "not a run of xaimed" in capsys.readouterr().err


def test_a_damaged_evaluation_is_named_and_not_counted(output, capsys):
    run = only_run(output)
    assert main(["evaluate", *USER, str(run), "evaluation=[picture_quality,uncertainty]"]) == 0
    (about,) = (run / "fold-0" / "evaluations").glob("picture_quality-*/about.json")
    about.write_text("{")
    capsys.readouterr()
    assert main(["table", str(run)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert f"{about.parent.name} is not counted: these findings cannot be read" in told
    assert "Trust: " in told


def test_a_new_fold_is_evaluated_when_it_ends(tmp_path):
    assert train(tmp_path, "evaluation=[picture_quality]") == 0
    for fold in only_run(tmp_path).glob("fold-*"):
        (folder,) = (fold / "evaluations").iterdir()
        assert json.loads((folder / "about.json").read_text())["evaluation"] == "picture_quality"


def test_the_demo_may_be_evaluated_otherwise(tmp_path):
    small = [text for text in TINY[4:] if not text.startswith("audit")]
    few = ["experiment=demo", *small, "protocol.fold=0", "trainer.max_epochs=1", f"output={tmp_path}"]
    assert main(["train", *USER, *few, "audit=false", "evaluation=[picture_quality]"]) == 0
    (folder,) = (only_run(tmp_path) / "fold-0" / "evaluations").iterdir()
    assert folder.name.startswith("picture_quality-")
