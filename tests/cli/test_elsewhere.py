"""``xaimed table RUN --on``: a finished run on another labelled dataset, and what it loses there."""

import csv
import json
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from support.pictures import CLASSES, class_folders
from support.running import TINY, only_run, train
from support.tiny import tiny_network

from xaimed.cli.main import main
from xaimed.data.preparation import Preparation
from xaimed.data.reading import read_picture
from xaimed.evaluation.reading import read_predictions
from xaimed.studies.jury import Voter

NO_DATA = tuple(text for text in TINY if not text.startswith("dataset"))
QUICK = ("trainer.max_epochs=1", "logger=[]", "callbacks=[early_stopping]", "loader.cache_gb=0")
ALLOW = ("--allow", "support")


@pytest.fixture(scope="module")
def made(tmp_path_factory, session_cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(session_cache))
        folder = tmp_path_factory.mktemp("home")
        root = class_folders(folder / "ward")
        assert train(folder, "dataset=folder", f"dataset.root={root}", *QUICK, base=NO_DATA) == 0
        return only_run(folder)


@pytest.fixture
def run(made, tmp_path):
    return shutil.copytree(made, tmp_path / made.name)


@pytest.fixture
def clinic(tmp_path):
    return class_folders(tmp_path / "clinic", seed=5, each=4)


def on(run, root, *more, status=0):
    assert main(["table", str(run), "--on", "dataset=folder", f"dataset.root={root}", *more, *ALLOW]) == status


def refused(capsys, *arguments):
    capsys.readouterr()
    on(*arguments, status=2)
    said = capsys.readouterr().err.strip()
    assert said.startswith("xaimed: ")
    assert "\n" not in said
    return said


def stored(run):
    (folder,) = (run / "elsewhere").iterdir()
    return folder


def rows(folder):
    with (folder / "summary.csv").open(newline="") as file:
        return {row["Metric"]: row for row in csv.DictReader(file)}


def facts(folder):
    return json.loads((folder / "asked.json").read_text())


def test_every_fold_predicts_all_of_it_and_the_drop_is_stated(run, clinic, capsys):
    on(run, clinic)
    said = " ".join(capsys.readouterr().out.split())
    folder = stored(run)
    there = [read_predictions(folder / f"fold-{fold}.csv") for fold in (0, 1)]
    for fold, table in enumerate(there):
        network = tiny_network(3, False).eval()
        network.load_state_dict(torch.load(run / f"fold-{fold}" / "weights.pt", weights_only=True))
        pictures = [read_picture(clinic / f"{name}.png") for name in table.frame["sample_id"]]
        images = torch.stack([Preparation(32, "imagenet")(picture) for picture in pictures])
        np.testing.assert_allclose(table.logits, network(images).detach(), atol=1e-5)
        assert list(table.frame["label"]) == [name.split("/")[0] for name in table.frame["sample_id"]]
    right = np.array([100 * table.correct.mean() for table in there])
    home = np.array(
        [100 * read_predictions(run / f"fold-{fold}" / "predictions.csv").correct.mean() for fold in (0, 1)]
    )
    together = np.mean([table.probabilities for table in there], axis=0).argmax(1)
    row = rows(folder)["Accuracy (%) ↑"]
    assert float(row["Home"]) == pytest.approx(home.mean())
    assert float(row["Home SD"]) == pytest.approx(home.std(ddof=1))
    assert float(row["Elsewhere"]) == pytest.approx(right.mean())
    assert float(row["Elsewhere SD"]) == pytest.approx(right.std(ddof=1))
    assert float(row["Drop"]) == pytest.approx(home.mean() - right.mean())
    assert float(row["Elsewhere, folds vote"]) == pytest.approx(100 * np.mean(together == there[0].targets))
    for text in (
        "Home: n = 18 different samples",
        "Elsewhere: n = 12 samples of 12 patients of clinic, judged by 2 folds.",
    ):
        assert text in said
    page = (run / "report.md").read_text()
    assert "## Elsewhere" in page
    assert (folder / "summary.md").read_text().strip() in page
    assert "Set aside" not in page


