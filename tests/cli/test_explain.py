"""``xaimed explain``: what it leaves on disk, without the run's data, and what it refuses."""

import csv
import functools
import json
import os
import pickle
import shutil

import numpy as np
import pytest
import support.tiny
import torch
from PIL import Image
from support.dicoms import write_dicom
from support.pictures import class_folders, noise
from support.running import TINY, only_run, train
from support.tiny import tiny_network

import xaimed.studies.answers
import xaimed.studies.explained
from xaimed.cli.main import main
from xaimed.data.preparation import Preparation
from xaimed.data.reading import read_picture
from xaimed.evaluation.reading import read_predictions
from xaimed.explain.gradcam import GradCAM

NO_DATA = tuple(text for text in TINY if not text.startswith("dataset"))
QUICK = ("trainer.max_epochs=1", "logger=[]", "callbacks.explain.cases=0", "explainer=gradcam")
ALLOW = ("--allow", "support")


def trained(folder, *overrides):
    """A run of two folds whose training pictures are gone."""
    root = class_folders(folder / "data")
    assert train(folder, "dataset=folder", f"dataset.root={root}", *QUICK, *overrides, base=NO_DATA) == 0
    shutil.rmtree(root)
    return only_run(folder)


@pytest.fixture(scope="module")
def made(tmp_path_factory, session_cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(session_cache))
        return trained(tmp_path_factory.mktemp("made"), "image.normalization=fold", "image.crop=0.8")


@pytest.fixture
def new(tmp_path):
    """New pictures: two of one name, a DICOM file without a suffix, and what is no picture."""
    for name in ("a", "b"):
        (tmp_path / "new" / name).mkdir(parents=True)
        Image.fromarray(noise(7, ord(name) % 3)).save(tmp_path / "new" / name / "0.png")
    write_dicom(tmp_path / "IM0001", noise(8, 2).astype(np.uint16))
    (tmp_path / "new" / "bad.png").write_text("nothing")
    return tmp_path / "new"


@pytest.fixture
def lightly(monkeypatch):
    """Panels take most of the time, and most tests look at other things."""
    module = xaimed.studies.answers
    monkeypatch.setattr(module, "save_figure", lambda figure, path: path.write_bytes(b"drawn"))
    for name in ("draw_panel", "draw_overview"):
        monkeypatch.setattr(module, name, lambda *args, **more: None)


def explain(*arguments, status=0):
    assert main(["explain", *map(str, arguments), *ALLOW]) == status


def refused(capsys, *arguments):
    capsys.readouterr()
    explain(*arguments, status=2)
    said = capsys.readouterr().err.strip()
    assert said.startswith("xaimed: ")
    assert "\n" not in said
    return said


