from __future__ import annotations

import os

import pytest

from xaimed.data.folder import Folder
from xaimed.data.task import Kind
from xaimed.errors import ConfigError, DataError


def test_class_folders_become_rows_in_natural_order(class_folder, write_picture):
    root = class_folder(Normal=11, Scol=2)
    write_picture(root / "Scol" / "deep" / "x.JPG")
    (root / "Normal" / "notes.txt").write_text("not a picture")
    (root / "Normal" / ".hidden.png").write_bytes(b"")
    (root / ".git").mkdir()
    (root / "__MACOSX").mkdir()
    manifest = Folder(root).manifest()
    frame = manifest.frame
    assert manifest.name == "set"
    assert manifest.root == root
    assert manifest.task.kind is Kind.BINARY
    assert manifest.task.classes == ("Normal", "Scol")
    assert list(frame["path"]) == [
        *(f"Normal/{i}.png" for i in range(11)),
        "Scol/0.png",
        "Scol/1.png",
        "Scol/deep/x.JPG",
    ]
    assert list(frame["sample_id"][-2:]) == ["Scol/1", "Scol/deep/x"]
    assert list(frame["label"]) == ["Normal"] * 11 + ["Scol"] * 3
    assert (frame["group"] == frame["sample_id"]).all()
    assert (frame["split"] == "").all()
    assert (frame["mask_path"] == "").all()


def test_the_task_follows_the_classes_unless_it_is_named(class_folder):
    assert Folder(class_folder(a=1, b=1), task="multiclass").manifest().task.outputs == 2
    assert Folder(class_folder(a=1, b=1)).manifest().task.outputs == 1
    assert Folder(class_folder(a=1, b=1, c=1)).manifest().task.outputs == 3
    with pytest.raises(DataError, match="two classes, not 3"):
        Folder(class_folder(a=1, b=1, c=1), task="binary").manifest()
    with pytest.raises(ConfigError, match=r"dataset\.task.*'binary'"):
        Folder(class_folder(a=1, b=1), task="binari")


def test_published_splits_are_a_column_not_classes(tmp_path, write_picture):
    for split, name in [("train", "a"), ("train", "b"), ("valid", "a"), ("Test", "b")]:
        write_picture(tmp_path / split / name / "1.png")
    manifest = Folder(tmp_path).manifest()
    assert manifest.task.classes == ("a", "b")
    assert dict(zip(manifest.frame["sample_id"], manifest.frame["split"], strict=True)) == {
        "Test/b/1": "test",
        "train/a/1": "train",
        "train/b/1": "train",
        "valid/a/1": "val",
    }
    write_picture(tmp_path / "scoliosis" / "1.png")
    with pytest.raises(DataError, match=r"scoliosis.* beside the split folders"):
        Folder(tmp_path).manifest()


def test_given_classes_fix_the_order(class_folder):
    manifest = Folder(class_folder(Normal=1, Abnormal=1), classes=["Normal", "Abnormal"]).manifest()
    assert manifest.task.classes == ("Normal", "Abnormal")
    assert dict(zip(manifest.frame["label"], manifest.labels, strict=True)) == {"Normal": 0, "Abnormal": 1}


def test_classes_and_folders_must_agree(class_folder):
    root = class_folder(Normal=1, Scol=1, Spond=1)
    with pytest.raises(DataError, match=r"'Scoll' has no folder.*Did you mean 'Scol'"):
        Folder(root, classes=["Normal", "Scoll", "Spond"]).manifest()
    with pytest.raises(DataError, match="'Spond' is not one of the classes"):
        Folder(root, classes=["Normal", "Scol"]).manifest()
    with pytest.raises(ConfigError, match="named twice"):
        Folder(root, classes=["Normal", "Scol", "Spond", "Scol"]).manifest()


