"""A fold normalised by its own training pictures keeps its numbers, and is resumed and explained with them."""

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from support.running import contents, only_run, train

import xaimed.studies.normalization
from xaimed.callbacks.explain import load_maps
from xaimed.data.preparation import Preparation
from xaimed.errors import StoreError
from xaimed.store.fold import NORMALIZATION
from xaimed.store.writing import read_json
from xaimed.studies import plan as plans
from xaimed.studies.normalization import preparation_of_fold, write_normalization
from xaimed.training.classifier import Classifier

TARGET = "xaimed.data.preparation.Preparation"
OWN = (
    "image.normalization=fold",
    "explainer=gradcam",
    "callbacks.explain.cases=0",
    "trainer.max_epochs=2",
    "augmentation=pneumonia",
)


class Killed(BaseException):
    """Stands for SIGKILL."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory, session_cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(session_cache))
        sources = []
        original = plans.folds_of
        patch.setattr(plans, "folds_of", lambda *args: sources.append(original(*args)[0]) or original(*args))
        output = tmp_path_factory.mktemp("own")
        assert train(output, *OWN) == 0
    return output, sources[0]


def numbers_of(run, fold):
    return read_json(run / f"fold-{fold}" / NORMALIZATION)


def test_the_numbers_are_those_of_the_folds_training_pictures(trained):
    output, manifest = trained
    run = only_run(output)
    for fold in (0, 1):
        split = pd.read_csv(run / f"fold-{fold}" / "split.csv")
        names = set(split[split["role"] == "train"]["sample_id"].astype(str))
        frame = manifest.frame[manifest.frame["sample_id"].astype(str).isin(names)]
        assert 0 < len(frame) < len(manifest)
        # 32 px is what the phantoms are drawn at; 0.875 of 37 px is seen of them
        values = [
            np.asarray(Image.open(manifest.root / path).resize((37, 37), Image.Resampling.BILINEAR))[2:34, 2:34] / 255
            for path in frame["path"]
        ]
        numbers = numbers_of(run, fold)
        np.testing.assert_allclose(numbers["mean"], np.mean(values), atol=2e-3)
        np.testing.assert_allclose(numbers["std"], np.std(values), atol=2e-3)
        assert len(set(numbers["mean"])) == 1
    assert numbers_of(run, 0) != numbers_of(run, 1)
    assert NORMALIZATION in json.loads((run / "fold-0" / "fold.json").read_text())["sealed"]


def test_a_finished_fold_is_explained_with_its_own_numbers(trained, tmp_path, monkeypatch):
    output = tmp_path / "copy"
    shutil.copytree(trained[0], output)
    run = only_run(output)
    before = {fold: contents(run, fold) for fold in (0, 1)}
    for fold in (0, 1):
        shutil.rmtree(run / f"fold-{fold}" / "explanations")

    def measured_again(*_):
        raise AssertionError("measured again")

    monkeypatch.setattr(xaimed.studies.normalization, "measured_channels", measured_again)
    assert train(output, *OWN) == 0
    assert {fold: contents(run, fold) for fold in (0, 1)} == before
    (maps,) = (run / "fold-0" / "explanations").glob("gradcam-*")
    assert load_maps(maps)["heatmap"].any()


def test_edited_numbers_are_refused(trained, tmp_path, capsys):
    output = tmp_path / "copy"
    shutil.copytree(trained[0], output)
    file = only_run(output) / "fold-0" / NORMALIZATION
    file.write_text(file.read_text().replace('"mean": [\n    0.', '"mean": [\n    1.'))
    assert train(output, *OWN) == 2
    assert NORMALIZATION in capsys.readouterr().err


def test_a_resumed_fold_has_the_same_numbers_and_the_same_end(trained, tmp_path, monkeypatch):
    whole, calls = Classifier.training_step, []

    def killed(*args, **kwargs):
        calls.append(1)
        if len(calls) == 3:
            raise Killed
        return whole(*args, **kwargs)

    monkeypatch.setattr(Classifier, "training_step", killed)
    with pytest.raises(Killed):
        train(tmp_path, *OWN)
    run = only_run(tmp_path)
    begun = (run / "fold-0.partial" / NORMALIZATION).read_bytes()
    assert train(tmp_path, *OWN, "protocol.fold=0") == 0
    assert (run / "fold-0" / NORMALIZATION).read_bytes() == begun
    assert contents(run, 0) == contents(only_run(trained[0]), 0)


def test_numbers_that_are_none_are_named(tmp_path):
    begun = SimpleNamespace(config={"image": {"_target_": TARGET, "size": 8, "normalization": "fold"}})
    for content in ('{"mean": [1, 2], "std": [1, 1, 1]}', '{"mean": [1, 2, 3]}', "[]", "{"):
        (tmp_path / NORMALIZATION).write_text(content)
        with pytest.raises(StoreError, match=r"no means and deviations.*normalization\.json"):
            preparation_of_fold(begun, None, tmp_path)


def test_a_named_normalization_is_written_down_and_never_read(tmp_path):
    write_normalization(Preparation(8, "imagenet"), tmp_path)
    written = read_json(tmp_path / NORMALIZATION)
    assert written == {"normalization": "imagenet", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
    (tmp_path / NORMALIZATION).write_text("damaged")
    named = SimpleNamespace(config={"image": {"_target_": TARGET, "size": 8, "normalization": "imagenet"}})
    assert preparation_of_fold(named, None, tmp_path).mean == (0.485, 0.456, 0.406)
