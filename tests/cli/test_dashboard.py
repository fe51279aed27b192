"""TensorBoard's own server, started by the command, is asked for what its pages ask for."""

import io
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

import pandas as pd
import pytest
from PIL import Image
from support.running import only_run, train

from xaimed.cli.dashboard import shown_first
from xaimed.cli.main import main
from xaimed.evaluation.calibration import decisions, ece
from xaimed.evaluation.reading import read_predictions
from xaimed.reporting.tensorboard import add_hparams

ASKED = ("explainer=[gradcam]", "callbacks.explain.cases=1", "trainer.max_epochs=1", "protocol.fold=0")
PATIENCE = 60.0
CALLBACKS = "callbacks=[early_stopping,best_checkpoint,explain,embeddings,explanation_metrics]"


class Board:
    """A running server."""

    def __init__(self, address):
        self.address = address

    def get(self, path, body=None, **query):
        url = f"{self.address}data/{path}" + (f"?{urlencode(query, quote_via=quote)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(url, data, {"Content-Type": "application/json"}), timeout=PATIENCE) as answer:
            content = answer.read()
            return json.loads(content) if "json" in answer.headers["Content-Type"] else content

    def run(self, end):
        (name,) = (name for name in self.get("runs") if name.endswith(end))
        return name


@pytest.fixture(scope="module")
def output(tmp_path_factory, session_cache):
    """Two runs of one fold: one as it was trained, and its copy with the row of a run with another seed."""
    output = tmp_path_factory.mktemp("output")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(session_cache))
        assert train(output, CALLBACKS, *ASKED, "seed=1") == 0
    first = only_run(output)
    second = first.with_name(f"{first.name}-again")
    shutil.copytree(first, second)
    metrics = json.loads((second / "fold-0/metrics.json").read_text())
    add_hparams(second / "hparams", {"seed": 2}, {"final/accuracy": metrics["accuracy"]}, name=second.name)
    return output


@pytest.fixture(scope="module")
def board(output):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-m", "xaimed", "dashboard", str(output / "runs"), "--port", "0"]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        line = server.stdout.readline()
        assert line.startswith(f"TensorBoard on {output / 'runs'}: http://localhost:")
        address, tab = line.split(": ", 1)[1].split()[0].split("#")
        assert tab == "custom_scalars"
        found = Board(address)
        deadline = time.monotonic() + PATIENCE
        while len(found.get("runs")) < 6 and time.monotonic() < deadline:
            time.sleep(0.2)
        yield found
    finally:
        server.terminate()
        server.wait()


def test_every_run_has_its_curves_layout_and_features(board, output):
    names = {run.name for run in (output / "runs").iterdir()}
    places = ("fold-0/tensorboard", "fold-0/embeddings", "hparams")
    assert set(board.get("runs")) == {f"{name}/{place}" for name in names for place in places}


def test_the_layout_of_all_runs_is_one(board):
    layout = board.get("plugin/custom_scalars/layout")
    charts = {section["title"]: section["chart"] for section in layout["category"]}
    assert list(charts) == ["Loss", "Accuracy and AUC", "Calibration", "Learning rate", "Explanations"]
    assert [chart["title"] for chart in charts["Loss"]] == ["validation loss", "training loss"]
    for run in (name for name in board.get("runs") if name.endswith("fold-0/tensorboard")):
        for chart in (chart for section in charts.values() for chart in section):
            (tag,) = chart["multiline"]["tag"]
            found = board.get("plugin/custom_scalars/scalars", run=run, tag=tag)
            if "likeness" not in tag:  # there is no map before that of the first epoch
                assert [len(values) for values in found["tag_to_events"].values()] == [1], tag


def test_hparams_put_the_runs_side_by_side(board, output):
    asked = {"allowedStatuses": ["STATUS_SUCCESS"], "startIndex": 0, "sliceSize": 10, "includeMetrics": True}
    experiment = board.get("plugin/hparams/experiment", {"includeMetrics": True})
    parameters = {info["name"]: info for info in experiment["hparamInfos"]}
    assert parameters["seed"]["differs"] is True
    assert [info["name"]["tag"] for info in experiment["metricInfos"]].count("final/accuracy") == 1
    groups = board.get("plugin/hparams/session_groups", asked)["sessionGroups"]
    assert {group["hparams"]["seed"] for group in groups} == {1, 2}
    assert {group["name"] for group in groups} == {run.name for run in (output / "runs").iterdir()}
    for group in groups:
        values = {value["name"]["tag"]: value["value"] for value in group["metricValues"]}
        metrics = json.loads((output / "runs" / group["name"] / "fold-0/metrics.json").read_text())
        assert values["final/accuracy"] == pytest.approx(metrics["accuracy"], abs=1e-6)
    (trained,) = (group for group in groups if group["hparams"]["seed"] == 1)
    assert trained["hparams"]["trainer.max_epochs"] == 1
    values = {value["name"]["tag"]: value["value"] for value in trained["metricValues"]}
    told = read_predictions(output / "runs" / trained["name"] / "fold-0/predictions.csv")
    assert values["final/ece"] == pytest.approx(ece([decisions(told)]), abs=1e-6)


