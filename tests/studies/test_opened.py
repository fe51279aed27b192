"""A finished run from Python: every table against the stored files, every figure with labelled axes."""

import json
import re
import shutil
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.metrics import accuracy_score, confusion_matrix, roc_auc_score
from support.running import CONF, SMALL
from support.running import train as train_by_command

from xaimed.api import Comparison, OpenRun, compare, open_run, open_runs, train
from xaimed.errors import ConfigError, StoreError, TrainingError

ASKED = (*SMALL, "backbone=tiny", "strategy=scratch", "logger=[]", "evaluation=[localisation]")
MAPS = ("explainer=[gradcam,mc_gradcam]", "explainer.mc_gradcam.passes=3")


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    return tmp_path_factory.mktemp("opened")


@pytest.fixture(scope="module")
def run(output, session_cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(session_cache))
        yield train(*ASKED, *MAPS, f"output={output}", config_dir=CONF, allow=["support"], quiet=True)


@pytest.fixture(scope="module")
def other(output, run, session_cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(session_cache))
        yield train(*(*ASKED, "backbone.width=4", "explainer=gradcam", f"output={output}"), config_dir=CONF, quiet=True)


@pytest.fixture(scope="module")
def stored(run):
    return pd.concat([pd.read_csv(run.path / f"fold-{i}" / "predictions.csv") for i in range(2)], ignore_index=True)


def texts(figure):
    """All that stands in a figure, the labels of its axes among it."""
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text)]


def labelled(figure):
    """The labels of the axes of a figure that has some."""
    assert isinstance(figure, Figure)
    return {text for axes in figure.axes for text in (axes.get_xlabel(), axes.get_ylabel()) if text}


def test_training_from_python_is_the_run_that_the_command_makes(run, output, capsys):
    before = {place.name: place.stat().st_mtime_ns for place in run.path.glob("fold-*")}
    asked = [text for text in ASKED if text not in SMALL and not text.startswith("backbone")]
    assert train_by_command(output, *asked, *MAPS) == 0
    assert "reused" in capsys.readouterr().out
    assert {place.name: place.stat().st_mtime_ns for place in run.path.glob("fold-*")} == before
    assert run.path.name.startswith("spine-tiny-scratch-")
    assert repr([run]) == f"[OpenRun('{run.path}')]"


def test_predictions_are_the_stored_rows(run, stored):
    found = run.predictions()
    assert list(found["sample_id"]) == list(stored["sample_id"])
    assert np.allclose(found["p:Normal"], stored["p:Normal"], atol=1e-6)
    found["label"] = "changed"
    assert set(run.predictions()["label"]) == set(run.classes)


def test_metrics_agree_with_scikit_learn(run, stored):
    found = run.metrics().set_index("metric")
    assert found.loc["accuracy", "pooled"] == pytest.approx(accuracy_score(stored["label"], stored["predicted"]))
    assert found.loc["accuracy", "low"] <= found.loc["accuracy", "pooled"] <= found.loc["accuracy", "high"]
    assert found.loc["accuracy", "n"] == 30
    by_fold = [accuracy_score(part["label"], part["predicted"]) for _, part in stored.groupby("fold")]
    assert found.loc["accuracy", "mean"] == pytest.approx(np.mean(by_fold))
    assert found.loc["accuracy", "sd"] == pytest.approx(np.std(by_fold, ddof=1))
    chances = stored[[f"p:{name}" for name in run.classes]].to_numpy(dtype=np.float64)
    chances /= chances.sum(axis=1, keepdims=True)
    area = roc_auc_score(stored["label"], chances, multi_class="ovr", labels=list(run.classes))
    assert found.loc["auc", "pooled"] == pytest.approx(area, abs=1e-6)
    folds = run.folds()
    assert list(folds[folds["metric"] == "accuracy"]["value"]) == pytest.approx(by_fold)
    assert list(folds[folds["metric"] == "accuracy"]["n"]) == [15, 15]


