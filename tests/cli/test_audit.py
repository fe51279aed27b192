"""``xaimed audit``: what it writes and says of a set with planted faults, and what it refuses in one line."""

from __future__ import annotations

import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image
from support.corpus import NOISE

from xaimed.cli.main import main

PATIENT = r"dataset.group_pattern='^(\w+)-'"


def pictures(root, patients, split="", label="a", seed=0):
    """Two pictures of each patient; class b is a little brighter in nothing that is anatomy."""
    rng = np.random.default_rng([seed, ord(label)])
    folder = root / split / label
    folder.mkdir(parents=True, exist_ok=True)
    for patient in patients:
        for number in range(2):
            coarse = Image.fromarray(rng.integers(60, 190, (8, 8), dtype=np.uint8))
            coarse.resize((64, 64), Image.Resampling.BICUBIC).save(folder / f"{label}{patient}-{number}.png")


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A published split that leaks a patient and a copy, with two unreadable files."""
    root = tmp_path_factory.mktemp("planted") / "chests"
    for label in "ab":
        pictures(root, range(8), "train", label)
        pictures(root, range(8, 12), "test", label, seed=1)
    train, test = root / "train" / "a", root / "test" / "a"
    (train / "a0-0.png").rename(test / "a0-0.png")  # the patient a0
    shutil.copy(train / "a1-0.png", test / "a99-0.png")  # the same picture under another name
    shutil.copy(train / "a2-0.png", root / "train" / "b" / "b98-0.png")  # and under another class
    (train / "a50-0.png").write_bytes(b"")
    Image.fromarray(NOISE).save(train / "a51-0.png")
    (train / "a51-0.png").write_bytes((train / "a51-0.png").read_bytes()[:2000])
    return root


@pytest.fixture(scope="module")
def audited(planted, tmp_path_factory, session_cache):
    output = tmp_path_factory.mktemp("out")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAIMED_CACHE", str(session_cache))
        command = ["audit", "dataset=folder", f"dataset.root={planted}", PATIENT, "protocol=predefined"]
        assert main([*command, f"output={output}"]) == 0
    (folder,) = (output / "audits").iterdir()
    return folder


def test_json_holds_every_planted_fault_and_no_other(audited):
    facts = json.loads((audited / "audit.json").read_text())
    assert audited.name == f"chests-{facts['fingerprint'][:10]}"
    assert (facts["dataset"], facts["pictures"]) == ("chests", 52)
    assert {row["path"]: row["reason"].split(":")[0] for row in facts["unreadable"]} == {
        "train/a/a50-0.png": "the file is empty",
        "train/a/a51-0.png": "damaged",
    }
    pairs = {(frozenset((pair["sample_id"], pair["twin"])), pair["kind"]) for pair in facts["copies"]["pairs"]}
    assert pairs == {
        (frozenset({"train/a/a1-0", "test/a/a99-0"}), "exact"),
        (frozenset({"train/a/a2-0", "train/b/b98-0"}), "exact"),
    }
    assert {row["label"] for row in facts["copies"]["disagreeing_labels"]} == {"a", "b"}
    leaks = {(row["why"], row["path"], row["part"]) for row in facts["published_split_leaks"]}
    assert leaks == {
        ("patient", "test/a/a0-0.png", "test"),
        ("patient", "train/a/a0-1.png", "train"),
        ("copy", "test/a/a99-0.png", "test"),
        ("copy", "train/a/a1-0.png", "train"),
    }
    assert leaks <= {
        (row["why"], row["path"], row["part"].replace("report", "test")) for row in facts["protocol_leaks"]
    }
    assert (facts["protocol_stopped"], facts["unlike_published"]) == ("", [])
    assert {"class": "a", "split": "test", "pictures": 10, "patients": 6, "unreadable": 0} in facts["counts"]
    assert len(facts["shortcuts"]) >= 9
    assert all(one["verdict"] for one in facts["shortcuts"])


def test_the_page_shows_them_with_pictures(audited):
    page = (audited / "audit.html").read_text()
    text = re.sub(r"<wbr>", "", page)
    for said in (
        "2 unreadable files",
        "2 exact copies",
        "published split: 1 patient and 1 set of copies on both sides (4 pictures)",
        "test: test/a/a0-0.png · train: train/a/a0-1.png",
        "train/a/a50-0.png",
        "the file is empty",
    ):
        assert said in text, said
    assert page.count("data:image/png;base64,") >= 4
    assert re.findall(r'(?:src|href)="(?!data:image/png;base64,)', page) == []


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Two classes of six patients; shortcuts are looked for elsewhere."""
    monkeypatch.setattr("xaimed.data.audit.audit.shortcuts", lambda *_: [])
    for label in "ab":
        pictures(tmp_path / "set", range(6), label=label)
    return [f"dataset.root={tmp_path / 'set'}", "dataset=folder", f"output={tmp_path / 'out'}", PATIENT]