def test_what_was_predicted_is_kept_and_told_again_without_a_model(run, clinic, capsys, monkeypatch):
    on(run, clinic)
    before = {path: path.read_bytes() for path in stored(run).iterdir()}
    with monkeypatch.context() as patch:
        patch.setattr(Voter, "network", None)
        on(run, clinic)
    assert {path: path.read_bytes() for path in stored(run).iterdir()} == before
    (run / "report.md").unlink()
    code = (
        "import sys; from xaimed.cli.main import main; status = main(sys.argv[1:]);"
        "sys.exit(status or bool({'torch', 'lightning'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code, "table", str(run)], check=False).returncode == 0
    assert before[stored(run) / "summary.md"].decode().strip() in (run / "report.md").read_text()
    Image.fromarray(np.zeros((8, 8), dtype=np.uint8)).save(clinic / CLASSES[0] / "more.png")
    on(run, clinic)
    assert len(list((run / "elsewhere").iterdir())) == 2


def test_pictures_that_the_run_knows_are_set_aside_whatever_they_are_called(run, clinic, made):
    ward = made.parents[1] / "ward"
    for name in CLASSES:
        with Image.open(ward / name / "0.png") as known:
            known.save(clinic / name / "as_if_new.bmp")
    (clinic / "Normal" / "empty.png").write_bytes(b"")
    on(run, clinic)
    aside = pd.read_csv(stored(run) / "set_aside.csv")
    assert sorted(aside["path"]) == sorted(["Normal/empty.png", *(f"{name}/as_if_new.bmp" for name in CLASSES)])
    assert list(aside["reason"])[1:] == ["the run was trained on this picture, or chosen by it"] * 3
    assert len(read_predictions(stored(run) / "fold-0.csv")) == 12
    assert facts(stored(run))["notes"] == [
        "Set aside, as the run was trained on them or chosen by them: 3.",
        "Set aside, as they cannot be read: 1.",
    ]


def test_its_own_data_are_no_other_data(run, made, capsys):
    assert "all 18 pictures" in refused(capsys, run, made.parents[1] / "ward")
    assert not (run / "elsewhere").exists()


def test_where_the_training_data_are_gone_names_decide_and_that_is_said(run, tmp_path):
    config = json.loads((run / "run.json").read_text())
    config["config"]["dataset"]["root"] = str(tmp_path / "gone")
    (run / "run.json").write_text(json.dumps(config))
    mixed = class_folders(tmp_path / "other" / "ward", seed=9, each=8)  # 0 to 5 are called as in training
    on(run, mixed)
    assert sorted({name.split("/")[1] for name in read_predictions(stored(run) / "fold-0.csv").frame["sample_id"]}) == [
        "6",
        "7",
    ]
    assert any("cannot be told by their pixels" in note for note in facts(stored(run))["notes"])
    shutil.rmtree(run / "elsewhere")
    on(run, mixed, "dataset.name=clinic")
    assert len(read_predictions(stored(run) / "fold-0.csv")) == 24


def test_other_names_are_mapped_and_some_of_the_classes_are_enough(run, tmp_path, capsys):
    root = class_folders(tmp_path / "clinic", seed=5, each=4, names=("healthy", "Scoliosis"))
    said = refused(capsys, run, root)
    assert "binary of ['Scoliosis', 'healthy'] there, multiclass of ['Normal', 'Scoliosis', 'Slip'] here" in said
    assert "'healt'" in refused(capsys, run, root, "--classes", "healt=Normal")
    assert "Did you mean 'Normal'" in refused(capsys, run, root, "--classes", "healthy=normal")
    assert "THEIRS=OURS" in refused(capsys, run, root, "--classes", "healthy")
    on(run, root, "--classes", "healthy=Normal")
    said = " ".join(capsys.readouterr().out.split())
    assert "Elsewhere: no sample of 'Slip', left out where undefined." in said
    table = read_predictions(stored(run) / "fold-1.csv")
    assert table.classes == CLASSES
    assert list(table.frame["label"]) == ["Scoliosis"] * 4 + ["Normal"] * 4


def test_what_was_edited_is_not_counted(run, clinic, capsys):
    on(run, clinic)
    file = stored(run) / "fold-0.csv"
    file.write_text(file.read_text().replace("Normal/1", "Normal/one"))
    assert "changed after it was written" in refused(capsys, run, clinic)
    assert main(["table", str(run)]) == 0
    assert "not counted: this file was changed" in (run / "report.md").read_text()


def test_a_place_that_cannot_be_written_to_is_said(run, clinic, capsys):
    (run / "elsewhere").write_text("a file")
    assert "cannot be written to" in refused(capsys, run, clinic)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{run}", "--on", "dataset.size=32"], "name the other dataset"),
        (["{run}", "--on", "dataset=folder", "dataset.root=x", "image.size=64"], "does not belong to the dataset"),
        (["{run}", "--on", "dataset=foldr"], "Did you mean 'folder'"),
        (["{run}", "--on", "dataset=folder"], "dataset.root must be given"),
        (["{run}", "--on", "dataset=folder", "dataset.root={run}/nowhere"], "does not exist"),
        (["{run}/nowhere", "--on", "dataset=spine"], "no such directory"),
        (["--on", "dataset=spine"], "0 are named"),
        (["{run}", "--on", "dataset=spine", "--colour", "red"], "unrecognized arguments"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(made, capsys, arguments, said):
    capsys.readouterr()
    assert main(["table", *(text.format(run=made) for text in arguments), *ALLOW]) == 2
    error = capsys.readouterr().err.strip()
    assert said in error
    assert "\n" not in error


def test_a_run_without_a_finished_fold_is_refused(made, clinic, tmp_path, capsys):
    run = shutil.copytree(made, tmp_path / made.name, ignore=shutil.ignore_patterns("fold-*"))
    assert "no finished fold" in refused(capsys, run, clinic)