def test_the_other_tables_are_those_of_the_run(run, stored):
    matrix = confusion_matrix(stored["label"], stored["predicted"], labels=list(run.classes))
    assert np.array_equal(run.confusion().to_numpy(), matrix)
    errors = run.residuals()
    assert len(errors) == 30 * 3
    assert np.allclose(errors["residual"], errors["truth"] - errors["probability"])
    history = run.history()
    first = pd.read_csv(run.path / "fold-0" / "history.csv")
    assert list(history[history["fold"] == 0]["train/loss"]) == pytest.approx(list(first["train/loss"]))
    calibration = run.calibration()
    assert set(calibration["when"]) == {"as stored"}  # the checkpoint was chosen on the reported rows
    chance = stored[[f"p:{name}" for name in run.classes]].to_numpy()
    truth = np.eye(3)[[run.classes.index(name) for name in stored["label"]]]
    brier = calibration.set_index("measure").loc["brier", "value"]
    assert brier == pytest.approx(((chance - truth) ** 2).sum(axis=1).mean(), abs=1e-5)


def test_findings_and_trust_name_the_explainers_as_a_reader_does(run):
    found = run.findings()
    assert {"gradcam", "mc_gradcam", "random map", "centred blob"} <= set(found["explainer"])
    rows = pd.concat([pd.read_csv(file) for file in run.path.glob("fold-*/evaluations/localisation-*/rows.csv")])
    assert len(found) == len(rows)
    trust = run.trust()
    assert {"Is it right?", "Does it look at the finding?"} <= set(trust["question"])
    assert set(trust["reading"]) <= {"better", "no different", "worse", ""}
    accuracy = trust[trust["measure"] == "Accuracy"].iloc[0]
    assert accuracy["value"] == pytest.approx(run.metrics().set_index("metric").loc["accuracy", "pooled"])
    assert run.warnings() == []


def test_maps_and_pictures_are_found_by_sample(run):
    sample = run.predictions()["sample_id"].iloc[0]
    (file,) = (run.path / "fold-0" / "explanations").glob("mc_gradcam-*/maps.npz")
    with np.load(file) as arrays:
        (row,) = np.flatnonzero(arrays["sample_id"] == sample)
        assert np.array_equal(run.heatmap(sample, "mc_gradcam"), arrays["heatmap"][row])
        assert np.array_equal(run.heatmap(sample, "mc_gradcam", "uncertainty"), arrays["uncertainty"][row])
    picture = run.picture(sample)
    assert picture.shape[1:] == (32, 32)
    assert 0 <= picture.min() < picture.max() <= 1
    finding = next(s for s, label in run.predictions()[["sample_id", "label"]].to_numpy() if label == "Scoliosis")
    assert run.evidence(finding).any()
    assert run.explainers == ["gradcam", "mc_gradcam"]
    labels = run.predictions().set_index("sample_id")["label"]
    assert set(labels[run.cases()]) == set(run.classes)


def test_every_figure_has_labelled_axes(run):
    assert labelled(run.roc_figure()) >= {"false positive rate", "true positive rate"}
    assert labelled(run.roc_figure(kind="precision_recall")) >= {"recall", "precision"}
    assert "epoch" in labelled(run.curves_figure())
    assert len(labelled(run.reliability_figure())) >= 2
    assert len(labelled(run.residuals_figure())) >= 2
    said = texts(run.confusion_figure(title="Ours"))  # a matrix names its axes beside it
    assert {"true", "predicted", "Ours", *run.classes} <= set(said)


def test_heatmaps_stand_beside_their_pictures(run, stored):
    figure = run.heatmaps_figure(run.cases()[:2])
    said = texts(figure)
    assert len(figure.axes) >= 2 * 3  # a picture and two maps for each sample, and a bar of colours
    assert {"Grad-CAM", "MC-dropout mean"} <= set(said)
    labels = stored.set_index("sample_id")["label"]
    assert {labels[name] for name in run.cases()[:2]} <= set(said)
    alone = run.heatmaps_figure(run.cases()[:1], ["gradcam"], title="One")
    assert "One" in texts(alone)
    assert texts(run.heatmaps_figure(run.cases()[0], "gradcam", title="One")) == texts(alone)


