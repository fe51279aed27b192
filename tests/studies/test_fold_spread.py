"""The spread over the folds of one run, through the command line, beside the same computed by hand."""

import json
import re
import shutil

import numpy as np
import pytest
import torch
from support.running import only_run, train
from support.tiny import tiny_network

from xaimed.callbacks.explain import load_maps
from xaimed.cli.main import main
from xaimed.data.protocol import Split
from xaimed.data.reading import read_picture
from xaimed.evaluation.findings import read_arrays, read_findings
from xaimed.evaluation.reading import read_predictions
from xaimed.explain.combined import weighted_sum
from xaimed.explain.gradcam import GradCAM
from xaimed.explain.predictive import mutual_information, predictive_entropy
from xaimed.store.run import Run
from xaimed.studies import fold_spread
from xaimed.studies.fold_agreement import agreement_over_folds_of
from xaimed.studies.fold_spread import explain_over_folds, trained_on
from xaimed.studies.normalization import preparation_of_fold
from xaimed.studies.plan import make_plan
from xaimed.studies.result import result_of

ASKED = ("callbacks.explain.over_folds=true", "callbacks.explain.cases=0", "image.normalization=fold")
QUICK = ("explainer=gradcam", "trainer.max_epochs=1")


@pytest.fixture(scope="module")
def output(tmp_path_factory, session_cache):
    """A run of two folds, the first made alone before the spread was asked for."""
    output = tmp_path_factory.mktemp("spread")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(session_cache))
        assert train(output, *QUICK, *ASKED, "protocol.fold=0") == 0
        assert not list(output.rglob("folds-*"))
        assert train(output, *QUICK, *ASKED) == 0
    return output


def test_mean_and_spread_are_those_of_both_networks(output):
    run = only_run(output)
    plan = make_plan(json.loads((run / "run.json").read_text())["config"])
    rows = {name: row for row, name in enumerate(plan.manifest.frame["sample_id"])}
    networks, preparations = [], []
    for split in plan.splits:
        networks.append(tiny_network(3, False))
        networks[-1].load_state_dict(torch.load(run / f"fold-{split.fold}" / "weights.pt", weights_only=True))
        preparations.append(preparation_of_fold(plan, split, run / f"fold-{split.fold}"))
    assert preparations[0].mean != preparations[1].mean  # each network sees pictures as it was trained on them
    for fold in (0, 1):
        (folder,) = (run / f"fold-{fold}" / "explanations").glob("folds-*")
        found = load_maps(folder)
        reported = read_predictions(run / f"fold-{fold}" / "predictions.csv")
        assert list(found["sample_id"]) == list(reported.frame["sample_id"])
        assert found["targets"].tolist() == reported.predicted.tolist()
        assert found["trained_on"].tolist() == [1] * len(reported)
        entries = plan.manifest.frame.iloc[[rows[name] for name in found["sample_id"]]]
        pictures = [read_picture(plan.manifest.root / path) for path in entries["path"]]
        own = []
        for network, preparation in zip(networks, preparations, strict=True):
            images = torch.stack([preparation(picture) for picture in pictures])
            own.append(GradCAM()(network, images, torch.from_numpy(found["targets"])))
        mean, spread = weighted_sum([one.heatmap for one in own], [0.5, 0.5])
        np.testing.assert_allclose(found["heatmap"], mean.numpy(), atol=1e-4)
        np.testing.assert_allclose(found["uncertainty"], spread.numpy(), atol=1e-4)
        assert found["uncertainty"].max() > 0.01
        chances = torch.stack([one.logits.softmax(1) for one in own])
        np.testing.assert_allclose(found["folds_probabilities"], chances.transpose(0, 1).numpy(), atol=1e-5)
        np.testing.assert_allclose(found["predictive_entropy"], predictive_entropy(chances).numpy(), atol=1e-5)
        np.testing.assert_allclose(found["mutual_information"], mutual_information(chances).numpy(), atol=1e-5)
        np.testing.assert_allclose(found["folds_probabilities"][:, fold], reported.probabilities, atol=1e-5)
        asked = json.loads((folder / "asked.json").read_text())
        assert asked["explainer"] == "gradcam"
        assert asked["folds"] == [0, 1]


