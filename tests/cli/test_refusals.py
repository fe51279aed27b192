"""What bad input gets: one clear line, exit status 2 and nothing written; or survived, with what was done intact."""

import errno
import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from support.running import TINY, contents, only_run, train

import xaimed.store.writing
from xaimed.cli.main import main
from xaimed.data.randomness import seed_for
from xaimed.data.task import Kind
from xaimed.errors import ConfigError
from xaimed.models.torchvision_backbones import torchvision_network
from xaimed.studies.plan import _measured
from xaimed.training.objectives import CrossEntropy, Value

NO_DATA = tuple(text for text in TINY if not text.startswith("dataset"))


def pictures(root, **counts):
    for name, count in counts.items():
        (root / name).mkdir(parents=True)
        for i in range(count):
            noise = torch.Generator().manual_seed(seed_for(name, i))
            Image.fromarray(torch.randint(0, 256, (32, 32), generator=noise).byte().numpy()).save(
                root / name / f"{i}.png"
            )
    return root


def refused(capsys, output, *overrides, base=TINY):
    """The one line; nothing may have been written."""
    assert train(output, *overrides, base=base) == 2
    said = capsys.readouterr().err.strip()
    assert said.startswith("xaimed: ")
    assert "\n" not in said
    assert not output.exists()
    return said


@pytest.mark.parametrize(
    ("make", "extra", "said"),
    [
        (lambda root: None, [], "does not exist"),
        (lambda root: root.mkdir(), [], "no "),
        (lambda root: root.write_text("a file"), [], "not a "),
        (lambda root: pictures(root, only=6), [], "one class"),
        (lambda root: pictures(root, a=6, b=1), [], "'b'"),
        (lambda root: pictures(root, a=6, b=6), ["dataset.classes=[a,c]"], "c"),
        (lambda root: pictures(root, a=6, b=6), ["protocol.folds=7"], "7"),
        (lambda root: pictures(root, a=6, b=6), ["protocol.fold=5"], "5"),
        (lambda root: pictures(root, a=6, b=6), ["dataset.group_pattern='^(nothing)'"], "nothing"),
    ],
    ids=["absent", "empty", "file", "one class", "few patients", "outside", "many folds", "no such fold", "pattern"],
)
def test_bad_data_is_refused(tmp_path, capsys, make, extra, said):
    make(tmp_path / "data")
    where = ["dataset=folder", f"dataset.root={tmp_path / 'data'}"]
    assert said in refused(capsys, tmp_path / "out", *where, *extra, base=NO_DATA)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("backbone=resnt18", "'resnet18'"),
        ("optimizer.lr=fast", "optimizer cannot be built"),
        ("trainer.max_epoch=3", "'max_epochs'"),
        ("image.size=0", "image.size"),
        ("loader.batch_size=0", "batch"),
        ("backbone.dropout=0", "backbone.dropout=0.2"),
        ("backbone._target_=os.system", "outside the packages"),
        ("+callbacks.mine._target_=torch.hub.load", "outside the packages"),
        ("optimizer._target_=torch.optim.Adm", "'Adam'"),
        ("callbacks.best_checkpoint.monitor=val/los", "callbacks.best_checkpoint.monitor]. Did you mean 'val/loss'"),
        ("schedule.monitor=val/acuracy", "schedule.monitor]. Did you mean 'val/accuracy'"),
        ("callbacks.early_stopping.mode=mni", "'min'"),
        ("trainer.compile=inductr", "'inductor'"),
        ("trainer.gradient_clip_algorithm=size", "trainer cannot be built"),
        ("strategy=finetune_top strategy.top=thrid", "the body has no stage 'thrid'"),
    ],
)
def test_a_bad_configuration_is_refused(tmp_path, capsys, override, said):
    assert said in refused(capsys, tmp_path / "out", *override.split())


def test_an_auc_that_a_fold_cannot_have_is_refused_as_a_monitor(tmp_path, capsys):
    root = tmp_path / "data"
    for part, counts in {"train": {"a": 6, "b": 6}, "val": {"a": 5}, "test": {"a": 3, "b": 3}}.items():
        pictures(root / part, **counts)
    where = ["dataset=folder", f"dataset.root={root}", "protocol=predefined", "protocol.leakage=ignore"]
    watched = "callbacks.early_stopping.monitor=val/auc"
    base = tuple(text for text in NO_DATA if not text.startswith("protocol"))
    assert "no AUC to watch in fold 0" in refused(capsys, tmp_path / "out", *where, watched, base=base)


