"""Watching the maps while a network is trained changes nothing, and says what it would say by hand."""

from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from support.running import contents, only_run, train
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from xaimed.callbacks.explanation_metrics import ExplanationMetrics, fixed_rows
from xaimed.data.dataset import ManifestDataset
from xaimed.errors import ConfigError
from xaimed.evaluation.similarity import spearman
from xaimed.evaluation.trial import on_image
from xaimed.explain.gradcam import GradCAM
from xaimed.training.classifier import Classifier

QUICK = ("explainer=[]", "protocol.fold=0", "trainer.max_epochs=3", "optimizer.lr=0.01")
WATCHED = "callbacks=[early_stopping,best_checkpoint,ema,explanation_metrics]"
TAGS = ("explain/evidence_mass", "explain/map_likeness")


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


def scalars(output):
    """What was logged of the maps: by tag, (step, value) in the order of steps, each once."""
    events = EventAccumulator(str(only_run(output) / "fold-0/tensorboard"))
    events.Reload()
    return {tag: [(one.step, one.value) for one in events.Scalars(tag)] for tag in TAGS}


@pytest.fixture(scope="module")
def watched(tmp_path_factory, session_cache):
    """A run that is watched, and what was asked of the explainer after every epoch."""
    output, seen = tmp_path_factory.mktemp("watched"), []
    explain = GradCAM.__call__

    def listening(self, network, images, targets=None):
        found = explain(self, network, images, targets)
        if len(images) > 1:
            seen.append((images.clone(), targets.clone(), found.heatmap.clone()))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(session_cache))
        patch.setattr(GradCAM, "__call__", listening)
        assert train(output, WATCHED, *QUICK) == 0
    return output, seen


def test_the_fold_is_the_same_bit_for_bit_and_is_the_same_run(tmp_path, watched):
    plain = WATCHED.replace(",explanation_metrics", "")
    assert train(tmp_path, plain, *QUICK, "logger=[]") == 0
    assert not list(only_run(tmp_path).rglob("events.out.tfevents.*.layout"))  # which only TensorBoard reads
    assert only_run(tmp_path).name == only_run(watched[0]).name
    assert contents(only_run(tmp_path), 0) == contents(only_run(watched[0]), 0)


def test_what_is_logged_is_what_the_maps_say(watched, monkeypatch):
    output, seen = watched
    assert [len(images) for images, _, _ in seen] == [6, 6, 6]
    assert all(torch.equal(images, seen[0][0]) for images, _, _ in seen)
    assert sorted(seen[0][1].tolist()) == [0, 0, 1, 1, 2, 2]
    found = scalars(output)
    steps = [1, 3, 5]
    assert [step for step, _ in found["explain/evidence_mass"]] == steps
    assert [step for step, _ in found["explain/map_likeness"]] == steps[1:]
    maps = [heatmap for _, _, heatmap in seen]
    for (_, value), before, after in zip(found["explain/map_likeness"], maps, maps[1:], strict=False):
        assert value == pytest.approx(np.nanmean(spearman(before, after)), abs=1e-6)


def test_the_mass_is_that_inside_the_masks_of_the_fixed_pictures(watched, monkeypatch):
    output, seen = watched
    taken = []
    begin = ExplanationMetrics.on_train_start

    def start(self, trainer, pl_module):
        begin(self, trainer, pl_module)
        data = trainer.datamodule
        rows = fixed_rows(data, self.each)
        assert set(rows) <= set(data.split.select)
        dataset = ManifestDataset(data.manifest, rows, data.preparation, seed=0, fold=0, with_masks=True)
        taken.append(torch.stack([dataset[i]["mask"] for i in range(len(rows))]))
        raise Killed

    monkeypatch.setattr(ExplanationMetrics, "on_train_start", start)
    with pytest.raises(Killed):
        train(output / "again", WATCHED, *QUICK)
    masks = taken[0] == 1
    shares = []
    for heatmap, mask in zip(on_image(seen[-1][2].clamp_min(0), 32), masks, strict=True):
        if mask.any() and heatmap.sum() > 0:
            shares.append(float(heatmap[mask].sum() / heatmap.sum()))
    assert 0 < len(shares) < 7
    assert scalars(output)["explain/evidence_mass"][-1][1] == pytest.approx(np.mean(shares), abs=1e-5)


def test_a_fold_that_was_cut_off_logs_the_same(tmp_path, watched, monkeypatch):
    end = Classifier.on_train_epoch_end

    def cut(self):
        if self.current_epoch == 1:
            raise Killed
        end(self)

    with monkeypatch.context() as patch:
        patch.setattr(Classifier, "on_train_epoch_end", cut)
        with pytest.raises(Killed):
            train(tmp_path, WATCHED, *QUICK)
    assert train(tmp_path, WATCHED, *QUICK) == 0
    found, expected = scalars(tmp_path), scalars(watched[0])
    assert {tag: dict(values) for tag, values in found.items()} == {tag: dict(v) for tag, v in expected.items()}
    assert contents(only_run(tmp_path), 0) == contents(only_run(watched[0]), 0)


@pytest.mark.parametrize(("epoch", "looks"), [(0, True), (1, False), (2, True), (3, False)])
def test_every_other_epoch_is_left_out(epoch, looks):
    def explain(*_):
        raise Killed

    callback = ExplanationMetrics(explain, every=2)
    module = SimpleNamespace(network=None, device="cpu")
    with pytest.raises(Killed) if looks else nullcontext():
        callback.on_validation_epoch_end(SimpleNamespace(current_epoch=epoch), module)


@pytest.mark.parametrize("wrong", [{"each": 0}, {"every": 0}, {"every": 1.5}, {"each": True}])
def test_what_is_no_number_of_pictures_or_epochs_is_refused(wrong):
    with pytest.raises(ConfigError, match=rf"callbacks\.explanation_metrics\.{next(iter(wrong))}"):
        ExplanationMetrics(GradCAM(), **wrong)
