"""Objectives through the command line: what only some tasks can use, what is logged, and what is refused."""

import pandas as pd
import pytest
import torch
from PIL import Image
from support.running import TINY, contents, only_run, train

from xaimed.cli.main import main
from xaimed.data.randomness import seed_for
from xaimed.training.classifier import Classifier

QUICK = ("protocol.fold=0", "trainer.max_epochs=2", "explainer=gradcam", "callbacks.explain.cases=0", "logger=[csv]")
NO_DATA = tuple(text for text in TINY if not text.startswith("dataset"))


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """Pictures of noise, each with two labels, some of which nobody knows."""
    root = tmp_path_factory.mktemp("labelled")
    rows = []
    for i in range(16):
        noise = torch.Generator().manual_seed(seed_for("labelled", i))
        Image.fromarray(torch.randint(0, 256, (32, 32), generator=noise).byte().numpy()).save(root / f"{i}.png")
        rows.append({"path": f"{i}.png", "edema": i % 2, "effusion": -1 if i % 5 == 0 else i // 2 % 2})
    pd.DataFrame(rows).to_csv(root / "table.csv", index=False)
    return ("dataset=table", f"dataset.file={root}/table.csv", "dataset.label=[edema,effusion]", "augmentation=none")


def history(output):
    return pd.read_csv(only_run(output) / "fold-0" / "history.csv")


@pytest.mark.parametrize(
    "objective",
    [
        ["bce", "objective.positive_weights={edema: 2, effusion: 3}"],
        ["focal", "objective.alpha=0.25"],
        ["consistency", "objective@objective.base=bce"],
    ],
    ids=lambda texts: texts[0],
)
def test_labels_that_nobody_knows_train_under_every_objective(tmp_path, labelled, objective):
    assert train(tmp_path, *labelled, *QUICK, f"objective={objective[0]}", *objective[1:], base=NO_DATA) == 0
    found = history(tmp_path)
    assert len(found) == 2
    assert (found["val/loss"] > 0).all()


def test_consistency_logs_its_terms_and_validates_the_whole_objective_at_the_final_alpha(tmp_path):
    assert (
        train(tmp_path, *QUICK, "objective=consistency", "objective.ramp_epochs=2", "trainer.precision=bf16-mixed") == 0
    )
    found = history(tmp_path)
    assert found["train/alpha"].tolist() == pytest.approx([0.0, 0.1])
    assert found["val/alpha"].tolist() == pytest.approx([0.2, 0.2])
    assert found["train/loss"][0] == pytest.approx(found["train/classification"][0], rel=1e-5)
    for part, alpha in (("train", found["train/alpha"]), ("val", 0.2)):
        whole = found[f"{part}/classification"] + alpha * found[f"{part}/inconsistency"]
        assert found[f"{part}/loss"].tolist() == pytest.approx(whole.tolist(), rel=1e-4)
        assert (found[f"{part}/inconsistency"] > 0).all()
        assert found[f"{part}/empty_maps"].between(0, 1).all()


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


def test_a_ramp_cut_off_and_given_again_ends_with_the_same_bytes(tmp_path, monkeypatch):
    command = (*QUICK, "trainer.max_epochs=3", "objective=consistency", "objective.ramp_epochs=3")
    assert train(tmp_path / "whole", *command) == 0
    with monkeypatch.context() as patch:
        whole = Classifier.training_step

        def cut(module, batch, index):
            if module.current_epoch == 2:
                raise Killed
            return whole(module, batch, index)

        patch.setattr(Classifier, "training_step", cut)
        with pytest.raises(Killed):
            train(tmp_path / "cut", *command)
    assert train(tmp_path / "cut", *command) == 0
    expected, found = (contents(only_run(tmp_path / name), 0) for name in ("whole", "cut"))
    assert [name for name in expected if found[name] != expected[name]] == []


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["objective=weighted"], "objective.weights must be given"),
        (["objective=weighted", "objective.weights={Normal: 1, Scolosis: 1, Spondylolisthesis: 1}"], "'Scoliosis'"),
        (["objective=bce"], "cannot choose between 3 exclusive classes"),
        (["objective=focal", "objective.alpha=0.5"], "one alpha cannot weigh 3 exclusive classes"),
        (["objective=consistency", "objective@objective.base=bce"], "cannot choose between 3 exclusive classes"),
        (["objective=consistency", "objective.ig_steps=0"], "objective.ig_steps"),
        (["objective=consistency", "objective.ig_step=3"], "'ig_steps'"),
        (["objective=consistency", "objective.base._target_=os.system"], "lies outside the packages"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else "",
)
def test_what_does_not_fit_is_refused_before_anything_is_written(tmp_path, capsys, overrides, said):
    assert main(["train", *TINY, "strategy=scratch", f"output={tmp_path / 'out'}", *overrides]) == 2
    line = capsys.readouterr().err.strip()
    assert "\n" not in line
    assert said in line
    assert not (tmp_path / "out").exists()


def test_a_compiled_network_is_refused_where_it_must_be_differentiated_twice(tmp_path, capsys):
    assert train(tmp_path, "objective=consistency", "trainer.compile=eager") == 2
    assert "cannot be differentiated twice" in capsys.readouterr().err
    assert not list(tmp_path.rglob("fold-*"))
