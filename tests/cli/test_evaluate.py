"""Evaluations through the command line: at the end of a fold, on a finished fold, and never twice."""

import json
import shutil

import pytest
from support.running import only_run, train

from xaimed.config.places import groups
from xaimed.evaluation.findings import read_findings


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run without evaluations."""
    output = tmp_path_factory.mktemp("evaluated")
    assert train(output) == 0
    return output


@pytest.fixture
def output(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "output")


@pytest.mark.parametrize("name", groups()["evaluation"])
def test_every_evaluation_adds_to_a_finished_fold(output, name, capsys):
    assert train(output, f"evaluation=[{name}]", "protocol.fold=0") == 0
    assert "explained and evaluated anew" in capsys.readouterr().out
    (folder,) = (only_run(output) / "fold-0" / "evaluations").iterdir()
    evaluation, findings = read_findings(folder)
    assert evaluation == name
    assert folder.name.startswith(f"{name}-")
    assert findings.caption
    assert set(findings.rows["measure"]) <= set(findings.measures)
    assert len(findings.rows) > 0
    before = (folder / "rows.csv").read_bytes()
    assert train(output, f"evaluation=[{name}]", "protocol.fold=0") == 0
    assert "fold 0: finished before, reused" in capsys.readouterr().out
    shutil.rmtree(folder)
    assert train(output, f"evaluation=[{name}]", "protocol.fold=0") == 0
    assert (folder / "rows.csv").read_bytes() == before


def test_a_new_fold_is_evaluated_when_it_ends(tmp_path):
    assert train(tmp_path, "evaluation=[picture_quality]") == 0
    for fold in only_run(tmp_path).glob("fold-*"):
        (folder,) = (fold / "evaluations").iterdir()
        assert json.loads((folder / "about.json").read_text())["evaluation"] == "picture_quality"