def test_each_fold_has_its_figures_and_a_sample_its_place(board, output):
    shown = board.get("plugin/images/tags")
    assert len(shown) == 2
    for run, tags in shown.items():
        figures = {"fold/confusion", "fold/roc", "fold/precision_recall", "fold/calibration"}
        assert figures | {"panels/overview"} == {tag for tag in tags if tag.count("/") < 2}
        panels = [tag for tag in tags if tag.count("/") == 2]
        files = (output / "runs" / run).parent.glob("explanations/panels-*/*orrect-*.png")
        assert 3 <= len(panels) == len(list(files)) <= 6
        for tag in panels:
            _, true, sample = tag.split("/")
            assert sample.startswith(true.lower())  # so the phantom names its samples
        for tag in ("fold/roc", panels[0]):
            (about,) = board.get("plugin/images/images", run=run, tag=tag, sample=0)
            assert about["step"] == 0
            content = board.get("plugin/images/individualImage?" + about["query"])
            assert min(Image.open(io.BytesIO(content)).size) > 200


def test_every_class_has_its_curve(board, output):
    curves = board.get("plugin/pr_curves/tags")
    for run in (name for name in board.get("runs") if name.endswith("fold-0/tensorboard")):
        assert set(curves[run]) == {"fold/Normal", "fold/Scoliosis", "fold/Spondylolisthesis"}
        (curve,) = board.get("plugin/pr_curves/pr_curves", tag="fold/Normal", run=run)[run]
        assert curve["recall"][0] == 1.0  # at a threshold of 0 nothing is missed
        truth = pd.read_csv((output / "runs" / run).parent / "predictions.csv")["label"]
        assert curve["true_positives"][0] == (truth == "Normal").sum()
        assert curve["true_positives"][0] + curve["false_positives"][0] == len(truth)


def test_the_projector_has_features_labels_and_pictures(board, output):
    run = board.get("plugin/projector/runs")[0]
    n = len(pd.read_csv((output / "runs" / run).parent / "predictions.csv"))  # the rows selected by are those reported
    (tensor,) = board.get("plugin/projector/info", run=run)["embeddings"]
    asked = {"run": run, "name": tensor["tensorName"]}
    labels = board.get("plugin/projector/metadata", **asked).decode().splitlines()
    assert labels[0].split("\t") == ["true", "predicted", "sample"]
    assert tensor["tensorShape"] == [len(labels) - 1, 16] == [n, 16]
    assert len(board.get("plugin/projector/tensor", **asked)) == 4 * n * 16
    assert Image.open(io.BytesIO(board.get("plugin/projector/sprite_image", **asked))).size == (4 * 32, 4 * 32)


def event_files(place, runs, folds):
    for name in (f"run-{run}/{part}" for run in range(runs) for part in ("hparams", *folds)):
        (place / name).mkdir(parents=True)
        (place / name / "events.out.tfevents.1").touch()


@pytest.mark.parametrize(
    ("runs", "folds", "tab", "noted"),
    [
        (10, (0, 1, 2), "custom_scalars", False),  # TensorBoard ticks all of 40 names
        (8, (0, 1, 2, 3, 4), "custom_scalars&regexInput=fold-.*/tensorboard", False),
        (40, (2, 3), "custom_scalars&regexInput=fold-2.*/tensorboard", False),
        (41, (0,), "hparams", True),
        (50, (), "custom_scalars", False),
    ],
)
def test_it_opens_on_as_many_curves_as_tensorboard_ticks(tmp_path, runs, folds, tab, noted):
    event_files(tmp_path, runs, [f"fold-{fold}/tensorboard" for fold in folds])
    found, note = shown_first(tmp_path)
    assert (found, note.startswith("More than 40 runs")) == (tab, noted)


def test_nothing_to_show_is_said(tmp_path, capsys):
    assert main(["dashboard", str(tmp_path)]) == 2
    assert "there is nothing for TensorBoard to show" in capsys.readouterr().err
    assert main(["dashboard", str(tmp_path / "nowhere")]) == 2
    assert "there is no such directory" in capsys.readouterr().err


def test_a_port_that_is_taken_is_said(output, capsys):
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["dashboard", str(output / "runs"), "--port", str(port)]) == 2
    assert f"cannot listen on localhost, port {port}" in capsys.readouterr().err
