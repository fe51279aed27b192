"""What is said of data and weights before anything is trained: absent, otherwise counted, a class lacking."""

from pathlib import Path

import pytest
from PIL import Image

from xaimed.data.folder import Folder
from xaimed.studies.published.paper import Paper
from xaimed.studies.published.parts import Samples
from xaimed.studies.reproduction.beforehand import Data, data_of, unlike_published, weights_of

FOLDER = "xaimed.data.folder.Folder"


def pictures(root: Path, **counts) -> Path:
    for place, count in counts.items():
        folder = root.joinpath(*place.split("__"))
        folder.mkdir(parents=True)
        for i in range(count):
            Image.new("L", (8, 8), i).save(folder / f"{place}-{i}.png")
    return root


def paper(**samples):
    return Paper("p", "p", {name: Samples(name, sum(c.values()), c) for name, c in samples.items()}, {}, {}, {}, {}, {})


def said(root, **samples):
    source = Folder(root)
    return unlike_published(Data(source, source.manifest()), paper(**samples))


def test_the_counts_of_the_paper_are_nothing_to_speak_of(tmp_path):
    root = pictures(tmp_path / "d", Normal=2, Spinal_stenosis=3)
    assert said(root, test={"normal": 2, "Spinal stenosis": 3}) == []


def test_other_counts_than_the_paper_are_told_one_by_one(tmp_path):
    root = pictures(tmp_path / "d", Normal=2, Bad=3, Worse=1)
    assert said(root, images={"Normal": 2, "Bad": 4, "Worse": 9}) == [
        "d: 3 pictures of 'Bad', where the paper counts 4",
        "d: 1 pictures of 'Worse', where the paper counts 9",
    ]


def test_a_class_that_is_lacking_is_named(tmp_path):
    root = pictures(tmp_path / "d", Normal=2, Bad=3)
    assert said(root, images={"Normal": 2, "Bad": 3, "Worse": 9}) == [
        "d: no picture of 'Worse', where the paper counts 9"
    ]


def test_one_split_that_is_the_papers_is_enough(tmp_path):
    root = pictures(tmp_path / "d", train__Normal=4, train__Bad=4, test__Normal=2, test__Bad=3)
    assert said(root, all={"Normal": 100, "Bad": 200}, test={"Normal": 2, "Bad": 3}) == []


def test_classes_of_another_kind_are_not_held_against_the_paper(tmp_path):
    root = pictures(tmp_path / "d", cat=2, dog=3)
    assert said(root, images={"Normal": 2, "Bad": 4}) == []
    assert unlike_published(data_of({"_target_": FOLDER, "root": str(root)}), None) == []


def test_an_absent_dataset_is_a_problem_of_its_own(tmp_path):
    assert "does not exist" in data_of({"_target_": FOLDER, "root": str(tmp_path / "no")}).problem
    (tmp_path / "d" / "Empty").mkdir(parents=True)
    pictures(tmp_path / "d", Normal=2, Bad=3)
    assert (
        "the class folder 'Empty' holds no picture"
        in data_of({"_target_": FOLDER, "root": str(tmp_path / "d")}).problem
    )


def test_a_phantom_is_not_drawn_to_be_looked_at(tmp_path, monkeypatch):
    monkeypatch.setenv("XAIMED_CACHE", str(tmp_path / "cache"))
    data = data_of({"_target_": "xaimed.data.phantoms.spine.SpinePhantom", "counts": [3, 4, 5]})
    assert (data.pictures, data.problem, data.fingerprint) == (12, "", "")
    assert not (tmp_path / "cache").exists()


def config(strategy="FineTuning", **backbone):
    node = {"_target_": "xaimed.models.torchvision_backbones.torchvision_network", "name": "resnet18"}
    return {
        "strategy": {"_target_": f"xaimed.training.strategies.{strategy}"},
        "backbone": {**node, "weights": "imagenet", **backbone},
    }


def test_weights_that_are_not_there_are_told_only_where_they_are_needed():
    gone = config(weights="/no/such.pth")
    assert "there is no such weights file" in weights_of(gone, fetch=True)[0]
    assert "there is no such weights file" in weights_of(gone, fetch=False)[0]
    assert weights_of(config("Scratch", weights="/no/such.pth"), fetch=True) == ("", "")
    assert weights_of(config(weights="stand_in"), fetch=True) == ("", "")


def test_a_dry_run_fetches_no_weights_and_says_which_it_would(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("xaimed.models.weights.urlopen", lambda *_: pytest.fail("went to fetch them"))
    problem, remark = weights_of(config(), fetch=False)
    assert problem == ""
    assert remark == "the ImageNet weights resnet18-f37072fd.pth are not here; training would fetch them"
    assert not list(tmp_path.iterdir())


def test_weights_that_cannot_be_fetched_are_a_problem(tmp_path, monkeypatch):
    def refused(*_, **__):
        raise OSError("no route")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("xaimed.models.weights.urlopen", refused)
    assert "cannot be downloaded (no route)" in weights_of(config(), fetch=True)[0]