def test_what_is_not_there_is_refused_with_what_is(run, tmp_path, output, other):
    sample = run.cases()[0]
    with pytest.raises(ConfigError, match="gradcam"):
        run.heatmap(sample, "gradcm")
    with pytest.raises(ConfigError, match="no sample in this run called 'nobody'"):
        run.heatmap("nobody")
    with pytest.raises(ConfigError, match="nobody"):
        run.heatmaps_figure(["nobody"])
    with pytest.raises(ConfigError, match="lime"):
        run.heatmaps_figure(explainers=["lime"])
    with pytest.raises(ConfigError, match=r"no map of gradcam called 'uncertainty'. Choose from: heatmap"):
        run.heatmap(sample, "gradcam", "uncertainty")
    with pytest.raises(ConfigError, match=r"no map of mc_gradcam called 'uncertainti'. Did you mean 'uncertainty'"):
        run.heatmap(sample, "mc_gradcam", "uncertainti")
    bare = tmp_path / "bare"
    shutil.copytree(run.path, bare, ignore=shutil.ignore_patterns("explanations"))
    unexplained = open_run(bare)
    asked = (unexplained.heatmaps_figure, lambda: unexplained.heatmap(sample))
    for ask in (*asked, compare({"one": unexplained, "two": unexplained}).heatmaps_figure):
        with pytest.raises(StoreError, match=r"no maps are stored.*xaimed evaluate RUN explainer="):
            ask()
    for curves in (run.roc_figure, compare([run, other]).roc_figure):
        with pytest.raises(ConfigError, match=r"no kind of curve called 'pr'. Choose from: precision_recall, roc"):
            curves(kind="pr")
    (tmp_path / "empty").mkdir()
    with pytest.raises(StoreError, match="there is no run here"):
        open_run(tmp_path / "empty")
    with pytest.raises(StoreError, match=r"2 runs here.*open_runs"):
        open_run(output)
    with pytest.raises(ConfigError, match="optimiser"):
        train("optimiser=adam")


def test_a_run_without_a_finished_fold_is_refused_and_left_out(run, tmp_path):
    begun = tmp_path / "begun"
    begun.mkdir()
    (begun / "run.json").write_text((run.path / "run.json").read_text())
    with pytest.raises(StoreError, match="no fold of this run is finished"):
        open_run(begun)
    assert open_runs(begun) == []


def test_a_missing_fold_is_noted(run, tmp_path):
    part = tmp_path / "part"
    part.mkdir()
    (part / "run.json").write_text((run.path / "run.json").read_text())
    (part / "fold-1").symlink_to(run.path / "fold-1")
    opened = open_run(part)
    assert len(opened.predictions()) == 15
    assert any("fold 0 is missing" in note for note in opened.notes)


def test_folds_that_fail_are_named(output):
    with pytest.raises(TrainingError, match="fold 0"):
        train(*ASKED, "optimizer.lr=1e30", f"output={output / 'failing'}", config_dir=CONF, quiet=True)


def test_runs_beside_each_other(run, other, output):
    both = compare({"wide": run, "narrow": other})
    metrics = both.metrics()
    assert list(metrics["run"].unique()) == ["wide", "narrow"]
    assert metrics[metrics["run"] == "narrow"].iloc[0]["pooled"] == other.metrics().iloc[0]["pooled"]
    assert len(both.folds()) == 2 * len(run.folds())
    assert set(both.trust()["run"]) == {"wide", "narrow"}
    tests = both.differences()
    (row,) = tests[(tests["metric"] == "accuracy") & tests["method"].str.contains("McNemar")].to_dict("records")
    ours, theirs = (one.metrics().set_index("metric").loc["accuracy", "pooled"] for one in (run, other))
    assert (row["first"], row["second"]) == ("wide", "narrow")
    assert row["value"] == pytest.approx(ours - theirs)
    assert (tests["adjusted"] >= tests["p"]).all()
    name, reason = both.preferred()
    assert name in ("wide", "narrow", None)
    assert reason
    assert {each.name for each in open_runs(output / "runs")} == {run.name, other.name}


