"""docs/recipes.md is true: its commands run as they stand there, on small pictures, and leave a result."""

import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from support.dicoms import write_dicom
from torchvision import models

from xaimed.cli.main import main
from xaimed.data.randomness import seed_for

PAGE = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")
PARTS = {part.partition("\n")[0].strip(): part for part in PAGE.split("\n## ")[1:]}
SMALL = (
    *("image.size=32", "trainer.max_epochs=1", "protocol.folds=2", "loader.batch_size=8", "loader.workers=0"),
    *("evaluation=[]", "explainer=[gradcam]", "callbacks.explain.cases=1"),
)
LITTLE = ("strategy=scratch", "backbone=lumbar_cnn", "backbone.widths=[8,16]", "backbone.dense=8", "audit=false")
COUNTS = "dataset.counts={Normal: 8, Scoliosis: 8, Spondylolisthesis: 8}"


def blocks(title, kind):
    return re.findall(rf"```{kind}\n(.*?)```", PARTS[title], flags=re.DOTALL)


def follow(place, monkeypatch, title, *small):
    """Every command of a recipe, with its files below ``place``; training is made small. The runs."""
    monkeypatch.chdir(place)
    for line in "".join(blocks(title, "sh")).splitlines():
        name, *asked = shlex.split(re.sub(r"=/(data|weights)/", rf"={place}/\1/", line))
        assert name == "xaimed"
        assert main([*asked, *(small if asked[0] == "train" else ())]) == 0, line
    return sorted((place / "outputs" / "runs").iterdir())


def noise(*name):
    return np.random.default_rng(seed_for(*name)).integers(0, 255, (40, 40), dtype=np.uint8)


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(noise(str(path.relative_to(path.parents[3])))).save(path)


def class_folders(root):
    for patient in range(8):
        for view in (1, 2):
            picture(root / ("Normal", "Scoliosis")[patient % 2] / f"p{patient:03}_{view}.png")


def patients(run):
    return set(pd.concat(pd.read_csv(file) for file in run.glob("fold-*/predictions.csv"))["group"])


def test_a_folder(tmp_path, monkeypatch):
    class_folders(tmp_path / "data/spine")
    (run,) = follow(tmp_path, monkeypatch, "My folder of pictures", *SMALL, "strategy=scratch")
    assert (run / "report.html").is_file()
    assert patients(run) == {f"p{patient:03}" for patient in range(8)}


def test_a_table(tmp_path, monkeypatch, capsys):
    head, *_ = blocks("My table", "")[0].splitlines()
    assert head == "file,diagnosis,patient,age,sex"
    rows = [f"img/{i}.png,{('Normal', 'Scoliosis')[i % 2]},p{i},{40 + i},{'fm'[i // 2 % 2]}" for i in range(16)]
    for i in range(16):
        picture(tmp_path / f"data/img/{i}.png")
    (tmp_path / "data/study.csv").write_text("\n".join([head, *rows]) + "\n")
    follow(tmp_path, monkeypatch, "My table", *SMALL, *LITTLE)
    assert re.search(r"^ sex: f +8 ", said := capsys.readouterr().out, flags=re.MULTILINE)
    assert re.search(r"^ sex: m +8 ", said, flags=re.MULTILINE)


def test_dicom_files(tmp_path, monkeypatch):
    pytest.importorskip("pydicom")
    for i in range(16):
        file = tmp_path / "data/dicom" / ("Normal", "Scoliosis")[i % 2] / f"{i}.dcm"
        write_dicom(file, noise("dicom", i), PatientID=f"P{i // 4 * 2 + i % 2}", PatientSex="FM"[i // 8])
    (run,) = follow(tmp_path, monkeypatch, "My DICOM files", *SMALL, *LITTLE)
    assert len(patients(run)) == 8


def test_a_backbone(tmp_path, monkeypatch):
    for kind in ("python", "yaml"):
        (code,) = blocks("My backbone", kind)
        file = tmp_path / code.partition("\n")[0].removeprefix("# ")
        file.parent.mkdir(parents=True)
        file.write_text(code.partition("\n")[2])
    monkeypatch.syspath_prepend(tmp_path)
    (run,) = follow(tmp_path, monkeypatch, "My backbone", *SMALL, "dataset.size=32", COUNTS)
    assert "mine" in run.name


@pytest.mark.slow
def test_a_sweep_by_submitit(tmp_path, monkeypatch):
    pytest.importorskip("submitit")
    runs = follow(
        tmp_path, monkeypatch, "My GPU cluster", *SMALL, "dataset.size=32", COUNTS, "backbone.weights=stand_in"
    )
    assert [sorted(fold.name for fold in run.glob("fold-?")) for run in runs] == [["fold-0", "fold-1"]] * 2


def test_no_network(tmp_path, monkeypatch):
    class_folders(tmp_path / "data/spine")
    file = tmp_path / "weights/resnet18.pth"
    file.parent.mkdir()
    torch.save(models.resnet18().state_dict(), file)
    (run,) = follow(tmp_path, monkeypatch, "A machine without network", *SMALL)
    assert (run / "fold-1" / "predictions.csv").is_file()
