"""A run that was cut off anywhere and given again ends with the same bytes as one that was not."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from support.running import TINY, contents, only_run, train

import xaimed.studies.fold
from xaimed.callbacks.explain import ExplainFold
from xaimed.callbacks.predictions import WritePredictions
from xaimed.store.fold import Fold
from xaimed.training.classifier import Classifier

LONG = (
    "callbacks.explain.cases=0",
    "explainer.mc_gradcam.passes=2",
    "trainer.max_epochs=4",
    "callbacks.early_stopping.patience=2",
    "schedule.patience=0",
    "optimizer.lr=0.01",
)


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory, session_cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(session_cache))
        output = tmp_path_factory.mktemp("unbroken")
        assert train(output, *LONG) == 0
    return only_run(output)


def kill_at(monkeypatch, owner, name, when):
    """The method raises when ``when(count, args)`` says so, once."""
    whole = getattr(owner, name)
    state = {"calls": 0, "done": False}

    def cut(*args, **kwargs):
        state["calls"] += 1
        if not state["done"] and when(state["calls"], args):
            state["done"] = True
            raise Killed
        return whole(*args, **kwargs)

    monkeypatch.setattr(owner, name, cut)


POINTS = {
    "before the first step": (Classifier, "training_step", lambda n, a: n == 1),
    "in the middle of an epoch": (Classifier, "training_step", lambda n, a: n == 6),
    "in a validation": (Classifier, "validation_step", lambda n, a: n == 5),
    "before an epoch's checkpoint": (Classifier, "on_train_epoch_end", lambda n, a: n == 3),
    "after the last epoch": (xaimed.studies.fold, "_write_history", lambda n, a: n == 1),
    "before the predictions": (WritePredictions, "on_predict_end", lambda n, a: n == 1),
    "while explaining": (ExplainFold, "_store", lambda n, a: n == 2),
    "while drawing": (ExplainFold, "_draw", lambda n, a: n == 1),
    "before publishing": (Fold, "publish", lambda n, a: n == 1),
    "in the second fold": (Classifier, "training_step", lambda n, a: a[0].fold == 1 and a[0].current_epoch == 2),
}


@pytest.mark.parametrize("point", POINTS)
def test_the_same_bytes_wherever_it_was_cut_off(tmp_path, monkeypatch, unbroken, point):
    kill_at(monkeypatch, *POINTS[point])
    with pytest.raises(Killed):
        train(tmp_path, *LONG)
    run = only_run(tmp_path)
    assert len(list(run.glob("fold-*.partial"))) == 1
    assert train(tmp_path, *LONG) == 0
    for fold in (0, 1):
        expected, found = contents(unbroken, fold), contents(run, fold)
        assert found.keys() == expected.keys()
        assert [name for name in expected if found[name] != expected[name]] == []
        timings = json.loads((run / f"fold-{fold}" / "timings.json").read_text())
        assert len(timings["epoch_seconds"]) == timings["epochs"] == len(found["history.csv"].splitlines()) - 1
        assert min(timings["epoch_seconds"]) > 0
    assert not list(run.glob("*.partial"))


@pytest.mark.parametrize(
    "measures",
    [
        ["imbalance=smote_features", "strategy=feature_extraction"],
        ["imbalance=minority_copies", "imbalance.sampler=weighted", "imbalance.weights=balanced"],
    ],
    ids=["synthetic features", "copies, draws and weights"],
)
def test_measures_against_imbalance_go_on_where_they_were(tmp_path, monkeypatch, measures):
    quick = ["protocol.fold=0", "trainer.max_epochs=3", "callbacks=[early_stopping,best_checkpoint]", "logger=[]"]
    asked = (*quick, *measures)
    assert train(tmp_path / "whole", *asked) == 0
    kill_at(monkeypatch, Classifier, "training_step", lambda n, a: a[0].current_epoch == 2 and a[2] == 1)
    with pytest.raises(Killed):
        train(tmp_path / "cut", *asked)
    assert train(tmp_path / "cut", *asked) == 0
    assert contents(only_run(tmp_path / "cut"), 0) == contents(only_run(tmp_path / "whole"), 0)


def test_a_fold_that_used_up_its_patience_trains_no_further_when_taken_up(tmp_path, monkeypatch):
    stop_early = (*LONG, "trainer.max_epochs=30", "callbacks.early_stopping.patience=1", "optimizer.lr=1e-9")
    assert train(tmp_path / "whole", *stop_early) == 0
    kill_at(monkeypatch, xaimed.studies.fold, "_write_history", lambda n, a: True)
    with pytest.raises(Killed):
        train(tmp_path / "cut", *stop_early)
    assert train(tmp_path / "cut", *stop_early) == 0
    whole, cut = only_run(tmp_path / "whole"), only_run(tmp_path / "cut")
    assert len((whole / "fold-0/history.csv").read_text().splitlines()) < 20
    assert contents(cut, 0) == contents(whole, 0)


def test_a_real_sigkill(tmp_path, unbroken):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-m", "xaimed", "train", *TINY, "strategy=scratch", f"output={tmp_path}", *LONG]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if list(tmp_path.glob("runs/*/fold-*.partial/resume.ckpt")):
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.01)
    assert process.wait() == -signal.SIGKILL
    assert train(tmp_path, *LONG) == 0
    run = only_run(tmp_path)
    assert [contents(run, fold) for fold in (0, 1)] == [contents(unbroken, fold) for fold in (0, 1)]


LATER = (
    "protocol.fold=0",
    "trainer.max_epochs=4",
    "optimizer.lr=0.01",
    "strategy=gradual_unfreezing",
    "strategy.every=1",
    "strategy.decay=0.5",
    "schedule=cosine",
    "schedule.warmup_epochs=0.5",
    "callbacks=[early_stopping,best_checkpoint,explain,ema]",
    "callbacks.explain.cases=0",
    "callbacks.ema.decay=0.8",
    "explainer=gradcam",
    "loader.batch_size=4",
    "trainer.accumulate_grad_batches=3",
    "trainer.gradient_clip_val=0.5",
    "trainer.channels_last=true",
)


def test_thawing_averaging_warming_up_and_accumulating_go_on_where_they_were(tmp_path, monkeypatch):
    """Cut off in the epoch that thaws the last stage, so that the one before it has just got its optimizer state."""
    assert train(tmp_path / "whole", *LATER) == 0
    kill_at(monkeypatch, Classifier, "training_step", lambda n, a: a[0].current_epoch == 2 and n % 4 == 0)
    with pytest.raises(Killed):
        train(tmp_path / "cut", *LATER)
    resume = next((tmp_path / "cut").glob("runs/*/fold-0.partial/resume.ckpt"))
    state = torch.load(resume, weights_only=True)
    assert len(state["optimizer_states"][0]["state"]) == 4  # the head's two weights and the upper stage's two
    assert not torch.equal(
        state["state_dict"]["network.head.1.weight"], state["xaimed"]["trained"]["network.head.1.weight"]
    )
    assert train(tmp_path / "cut", *LATER) == 0
    whole, cut = only_run(tmp_path / "whole"), only_run(tmp_path / "cut")
    assert contents(cut, 0) == contents(whole, 0)