def test_a_missing_compiler_is_said_before_anything_is_written(tmp_path, capsys, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("no working C++ compiler found\nand a long trace")

    monkeypatch.setattr(torch, "compile", broken)
    said = refused(capsys, tmp_path / "out", "trainer.compile=eager")
    assert "torch.compile does not work here with 'eager': no working C++ compiler found" in said
    assert "long trace" not in said


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["backbone=squeezenet1_1", "image.size=16"], "needs 17 px or more [image.size]"),
        (["backbone=vit_b_16", "image.size=40"], "Say image.size=32 or image.size=48"),
        (["backbone=swin_t", "image.size=2"], "needs 4 px or more"),
        (["backbone=timm"], "backbone.name must be given"),
    ],
)
def test_images_and_names_that_a_network_cannot_take_are_refused(tmp_path, capsys, overrides, said):
    base = tuple(text for text in TINY if not text.startswith(("backbone", "image")))
    assert said in refused(capsys, tmp_path / "out", *overrides, base=base)


def test_a_relu_behind_the_logits_is_refused_where_labels_are_not_exclusive():
    network = torchvision_network("squeezenet1_1", 3, False, size=32)
    with pytest.raises(ConfigError, match="come out of a ReLU"):
        _measured(network, 32, Kind.MULTILABEL)
    assert _measured(network, 32, Kind.MULTICLASS).size == 32


class Evil:
    def __reduce__(self):
        return os.system, ("touch /tmp/evil_was_here",)


def test_weights_from_anybody_cannot_run_code_or_be_mistaken(tmp_path, capsys):
    evil, foreign = tmp_path / "evil.pth", tmp_path / "foreign.pth"
    torch.save({"a": Evil()}, evil)
    torch.save({"some.weight": torch.zeros(3)}, foreign)
    start = ["backbone=resnet18", "strategy=finetune", "image.size=32"]
    assert "refused" in refused(capsys, tmp_path / "out", *start, f"backbone.weights={evil}")
    assert not Path("/tmp/evil_was_here").exists()
    assert "do not fit" in refused(capsys, tmp_path / "out", *start, f"backbone.weights={foreign}")
    assert "no such" in refused(capsys, tmp_path / "out", *start, "backbone.weights=/nowhere/resnet18.pth")
    assert "SHA-256" in refused(
        capsys, tmp_path / "out", *start, f"backbone.weights={foreign}", "backbone.checksum='01234567'"
    )


def test_imagenet_weights_offline_say_what_to_put_where(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "hub"))
    monkeypatch.setattr("xaimed.models.weights.urlopen", _offline)
    said = refused(capsys, tmp_path / "out", "backbone=resnet18", "strategy=finetune", "image.size=32")
    assert "resnet18-f37072fd.pth" in said
    assert str(tmp_path / "hub") in said
    assert "backbone.weights=" in said


def _offline(*_, **__):
    raise OSError("the network is unreachable")


@pytest.fixture(scope="module")
def done(tmp_path_factory, session_cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(session_cache))
        output = tmp_path_factory.mktemp("done")
        assert train(output, "callbacks=[early_stopping,best_checkpoint]") == 0
    return output


@pytest.fixture
def copied(done, tmp_path):
    return Path(shutil.copytree(done, tmp_path / "copy"))


NO_PANELS = "callbacks=[early_stopping,best_checkpoint]"