def table(folder):
    with (folder / "predictions.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def by_hand(run, index):
    """The network and the preparation of a fold, from its files and nothing of the code under test."""
    fold = run / f"fold-{index}"
    network = tiny_network(3, False).eval()
    network.load_state_dict(torch.load(fold / "weights.pt", weights_only=True))
    numbers = json.loads((fold / "normalization.json").read_text())
    preparation = Preparation(32, "fold", 0.8)
    return network, preparation.normalized_by(tuple(numbers["mean"]), tuple(numbers["std"]))


def test_folds_vote_and_their_maps_are_averaged_with_their_spread(made, new, tmp_path, capsys):
    out = tmp_path / "out"
    explain(made, new, tmp_path / "IM0001", "--output", out)
    said = capsys.readouterr().out
    files = [new / "a" / "0.png", new / "b" / "0.png", tmp_path / "IM0001"]
    chances, maps = [], []
    for index in (0, 1):
        network, preparation = by_hand(made, index)
        images = torch.stack([preparation(read_picture(file)) for file in files])
        chances.append(network(images).softmax(1).detach())
        maps.append((network, images))
    mean = torch.stack(chances).mean(0).double()
    rows = table(out)
    assert [row["file"] for row in rows] == list(map(str, files))
    np.testing.assert_allclose([[float(row[f"p:{c}"]) for c in sorted_classes(made)] for row in rows], mean, atol=1e-6)
    targets = mean.argmax(1)
    assert [row["predicted"] for row in rows] == [sorted_classes(made)[i] for i in targets]
    raw = [GradCAM()(network, images, targets).heatmap for network, images in maps]
    alike = torch.stack([one / one.mean((1, 2), keepdim=True).clamp_min(1e-30) for one in raw])
    stored = np.load(out / "maps.npz")
    np.testing.assert_allclose(stored["gradcam.heatmap"], alike.mean(0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(stored["gradcam.uncertainty"], alike.std(0, correction=0), rtol=1e-4, atol=1e-5)
    spread = alike.std(0, correction=0).mean((1, 2)) / alike.mean(0).mean((1, 2))
    np.testing.assert_allclose(
        [float(row["explanation_uncertainty:gradcam"]) for row in rows], spread, rtol=1e-4, atol=1e-6
    )
    entropy = -(mean * mean.log()).sum(1)
    within = -torch.stack([(c * c.log()).sum(1) for c in chances]).mean(0)
    np.testing.assert_allclose([float(row["predictive_entropy"]) for row in rows], entropy, atol=1e-5)
    np.testing.assert_allclose([float(row["mutual_information"]) for row in rows], entropy - within, atol=1e-5)
    panels = sorted(path.name for path in (out / "panels").iterdir())
    assert panels == ["0001-0.png", "0002-0.png", "0003-IM0001.png"]
    assert [row["panel"] for row in rows] == [f"panels/{name}" for name in panels]
    assert (out / "overview.png").stat().st_size > 5000
    (aside,) = (out / "unreadable.csv").read_text().splitlines()[1:]
    assert aside.startswith(str(new / "bad.png"))
    assert "no JPEG, PNG" in aside
    assert f"open: {out / 'overview.png'}" in said
    assert "set aside 1" in said
    asked = json.loads((out / "asked.json").read_text())
    assert set(asked["voters"]) == {"fold 0", "fold 1"}
    assert asked["mutual_information"] == "over the networks that vote"
    assert set(asked["pictures"]) == {str(file) for file in [*files, new / "bad.png"]}


def sorted_classes(run):
    return json.loads((run / "run.json").read_text())["classes"]


@pytest.mark.usefixtures("lightly")
def test_one_fold_alone_by_number_directory_or_weights_is_the_same(made, new, tmp_path):
    ways = [(made, "--fold", 1), (made / "fold-1",), (made / "fold-1" / "weights.pt",)]
    for i, (place, *more) in enumerate(ways):
        explain(
            place,
            new,
            "--output",
            tmp_path / str(i),
            *more,
            "explainer=[gradcam,mc_gradcam]",
            "explainer.mc_gradcam.passes=3",
        )
    found = [(tmp_path / str(i) / "predictions.csv").read_text() for i in range(3)]
    assert found[0] == found[1] == found[2]
    stored = np.load(tmp_path / "0" / "maps.npz")
    assert "gradcam.uncertainty" not in stored.files
    network, preparation = by_hand(made, 1)
    image = preparation(read_picture(new / "a" / "0.png"))[None]
    np.testing.assert_allclose(stored["gradcam.heatmap"][:1], GradCAM()(network, image).heatmap, rtol=1e-4, atol=1e-7)
    row = table(tmp_path / "0")[0]
    assert row["explanation_uncertainty:gradcam"] == ""
    assert float(row["explanation_uncertainty:mc_gradcam"]) > 0
    assert json.loads((tmp_path / "0" / "asked.json").read_text())["mutual_information"] == "over dropout passes"


@pytest.mark.usefixtures("lightly")
def test_what_is_said_of_a_picture_does_not_depend_on_the_others(made, new, tmp_path):
    explain(made, new, "--output", tmp_path / "all")
    explain(made, new / "b" / "0.png", "--output", tmp_path / "one")
    (alone,) = table(tmp_path / "one")
    beside = table(tmp_path / "all")[1]
    for name in set(alone) - {"panel"}:
        assert alone[name] == beside[name] or abs(float(alone[name]) - float(beside[name])) < 1e-5, name
    maps = [np.load(tmp_path / name / "maps.npz")["gradcam.heatmap"] for name in ("one", "all")]
    np.testing.assert_allclose(maps[0][0], maps[1][1], rtol=1e-4, atol=1e-6)


@pytest.mark.usefixtures("lightly")
def test_checkpoints_with_nothing_but_tensors_are_taken_and_marked(made, new, tmp_path, capsys):
    state = torch.load(made / "fold-0" / "weights.pt", weights_only=True)
    torch.save({"epoch": 3, "state_dict": {f"network.{k}": v for k, v in state.items()}}, tmp_path / "some.ckpt")
    said = refused(capsys, tmp_path / "some.ckpt", new)
    assert "--run DIR" in said
    assert "normalization.json" in refused(capsys, tmp_path / "some.ckpt", new, "--run", made)
    explain(tmp_path / "some.ckpt", new, "--run", made, "--fold", 0, "--output", tmp_path / "out")
    assert "STAMP     weights from outside the run" in capsys.readouterr().out
    explain(made / "fold-0", new, "--output", tmp_path / "own")
    assert (tmp_path / "out" / "predictions.csv").read_text() == (tmp_path / "own" / "predictions.csv").read_text()
    # the same bytes in another place are still those of the fold
    shutil.copy(made / "fold-0" / "weights.pt", tmp_path / "copy.pt")
    explain(tmp_path / "copy.pt", new, "--run", made, "--output", tmp_path / "copied")
    assert "STAMP" not in capsys.readouterr().out


def test_stamps_stand_on_every_picture_and_in_the_terminal(made, new, tmp_path, capsys, monkeypatch):
    run = shutil.copytree(made, tmp_path / made.name)
    facts = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(facts | {"stamps": ["stand-in weights"]}))
    module, stamps, cases = xaimed.studies.answers, [], []
    for name in ("draw_panel", "draw_overview"):
        draw = getattr(module, name)
        monkeypatch.setattr(
            module,
            name,
            lambda *a, stamp, draw=draw, **k: stamps.append(stamp) or cases.append(a[0]) or draw(*a, stamp=stamp, **k),
        )
    explain(run, new, "--output", tmp_path / "out")
    assert stamps == ["stand-in weights"] * 3
    assert "STAMP     stand-in weights" in capsys.readouterr().out
    assert cases[0].header.startswith("a/0.png · predicted: ")
    assert cases[0].subline.startswith("2 folds · entropy ")
    assert cases[0].titles[1:] == ["Grad-CAM, mean of 2 folds", "Grad-CAM, SD over 2 folds"]
    assert cases[0].picture.shape[-2:] == (32, 26)  # what the crop leaves of 40 by 32


@pytest.mark.usefixtures("lightly")
def test_the_same_question_is_answered_once_and_nothing_is_overwritten(made, new, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    explain(made, new)
    (out,) = (tmp_path / "outputs" / "explained").iterdir()
    assert out.name.startswith(f"{made.name}-")
    with monkeypatch.context() as patch:
        patch.setattr(xaimed.studies.explained, "opinion_on", None)
        explain(made, new)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    said = refused(capsys, made, new / "a", "--output", out)
    assert "holds something else" in said
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    assert "holds something else" in refused(capsys, made, new, "--output", tmp_path / "mine")
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


@pytest.mark.usefixtures("lightly")
def test_no_pretrained_weights_are_asked_for(made, new, tmp_path, monkeypatch):
    asked = []

    @functools.wraps(tiny_network)
    def recording(*args, **kwargs):
        asked.append(kwargs["pretrained"])
        return tiny_network(*args, **kwargs)

    monkeypatch.setattr(support.tiny, "tiny_network", recording)
    explain(made, new, "--output", tmp_path / "out")
    assert set(asked) == {False}


@pytest.mark.usefixtures("lightly")
def test_an_ensemble_votes_by_its_shares(made, new, tmp_path):
    other = trained(tmp_path / "other", "image.normalization=fold", "image.crop=0.8", "optimizer.lr=0.01")
    assert (
        main(
            [
                "ensemble",
                str(made),
                str(other),
                "vote=weighted",
                "weigh_by=val/accuracy",
                "explain=false",
                f"output={tmp_path}",
            ]
        )
        == 0
    )
    (ensemble,) = (tmp_path / "runs").iterdir()
    explain(ensemble, new, "--output", tmp_path / "out", "explainer=gradcam")
    expected = 0
    for index in (0, 1):
        shares = [
            float(line.split(",")[-1])
            for line in (ensemble / f"fold-{index}" / "shares.csv").read_text().splitlines()[1:]
        ]
        for run, share in zip((made, other), shares, strict=True):
            network, preparation = by_hand(run, index)
            image = preparation(read_picture(new / "a" / "0.png"))[None]
            expected = expected + share / 2 * network(image).softmax(1).detach().numpy()[0]
    row = table(tmp_path / "out")[0]
    np.testing.assert_allclose([float(row[f"p:{name}"]) for name in sorted_classes(made)], expected, atol=1e-6)
    assert len(json.loads((tmp_path / "out" / "asked.json").read_text())["voters"]) == 4
    clinic = class_folders(tmp_path / "clinic", seed=5, each=1)
    assert main(["table", str(ensemble), "--on", "dataset=folder", f"dataset.root={clinic}", *ALLOW]) == 0
    (elsewhere,) = (ensemble / "elsewhere").iterdir()
    found = read_predictions(elsewhere / "fold-1.csv")
    images = [read_picture(clinic / f"{name}.png") for name in found.frame["sample_id"]]
    together = 0
    for run, share in zip((made, other), shares, strict=True):
        network, preparation = by_hand(run, 1)
        batch = torch.stack([preparation(image) for image in images])
        together = together + share * network(batch).softmax(1).detach().numpy()
    np.testing.assert_allclose(found.probabilities, together, atol=1e-6)


@pytest.mark.usefixtures("lightly")
def test_a_hybrid_is_whole(new, tmp_path):
    hybrid = ("hybrid=svm", "hybrid.handcrafted.size=64", "hybrid.handcrafted.families=[lbp,intensity]")
    root = class_folders(tmp_path / "data")
    assert (
        train(tmp_path, "dataset=folder", f"dataset.root={root}", *QUICK, *hybrid, "protocol.fold=0", base=NO_DATA) == 0
    )
    run = only_run(tmp_path)
    with (run / "fold-0" / "predictions.csv").open(newline="") as file:
        reported = list(csv.DictReader(file))[:3]
    explain(run, *(root / f"{row['sample_id']}.png" for row in reported), "--output", tmp_path / "out")
    for said, row in zip(table(tmp_path / "out"), reported, strict=True):
        assert said["predicted"] == row["predicted"]
        assert [float(said[f"p:{name}"]) for name in sorted_classes(run)] == pytest.approx(
            [float(row[f"p:{name}"]) for name in sorted_classes(run)], abs=1e-5
        )
        assert 0 <= float(said["handcrafted_share"]) <= 1


class Attack:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("save", [lambda thing, path: path.write_bytes(pickle.dumps(thing)), torch.save])
def test_a_malicious_checkpoint_runs_nothing(made, new, tmp_path, capsys, save):
    marker, file = tmp_path / "marker", tmp_path / "epoch.ckpt"
    save({"state_dict": {"a": torch.zeros(1)}, "hyper_parameters": Attack(marker)}, file)
    said = refused(capsys, file, new, "--run", made)
    assert "could run foreign code" in said or save is not torch.save
    assert "torch.save(network.state_dict(), path)" in said
    assert not marker.exists()


def test_a_malicious_run_json_runs_nothing(made, new, tmp_path, capsys):
    run = shutil.copytree(made, tmp_path / made.name)
    facts = json.loads((run / "run.json").read_text())
    facts["config"]["backbone"] = {"_target_": "os.system", "command": f"touch {tmp_path / 'marker'}"}
    (run / "run.json").write_text(json.dumps(facts))
    assert "lies outside the packages" in refused(capsys, run, new)
    assert not (tmp_path / "marker").exists()


def test_weights_of_another_architecture_are_refused_by_their_names(made, new, tmp_path, capsys):
    torch.save({"features.0.weight": torch.zeros(3)}, tmp_path / "other.pt")
    said = refused(capsys, tmp_path / "other.pt", new, "--run", made, "--fold", 0)
    assert "missing: body.first.weight" in said
    assert "1 unexpected: features.0.weight" in said
    torch.save(tiny_network(3, False, width=4).state_dict(), tmp_path / "narrow.pt")
    assert "body.first.weight [4, 3, 3, 3] instead of [8, 3, 3, 3]" in refused(
        capsys, tmp_path / "narrow.pt", new, "--run", made, "--fold", 0
    )


def test_an_edited_fold_is_refused(made, new, tmp_path, capsys):
    run = shutil.copytree(made, tmp_path / made.name)
    with (run / "fold-1" / "weights.pt").open("ab") as file:
        file.write(b" ")
    assert "changed after the fold was finished" in refused(capsys, run, new)
    assert "changed after the fold was finished" in refused(capsys, run / "fold-1" / "weights.pt", new)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{tmp}/nowhere", "{new}"], "no such run or file of weights"),
        (["{new}", "{new}"], "neither a run nor a finished fold"),
        (["{run}"], "at least one picture"),
        (["{run}", "{new}/**/*.dcm"], "no picture is there"),
        (["{run}", "{new}/a/1.png"], "no picture is there"),
        (["{run}", "{new}/bad.png"], "no picture of 1 can be read"),
        (["{run}", "{new}", "--fold", "7"], "fold 7 of this run is not finished"),
        (["{run}/fold-0", "{new}", "--fold", "1"], "contradict each other"),
        (["{run}", "{new}", "--fold", "one"], "invalid int value"),
        (["{run}", "{new}", "explainer=gradcm"], "Did you mean 'gradcam'"),
        (["{run}", "{new}", "explainer.mc_gradcam.passes=3"], "Say which ones"),
        (["{run}", "{new}", "--run", "{run}"], "Leave it out"),
        (["{run}", "{new}", "--output", "{tmp}/IM0001"], "holds something else"),
        (["{run}", "{new}", "--output", "{tmp}/IM0001/below"], "cannot be written to"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(made, new, tmp_path, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(tmp_path)
    places = {"run": made, "new": new, "tmp": tmp_path}
    assert said in refused(capsys, *(text.format(**places) for text in arguments))
    assert not list(tmp_path.glob("outputs/explained/*"))


def test_a_run_without_a_finished_fold_is_refused(made, new, tmp_path, capsys):
    run = shutil.copytree(made, tmp_path / made.name, ignore=shutil.ignore_patterns("fold-*"))
    assert "no finished fold" in refused(capsys, run, new)


@pytest.mark.usefixtures("lightly")
def test_a_full_disk_leaves_nothing_behind(made, new, tmp_path, monkeypatch, capsys):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(xaimed.studies.answers.np, "savez_compressed", full)
    said = refused(capsys, made, new, "--output", tmp_path / "out" / "deep")
    assert "No space left on device" in said
    assert "--output" in said
    assert not list((tmp_path / "out").iterdir())


def test_help_is_short_of_nothing(capsys):
    assert main(["explain", "--help"]) == 0
    assert "usage: xaimed explain RUN IMAGES" in capsys.readouterr().out
