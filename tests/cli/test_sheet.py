"""``xaimed sheet`` shows what training will see, pixel for pixel."""

import numpy as np
import pytest
from PIL import Image
from support.running import CONF, SMALL

import xaimed.studies.sheet as sheet
from xaimed.cli.main import main
from xaimed.config.compose import composed, plain
from xaimed.config.targets import allow
from xaimed.studies.parts import data_of
from xaimed.studies.plan import make_plan, preparation_of

PHANTOMS = {
    "spine": ("counts={Normal: 9, Scoliosis: 12, Spondylolisthesis: 9}", "spine"),
    "chest": ("counts={NORMAL: 9, PNEUMONIA: 12}", "pneumonia"),
    "lumbar": ("counts={Healthy: 6, Herniated Disk: 6, Spinal Stenosis: 6, Spondylosis: 6}", "lumbar"),
    "skin": ("counts={benign: 12, malignant: 9}", "hybrid"),
}


@pytest.mark.parametrize("name", PHANTOMS)
def test_a_sheet_of_every_phantom_with_its_recipe(tmp_path, capsys, name):
    counts, augmentation = PHANTOMS[name]
    command = ["sheet", f"dataset={name}", f"dataset.{counts}", f"augmentation={augmentation}", *SMALL[1:]]
    assert main([*command, "--samples", "3", f"output={tmp_path}", "--epochs=2"]) == 0
    printed = capsys.readouterr().out
    (file,) = (tmp_path / "sheets").glob(f"{name}-{augmentation}-*.png")
    assert str(file) in printed
    assert min(Image.open(file).size) > 500
    before = file.read_bytes()
    assert main([*command, f"output={tmp_path}", "--samples", "3", "--epochs=2", "loader.workers=1"]) == 0
    assert file.read_bytes() == before
    assert len(list((tmp_path / "sheets").iterdir())) == 1


def test_the_pictures_are_those_of_training(tmp_path, monkeypatch):
    allow(["support"])
    drawn = []
    monkeypatch.setattr(sheet, "draw_sheet", lambda rows, **texts: drawn.append((rows, texts)))
    monkeypatch.setattr(sheet, "save_figure", lambda *args: None)
    asked = [*SMALL, "image.normalization=unit", "image.crop=0.8", "protocol.fold=1", f"output={tmp_path}"]
    assert main(["sheet", *asked, "--samples", "5", "--epochs", "3"]) == 0
    ((rows, texts),) = drawn
    assert "fold 1" in texts["title"]
    assert "40 px cropped to 32" in texts["title"]
    assert [row.name for row in rows] == ["Normal", "Normal", "Scoliosis", "Scoliosis", "Spondylolisthesis"]
    config = composed([*asked, "backbone=tiny", "strategy=scratch"], config_dir=str(CONF))
    del config.hydra
    config.name = "named"
    plan = make_plan(plain(config))
    data = data_of(plan, plan.wanted[0], preparation_of(plan.config))
    loader, found = data.train_dataloader(), {}
    for epoch in range(3):
        loader.sampler.set_epoch(epoch)
        for batch in loader:
            for row, image in zip(batch["row"].tolist(), batch["image"], strict=True):
                found[str(plan.manifest.frame["sample_id"][row]), epoch] = image.numpy()
    for row in rows:
        assert len(row.drawn) == 3
        for epoch, case in enumerate(row.drawn):
            np.testing.assert_array_equal(case.picture, found[row.sample_id, epoch])
        assert not np.array_equal(row.prepared.picture, row.drawn[0].picture)
    assert any(np.any(case.mask) for row in rows for case in row.drawn)


def test_a_recipe_of_ones_own(tmp_path):
    (tmp_path / "conf" / "augmentation").mkdir(parents=True)
    (tmp_path / "conf" / "augmentation" / "mine.yaml").write_text(
        "_target_: torchvision.transforms.v2.RandomHorizontalFlip\np: 1.0\n"
    )
    mine = ["--config-dir", str(tmp_path / "conf"), "augmentation=mine", "--samples", "1", "--epochs", "1"]
    assert main(["sheet", *SMALL, *mine, f"output={tmp_path}"]) == 0
    assert list((tmp_path / "sheets").glob("spine-mine-*.png"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--samples", "0"], "--samples"),
        (["--epochs", "many"], "invalid int value"),
        (["--sample", "3"], "--sample"),
        (["augmentation=pnemonia"], "Did you mean 'pneumonia'"),
        (["augmentation.rotatoin=3"], "'rotation'"),
        (["image.crop=2"], "image.crop"),
    ],
)
def test_nonsense_is_refused_in_one_line(tmp_path, capsys, arguments, said):
    assert main(["sheet", *SMALL, *arguments, f"output={tmp_path}"]) == 2
    line = capsys.readouterr().err
    assert said in line
    assert line.count("\n") == 1
    assert not (tmp_path / "sheets").exists()


def test_the_examples_in_the_help_compose():
    from xaimed.cli.sheet import HELP

    commands = [line.split("   ")[0].split() for line in HELP.splitlines() if line.startswith("  xaimed sheet")]
    assert len(commands) == 4
    for words in commands:
        overrides = [word for word in words[2:] if "=" in word]
        assert composed(overrides).augmentation["_target_"]