def test_a_finished_fold_whose_configuration_was_edited_is_refused_and_left_alone(copied, capsys):
    config = only_run(copied) / "fold-1" / "config.yaml"
    config.write_text(config.read_text().replace("seed: 42", "seed: 43"))
    before = contents_of(copied)
    assert train(copied, NO_PANELS) == 2
    assert "config.yaml" in capsys.readouterr().err
    assert contents_of(copied) == before
    assert main(["table", str(copied)]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "fold 1 is not counted" in printed
    assert "n = 15 samples in 1 fold" in printed


def contents_of(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", ["foreign", "evil", "damaged"])
def test_a_foreign_resume_point_is_refused(copied, capsys, kind):
    run = only_run(copied)
    (run / "fold-1").rename(run / "fold-1.partial")
    resume = run / "fold-1.partial" / "resume.ckpt"
    content = {"foreign": {"state_dict": {"a": torch.zeros(1)}, "xaimed": {}}, "evil": {"state_dict": Evil()}}
    if kind == "damaged":
        resume.write_bytes(b"PK\x03\x04 cut off")
    else:
        torch.save(content[kind], resume)
    assert train(copied, NO_PANELS) == 2
    assert "damaged, or not one of this fold" in capsys.readouterr().err
    assert not Path("/tmp/evil_was_here").exists()


def test_an_unreadable_picture_is_set_aside_counted_and_shown(tmp_path, capsys):
    root = pictures(tmp_path / "data", a=12, b=12)
    (root / "a" / "3.png").write_bytes(b"no picture")
    where = ["dataset=folder", f"dataset.root={root}", NO_PANELS]
    assert train(tmp_path / "out", *where, base=NO_DATA) == 0
    printed = capsys.readouterr().out
    assert "1 unreadable picture" in printed
    assert "a/3.png" in printed
    assert "23 pictures" in printed
    listed = (only_run(tmp_path / "out") / "fold-0" / "quarantine.csv").read_text()
    assert "a/3.png" in listed


def test_a_loss_that_is_no_number_ends_the_fold_names_the_batch_and_keeps_the_last_good_checkpoint(
    tmp_path, capsys, monkeypatch
):
    whole = CrossEntropy.__call__

    def poisoned(self, network, images, targets, task):
        value = whole(self, network, images, targets, task)
        spoil = network.training and poisoned.fold == 0 and poisoned.epoch == 1
        return Value(value.loss * float("nan"), value.logits) if spoil else value

    def note(self, batch, batch_idx):
        poisoned.fold, poisoned.epoch = self.fold, self.current_epoch

    monkeypatch.setattr(CrossEntropy, "__call__", poisoned)
    monkeypatch.setattr("xaimed.training.classifier.Classifier.on_train_batch_start", note)
    assert train(tmp_path, NO_PANELS) == 1
    printed = " ".join(capsys.readouterr().out.split())
    assert "the loss became nan in fold 0, epoch 2, batch 1: " in printed
    assert "missing folds 0" in printed
    run = only_run(tmp_path)
    assert (run / "fold-1" / "predictions.csv").exists()
    kept = torch.load(run / "fold-0.partial" / "best.ckpt", weights_only=True)
    assert all(torch.isfinite(value).all() for value in kept["state_dict"].values())
    assert "nan" in json.loads((run / "fold-0.partial" / "failure.json").read_text())["error"]
    monkeypatch.undo()


def test_a_full_disk_ends_the_run_with_what_was_finished_intact(tmp_path, capsys, monkeypatch, done):
    whole = os.fsync
    state = {"full": False, "met": False}

    def fsync(number):
        if state["full"]:
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(number)

    def publish(self, facts, whole=xaimed.store.fold.Fold.publish):
        whole(self, facts)
        state["full"] = facts["samples"] == 15 and not state["met"]
        state["met"] = True

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(xaimed.store.fold.Fold, "publish", publish)
    assert train(tmp_path, NO_PANELS) == 2
    said = capsys.readouterr().err
    assert "No space left on device" in said
    assert "finished folds are intact: 0" in said
    state["full"] = False
    assert train(tmp_path, NO_PANELS) == 0
    assert [contents(only_run(tmp_path), fold) for fold in (0, 1)] == [
        contents(only_run(done), fold) for fold in (0, 1)
    ]


def test_a_disk_that_takes_no_more_in_a_process_of_its_own(tmp_path, session_cache):
    """A real limit on file size, met by the first checkpoint: the error of the operating system, not of a mock."""
    environment = {**os.environ, "XAIMED_CACHE": str(session_cache), "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-m", "xaimed", "train", *TINY, "strategy=scratch", f"output={tmp_path}", NO_PANELS]

    def limit():
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    ended = subprocess.run(
        [*command, "logger=[]"], env=environment, preexec_fn=limit, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2, ended.stderr
    assert "nothing more can be written (File too large)" in ended.stderr
    assert "none yet" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_pictures_that_changed_under_the_same_names_are_another_run(tmp_path, capsys):
    root = pictures(tmp_path / "data", a=6, b=6)
    asked = ("dataset=folder", f"dataset.root={root}", "protocol.fold=0", "trainer.max_epochs=1", "explainer=gradcam")
    assert train(tmp_path / "out", *asked, base=NO_DATA) == 0
    assert train(tmp_path / "out", *asked, base=NO_DATA) == 0
    only_run(tmp_path / "out")
    capsys.readouterr()
    with Image.open(root / "a" / "0.png") as picture:
        changed = picture.point(lambda value: 255 - value)
    changed.save(root / "a" / "0.png")
    assert train(tmp_path / "out", *asked, base=NO_DATA) == 0
    assert "reused" not in capsys.readouterr().out
    assert len(list((tmp_path / "out" / "runs").iterdir())) == 2


@pytest.mark.parametrize("wrong", ["trainer.max_epochs=0", "trainer.accumulate_grad_batches=0"])
def test_numbers_that_train_nothing_are_refused(tmp_path, capsys, wrong):
    assert "no whole number of at least 1" in refused(capsys, tmp_path / "out", wrong)


def test_the_panels_named_at_the_end_are_those_that_were_asked_for(tmp_path, capsys):
    for explainer in ("gradcam", "mc_gradcam"):
        asked = ("protocol.fold=0", "trainer.max_epochs=1", f"explainer={explainer}", "callbacks.explain.cases=1")
        assert train(tmp_path, *asked, *(["explainer.mc_gradcam.passes=2"] if explainer == "mc_gradcam" else [])) == 0
        (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("panels: ")]
        drawn = sorted(
            Path(line.removeprefix("panels: ")).parent.glob("panels-*"), key=lambda place: place.stat().st_mtime
        )
        assert Path(line.removeprefix("panels: ")) == drawn[-1]