def test_how_far_the_networks_agree_lies_beside_the_spread_and_stands_in_the_report(output):
    run = only_run(output)
    values = []
    for fold in (0, 1):
        (folder,) = (run / f"fold-{fold}" / "explanations").glob("folds-*")
        name, found = read_findings(folder)
        assert name == "agreement_over_folds"
        assert read_arrays(folder)["folds"].tolist() == [0, 1]
        rows = found.rows[found.rows["measure"] == "spearman"]
        assert rows["sample_id"].tolist() == load_maps(folder)["sample_id"].tolist()
        values.extend(rows["value"].dropna())
    page = (run / "report.md").read_text()
    assert "**Evaluation: agreement over folds**" in page
    assert f"| gradcam | {np.mean(values):.3f} (" in page
    table = (run / "tables" / "folds.csv").read_text()
    assert table.startswith("Explainer,Rank correlation ↑,Rank correlation ↑ low,")
    assert main(["table", str(run)]) == 0  # from what is stored
    assert (run / "tables" / "folds.csv").read_text() == table


def test_the_agreement_of_the_most_folds_is_told(output, tmp_path):
    run = shutil.copytree(only_run(output), tmp_path / "run")
    predictions = result_of(Run(run)).predictions
    (whole,) = agreement_over_folds_of(Run(run), predictions)
    for fold in (0, 1):
        (folder,) = (run / f"fold-{fold}" / "explanations").glob("folds-*")
        fewer = shutil.copytree(folder, folder.parent / "folds-000000")
        np.savez(fewer / "arrays.npz", folds=np.array([0]))
    (found,) = agreement_over_folds_of(Run(run), predictions)
    assert len(found.rows) == len(whole.rows) > 0
    assert found.places == whole.places
    (folder / "rows.csv").write_text("edited")
    (left,) = agreement_over_folds_of(Run(run), predictions)
    assert list(left.places) == [0]


def test_panels_say_over_how_many_networks_that_knew_the_picture(output, monkeypatch):
    config = json.loads((only_run(output) / "run.json").read_text())["config"]
    config["callbacks"]["explain"] |= {"cases": 1, "over_folds": True}
    drawn = []
    monkeypatch.setattr(fold_spread, "draw_cases", lambda *args: drawn.append(args))
    explain_over_folds(make_plan(config))
    assert [args[1].split.fold for args in drawn] == [0, 1]
    for cases, _, stored, _, _, notes in drawn:
        assert list(stored) == ["Grad-CAM over folds"]
        assert {notes[case.sample_id] for case in cases} == {"1 of 2 networks trained on it"}


def test_it_is_made_once_and_only_where_it_is_asked_for(output, capsys):
    files = sorted(only_run(output).rglob("explanations/*/*"))
    before = [file.stat().st_mtime_ns for file in files]
    assert train(output, *QUICK, *ASKED) == 0
    said = capsys.readouterr().out
    assert re.search(r"over folds: \S+/fold-\*/explanations/folds-\w{6}, by 2 networks; rank correlation ", said)
    assert re.search(r"correlation -?\d\.\d{3} \(.*\), overlap of the highest 20 % \d\.\d{3} \(.*\) by gradcam\n", said)
    assert train(output, *QUICK, *ASKED[1:]) == 0
    assert "over folds:" not in capsys.readouterr().out
    assert sorted(only_run(output).rglob("explanations/*/*")) == files
    assert [file.stat().st_mtime_ns for file in files] == before


def test_where_nothing_is_finished_there_is_no_spread(output, tmp_path):
    config = json.loads((only_run(output) / "run.json").read_text())["config"] | {"output": str(tmp_path)}
    assert explain_over_folds(make_plan(config)) == "over folds: 0 finished, so there is no spread yet"


def test_how_many_networks_trained_on_a_picture_is_counted():
    def split(fold, *train):
        return Split(fold, np.array(train), np.array([9]), np.array([9]))

    assert trained_on([split(0, 1, 2), split(1, 2, 3), split(2, 2)], [0, 1, 2, 9]).tolist() == [0, 1, 3, 0]
