"""Every measure against imbalance through the command line: what it leaves on disk, what it says, what it refuses."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from support.running import TINY, only_run, train
from torch.nn import functional

from xaimed.config.places import groups
from xaimed.evaluation.reading import read_predictions
from xaimed.store.cache import cache_root
from xaimed.training.objectives import CrossEntropy

QUICK = ("protocol.fold=0", "trainer.max_epochs=1", "explainer=[]", "logger=[]", "augmentation=spine")
UNEVEN = ("dataset.counts={Normal: 6, Scoliosis: 20, Spondylolisthesis: 6}",)
CHEST = ("dataset=chest", "dataset.counts={NORMAL: 8, PNEUMONIA: 24}")
BASE = tuple(text for text in TINY if not text.startswith("dataset.counts"))
NEEDS = {
    "positive_weights": CHEST,
    "pneumonia": CHEST,
    "smote_features": (*UNEVEN, "strategy=feature_extraction"),
}


def table_of(output):
    return pd.read_csv(only_run(output) / "fold-0" / "imbalance.csv", index_col="class")


def run(output, option, *more):
    return train(output, *QUICK, *NEEDS.get(option, UNEVEN), f"imbalance={option}", *more, base=BASE)


@pytest.mark.parametrize("option", groups()["imbalance"])
def test_every_option_runs(tmp_path, option, capsys):
    """The training rows are those of ``split.csv``, and the validation loss is that of the stored predictions."""
    assert run(tmp_path, option) == 0
    said = capsys.readouterr().out
    fold = only_run(tmp_path) / "fold-0"
    split = pd.read_csv(fold / "split.csv")
    predictions = read_predictions(fold / "predictions.csv")
    assert set(predictions.frame["sample_id"]) == set(split["sample_id"][split["role"] != "train"])
    weight = dict.fromkeys(predictions.classes, 1.0)
    if option == "none":
        assert "Imbalance" not in said
        assert not (fold / "imbalance.csv").exists()
    else:
        assert "Imbalance, training rows of fold 0" in said
        table = table_of(tmp_path)
        assert table["pictures"].sum() == (split["role"] == "train").sum()
        assert table["effective %"].sum() == pytest.approx(100)
        if option == "pneumonia":
            assert "'NORMAL' is over-corrected" in " ".join(said.split())
        else:
            assert table["effective %"].max() == pytest.approx(100 / len(table))
            assert "over-corrected" not in said
        copied = option in ("minority_copies", "smote_pixels", "pneumonia")
        assert (table["with copies"] == (table["pictures"].max() if copied else table["pictures"])).all()
        weight = table["loss weight"].to_dict()
    logged = pd.read_csv(fold / "history.csv")["val/loss"].iloc[0]
    assert logged == pytest.approx(expected_loss(predictions, weight), rel=1e-4)


def expected_loss(predictions, weight):
    """The weighted cross-entropy of stored predictions, in numpy."""
    names = np.array(predictions.classes)[predictions.targets]
    probability = predictions.probabilities[np.arange(len(names)), predictions.targets]
    return float(np.mean([weight[name] * -np.log(p) for name, p in zip(names, probability, strict=True)]))


def test_each_measure_is_a_run_of_its_own(tmp_path):
    for option in ("none", "class_weights"):
        assert run(tmp_path, option) == 0
    runs = sorted((tmp_path / "runs").iterdir())
    assert len(runs) == 2
    assert len({(path / "fold-0" / "weights.pt").read_bytes() for path in runs}) == 2
    facts = [json.loads((path / "run.json").read_text()) for path in runs]
    assert len({(path / "fold-0" / "split.csv").read_bytes() for path in runs}) == 1
    assert {fact["config"]["imbalance"]["weights"] for fact in facts} == {"none", "balanced"}


def test_copies_lie_in_the_cache_and_nowhere_else(tmp_path, monkeypatch):
    monkeypatch.setenv("XAIMED_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "data"
    for name, count in {"healthy": 6, "ill": 14}.items():
        (root / name).mkdir(parents=True)
        for i in range(count):
            noise = np.random.default_rng([i, count]).integers(0, 256, (32, 32), dtype=np.uint8)
            Image.fromarray(noise).save(root / name / f"{name}{i}.png")
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    base = tuple(text for text in TINY if not text.startswith("dataset"))
    where = ["dataset=folder", f"dataset.root={root}", *QUICK, "imbalance=pneumonia", "callbacks=[early_stopping]"]
    assert train(tmp_path / "out", *where, base=base) == 0
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before
    (folder,) = (path for path in (cache_root() / "imbalance").iterdir() if path.is_dir())
    table = table_of(tmp_path / "out")
    assert len(list(folder.glob("*.png"))) == table["pictures"].max() - table["pictures"].min()
    ratio = table.loc["healthy", "pictures"] / table.loc["ill", "pictures"]
    assert table.loc["ill", "loss weight"] == pytest.approx(ratio, rel=1e-6)


def test_a_loss_that_is_no_number_names_the_copies(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        CrossEntropy, "every", lambda self, logits, targets, task: functional.cross_entropy(logits * torch.nan, targets)
    )
    assert run(tmp_path, "minority_copies", "loader.batch_size=16") != 0
    assert "#copy" in capsys.readouterr().out


def several_labels(folder):
    """A table of twelve pictures with two labels, one of them rarer, and one unknown."""
    folder.mkdir()
    rows = []
    for i in range(12):
        noise = np.random.default_rng(i).integers(0, 256, (32, 32), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"{i}.png")
        rows.append({"path": f"{i}.png", "often": int(i % 3 != 0), "rare": -1 if i == 0 else int(i % 4 == 1)})
    pd.DataFrame(rows).to_csv(folder / "table.csv", index=False)
    return ["dataset=table", f"dataset.file={folder / 'table.csv'}", "dataset.label=[often,rare]"]


@pytest.mark.parametrize("option", ["positive_weights", "weighted_sampler"])
def test_several_labels(tmp_path, option, capsys):
    base = tuple(text for text in TINY if not text.startswith("dataset"))
    where = [*several_labels(tmp_path / "data"), *QUICK, "callbacks=[early_stopping]"]
    assert train(tmp_path / "out", *where, f"imbalance={option}", base=base) == 0
    assert "share of the label's loss" in " ".join(capsys.readouterr().out.split())
    table = table_of(tmp_path / "out")
    if option == "weighted_sampler":
        assert table.loc["rare", "draws %"] > 100 * table.loc["rare", "pictures"] / 6
    else:
        assert table["effective %"].tolist() == pytest.approx([50, 50])
    assert train(tmp_path / "refused", *where, "imbalance=minority_copies", base=base) == 2
    assert "other labels would be copied too" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["imbalance=positive_weights"], "none is the positive one"),
        (["imbalance=smote_features"], "Scratch trains the body"),
        (["imbalance=smote_features", "strategy=finetune"], "FineTuning trains the body"),
        (["imbalance=minority_copies", "augmentation=none"], "copies are the pictures themselves"),
        (["imbalance=none", "imbalance.weights=balance"], "Did you mean 'balanced'"),
        (["imbalance=none", "imbalance.neighbors=3"], "Did you mean 'neighbours'"),
        (["imbalance=class_weigths"], "Did you mean 'class_weights'"),
        (["imbalance=none", "imbalance.recipe={_target_: os.system}"], "os.system"),
        (["imbalance=minority_copies", "imbalance.smote_features=true"], "add nothing"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(tmp_path, capsys, overrides, said):
    assert train(tmp_path / "out", *QUICK, *UNEVEN, *overrides, base=BASE) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("xaimed: ")
    assert "\n" not in error
    assert said in error
    assert not (tmp_path / "out").exists()


def test_an_objective_that_knows_no_weights_is_refused(tmp_path, capsys):
    objective = "objective={_target_: support.objectives.Plain}"
    assert train(tmp_path / "out", *QUICK, *UNEVEN, objective, "imbalance=class_weights", base=BASE) == 2
    assert "Plain cannot weigh classes" in capsys.readouterr().err
    assert train(tmp_path / "out", *QUICK, *UNEVEN, objective, "imbalance=weighted_sampler", base=BASE) == 0