def test_figures_of_runs_beside_each_other(run, other):
    both = compare({"wide": run, "narrow": other})
    assert labelled(both.roc_figure()) >= {"false positive rate", "true positive rate"}
    assert "epoch" in labelled(both.curves_figure())
    for figure in (both.roc_figure(), both.confusion_figure(), both.curves_figure(), both.heatmaps_figure()):
        assert {"wide", "narrow"} <= {text.partition(" (n = ")[0] for text in texts(figure)}
    lacking = both.heatmaps_figure(run.cases()[:1], "mc_gradcam")
    assert "no map stored" in " ".join(texts(lacking)).replace("\n", " ")
    with pytest.raises(ConfigError, match="lime"):
        both.heatmaps_figure(explainer="lime")
    with pytest.raises(ConfigError, match="two different runs"):
        compare([run])
    with pytest.raises(ConfigError, match="two different runs"):
        compare([run, run])


def test_runs_of_other_data_show_their_own_pictures(run, output, tmp_path):
    place = tmp_path / "elsewhere"
    place.mkdir()
    facts = json.loads((run.path / "run.json").read_text())
    facts["config"]["image"]["crop"] = 0.5
    (place / "run.json").write_text(json.dumps({**facts, "data": "other pictures"}))
    for fold in run.path.glob("fold-*"):
        (place / fold.name).symlink_to(fold)
    both = compare({"whole": run, "middle": open_run(place)})
    figure = both.heatmaps_figure(run.cases()[:1])
    assert "These runs have different data" in " ".join(texts(figure)).replace("\n", " ")
    sides = [axes.images[0].get_array().shape[0] for axes in figure.axes[:3]]
    assert sides[0] == sides[1] == 2 * sides[2]


def test_the_page_on_figures_runs_as_it_stands(run, other, output, monkeypatch, tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "figures.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "outputs").symlink_to(output)
    names = {}
    try:
        for block in re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL):
            exec(block, names)
    finally:
        names["plt"].close("all")  # what a page leaves open would be found by the next test that looks
    for name in ("roc.pdf", "heatmaps.pdf", "own.pdf", "heatmap.pdf"):
        assert (tmp_path / name).read_bytes().startswith(b"%PDF")
    told = set(re.findall(r"`run\.(\w+)\(", page))
    drawn = {name for name in vars(OpenRun) if name.endswith("_figure")}
    assert drawn <= told <= set(vars(OpenRun))
    assert all(f"`{name}`" in page for name in vars(Comparison) if not name.startswith("_") and name != "runs")
    assert {each.get_label() for each in names["figure"].axes} >= {"<colorbar>"}


def test_stamps_are_on_every_figure(run, tmp_path):
    place = tmp_path / "stamped"
    place.mkdir()
    facts = json.loads((run.path / "run.json").read_text())
    del facts["data"]  # as in a run that was made before this was recorded
    (place / "run.json").write_text(json.dumps({**facts, "stamps": ["stand-in weights"]}))
    for fold in run.path.glob("fold-*"):
        (place / fold.name).symlink_to(fold)
    stamped = open_run(place)
    figures = [stamped.roc_figure(), stamped.confusion_figure(), stamped.curves_figure(), stamped.residuals_figure()]
    figures += [stamped.reliability_figure(), stamped.heatmaps_figure(run.cases()[:1])]
    figures += [compare([run, stamped]).roc_figure(), compare([run, stamped]).confusion_figure()]
    assert all("stand-in weights" in " ".join(texts(figure)) for figure in figures)
    assert "stand-in weights" in stamped.notes