def said(capsys, *command, status=0):
    capsys.readouterr()
    assert main(["audit", *command]) == status
    captured = capsys.readouterr()
    return captured.err.strip() if status else " ".join(captured.out.split())


def facts_of(tmp_path):
    (file,) = (tmp_path / "out" / "audits").glob("*/audit.json")
    return json.loads(file.read_text())


@pytest.mark.parametrize("protocol", ["kfold", "holdout", "nested", "repeated_kfold"])
def test_every_protocol_can_be_audited(small, tmp_path, capsys, protocol):
    out = said(capsys, *small, f"protocol={protocol}")
    assert "✓ 0 unreadable files" in out
    assert "✓ protocol's folds: 0 patients and 0 sets of copies on both sides" in out
    assert facts_of(tmp_path)["protocol_leaks"] == []


def test_copies_are_kept_together_where_training_would(small, tmp_path, capsys):
    folder = tmp_path / "set" / "a"
    for number in range(1, 6):
        shutil.copy(folder / "a0-0.png", folder / f"a{number}-9.png")  # every fold that reports a patient leaks
    assert "! protocol's folds: 0 patients and 1 set" in said(capsys, *small, "protocol=kfold", "protocol.folds=2")
    grouped = said(capsys, *small, "protocol=kfold", "protocol.folds=2", "protocol.leakage=group")
    assert "the protocol makes no folds: class 'a' has 1 patient" in grouped


def test_a_protocol_that_makes_no_folds_is_a_finding(small, tmp_path, capsys):
    assert "! the protocol makes no folds: class 'a' has 6 patients" in said(capsys, *small, "protocol.folds=9")
    assert "fewer than 9 folds" in facts_of(tmp_path)["protocol_stopped"]


def test_a_set_unlike_the_published_one_is_a_finding(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("xaimed.data.audit.audit.shortcuts", lambda *_: [])
    for label, folder in (("N", "Normal"), ("S", "Scol")):
        pictures(tmp_path / "set", range(5), label=label)
        (tmp_path / "set" / label).rename(tmp_path / "set" / folder)
    where = ["dataset=vertebrae", f"dataset.root={tmp_path / 'set'}", f"output={tmp_path / 'out'}"]
    out = said(capsys, *where, "dataset.classes=[Normal,Scoliosis]")
    assert "! 10 pictures of 'Normal', where 71 were published" in out
    assert facts_of(tmp_path)["unlike_published"][0] == "20 pictures, where 259 were published"


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        (["--fast"], "xaimed audit has no option '--fast'"),
        (["--config-dir"], "--config-dir: expected one argument"),
        (["--config-dir", "/nowhere"], "there is no such directory [/nowhere]"),
        (["dataset=kermani"], "there is no dataset 'kermani'. Did you mean 'kermany'?"),
        (["dataset=kermany"], "dataset.root must be given"),
        (["dataset=kermany", "dataset.root=/nowhere"], "rscbjbr9sj"),
        (["dataset=folder", "dataset.root=/nowhere"], "one folder of pictures per class"),
        (["datset=folder"], "there is no option 'datset'. Did you mean 'dataset'?"),
        (["dataset.rooot=x"], "there is no option 'dataset.rooot'"),
        (["protocol.folds=1"], "protocol.folds"),
        (["protocol.leakage=keep"], "protocol.leakage"),
        (["seed=often"], "'often' is no whole number [seed]"),
        (["dataset._target_=os.system"], "outside the packages"),
    ],
)
def test_what_cannot_be_audited_is_refused_in_one_line(tmp_path, capsys, command, fault):
    line = said(capsys, f"output={tmp_path / 'out'}", *command, status=2)
    assert line.startswith("xaimed: ")
    assert fault in line
    assert "\n" not in line
    assert not (tmp_path / "out").exists()


def test_an_output_that_cannot_be_written_is_refused_before_the_work(small, tmp_path, capsys):
    (tmp_path / "out").write_text("a file")
    assert "the audit cannot be written" in said(capsys, *small, status=2)


def test_help_names_what_is_written(capsys):
    assert "audit.html" in said(capsys, "--help")


def test_a_config_of_ones_own_is_found(small, tmp_path, capsys):
    (tmp_path / "conf" / "dataset").mkdir(parents=True)
    mine = f"_target_: xaimed.data.folder.Folder\nroot: {tmp_path / 'set'}\n"
    (tmp_path / "conf" / "dataset" / "mine.yaml").write_text(mine)
    out = said(capsys, "--config-dir", str(tmp_path / "conf"), "dataset=mine", f"output={tmp_path / 'out'}")
    assert "Audit of set: 24 pictures" in out