def test_two_pictures_of_one_stem_have_different_ids(class_folder, write_picture):
    root = class_folder(a=1, b=1)
    for name in ("0.jpg", "1.png", "1.png.jpg"):
        write_picture(root / "a" / name)
    ids = dict(zip(*(Folder(root).manifest().frame[column] for column in ("path", "sample_id")), strict=True))
    assert ids == {
        "a/0.png": "a/0.png",
        "a/0.jpg": "a/0.jpg",
        "a/1.png": "a/1",
        "a/1.png.jpg": "a/1.png.jpg",  # its stem is the path of another picture
        "b/0.png": "b/0",
    }


def test_patients_come_from_the_file_name(tmp_path, write_picture):
    for name in ("Normal/N1_0.jpg", "Normal/N1_1.jpg", "Normal/N12_0.jpg", "Scol/N1_2.jpg"):
        write_picture(tmp_path / name)
    for pattern in (r"^(N\d+)_", r"^N\d+(?=_)"):
        assert list(Folder(tmp_path, group_pattern=pattern).manifest().frame["group"]) == ["N1", "N1", "N12", "N1"]
    for pattern in (r"^(N1)_", r"^(N1(?=_))?"):  # the second matches every name, but finds nobody in one
        with pytest.raises(DataError, match=r"1 of 4 pictures.*N12_0\.jpg"):
            Folder(tmp_path, group_pattern=pattern).manifest()
    with pytest.raises(ConfigError, match="regular expression"):
        Folder(tmp_path, group_pattern="(N")


def test_masks_are_found_by_relative_path(class_folder, write_picture):
    root = class_folder(a=2, b=1)
    write_picture(root / "masks" / "a" / "1.png")
    manifest = Folder(root, masks="masks").manifest()
    assert manifest.task.classes == ("a", "b")
    assert list(manifest.frame["mask_path"]) == ["", "masks/a/1.png", ""]
    with pytest.raises(DataError, match=r"evidence/a/0\.png"):
        Folder(root, masks="evidence", classes=["a", "b", "masks"]).manifest()


def test_what_a_folder_must_look_like_is_said(tmp_path, class_folder, write_picture):
    with pytest.raises(DataError, match=r"does not exist.*one folder of pictures per class"):
        Folder(tmp_path / "absent").manifest()
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"is a file.*per class"):
        Folder(tmp_path / "file").manifest()
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"no class folders.*per class"):
        Folder(tmp_path / "empty").manifest()
    write_picture(tmp_path / "loose" / "1.png")
    with pytest.raises(DataError, match=r"no class folders.*per class"):
        Folder(tmp_path / "loose").manifest()
    with pytest.raises(DataError, match=r"only one class, 'a'.*per class"):
        Folder(class_folder(a=3)).manifest()
    for name in ("a", "b"):
        (tmp_path / "bare" / name).mkdir(parents=True)
    with pytest.raises(DataError, match=r"no picture in the class folders.*per class"):
        Folder(tmp_path / "bare").manifest()
    write_picture(tmp_path / "bare" / "a" / "1.png")
    with pytest.raises(DataError, match="'b' holds no picture"):
        Folder(tmp_path / "bare").manifest()


def test_a_link_to_a_folder_above_ends(class_folder):
    root = class_folder(a=1, b=1)
    (root / "a" / "again").symlink_to(root / "a", target_is_directory=True)
    (root / "a" / "top").symlink_to(root, target_is_directory=True)
    assert list(Folder(root).manifest().frame["sample_id"]) == ["a/0", "b/0"]


def test_the_config_builds_it(class_folder, project_config):
    source = project_config("dataset/folder", root=str(class_folder(a=1, b=2)))
    assert len(source.manifest()) == 3


def test_a_name_that_is_no_text_is_refused_by_its_bytes(class_folder):
    root = class_folder(a=2, b=2)
    (root / "a" / "0.png").rename(root / "a" / os.fsdecode(b"no\xff.png"))
    with pytest.raises(DataError, match=r"not UTF-8 .*no\\udcff\.png.*Rename"):
        Folder(root).manifest()
