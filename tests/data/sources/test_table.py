from __future__ import annotations

import importlib.util

import numpy as np
import pandas as pd
import pytest
from support.dicoms import write_dicom

from xaimed.data.reading import read_mask
from xaimed.data.sources.table import Table
from xaimed.data.task import Kind
from xaimed.errors import ConfigError, DataError


@pytest.fixture
def rows():
    return pd.DataFrame(
        {
            "file": ["img/1.png", "img\\2.png", "img/3.png", "img/4.png"],
            "dx": ["benign", "malignant", "None", "benign"],
            "patient": ["007", "007", "012", "NA"],
            "part": ["train", "Validation", "test", ""],
            "age": ["40", "", "61.5", "7"],
            "site": ["arm", "", "leg", "NA"],
            "edema": ["1", "0", "-1", "0"],
            "effusion": ["0", "0", "1.0", "1"],
        }
    )


@pytest.fixture
def write(tmp_path):
    def save(table, name="set.csv"):
        table.to_csv(tmp_path / name, index=False)
        return tmp_path / name

    return save


OPTIONS = {"path": "file", "label": "dx", "group": "patient", "split": "part"}


def test_columns_are_what_the_config_calls_them(rows, write):
    manifest = Table(write(rows), **OPTIONS).manifest()
    frame = manifest.frame
    assert manifest.name == "set"
    assert manifest.task.kind is Kind.MULTICLASS
    assert manifest.task.classes == ("None", "benign", "malignant")
    assert list(frame["path"]) == ["img/1.png", "img/2.png", "img/3.png", "img/4.png"]
    assert list(frame["sample_id"]) == ["img/1", "img/2", "img/3", "img/4"]
    assert list(frame["group"]) == ["007", "007", "012", "NA"]
    assert list(frame["split"]) == ["train", "val", "test", ""]
    assert frame["age"].fillna(-1).tolist() == [40, -1, 61.5, 7]
    assert list(frame["site"]) == ["arm", "", "leg", "NA"]
    assert frame["edema"].tolist() == [1, 0, -1, 0]
    assert "dx" not in frame


def test_columns_of_the_contract_need_no_names(rows, write):
    table = rows.rename(columns={"file": "path", "dx": "label", "patient": "group", "part": "split"})
    frame = Table(write(table.assign(sample_id=list("abcd"), mask_path=["m.png", "", "", ""]))).manifest().frame
    assert list(frame["sample_id"]) == list("abcd")
    assert list(frame["group"]) == ["007", "007", "012", "NA"]
    assert list(frame["split"]) == ["train", "val", "test", ""]
    assert list(frame["mask_path"]) == ["m.png", "", "", ""]
    alone = Table(write(table[["path", "label"]])).manifest().frame
    assert alone["group"].is_unique


def test_a_manifest_written_as_csv_is_read_back(rows, write):
    first = Table(write(rows), **OPTIONS).manifest()
    again = Table(write(first.frame, "again.csv"), name="set").manifest()
    assert again.fingerprint() == first.fingerprint()


def test_label_text_numbers_and_order(rows, write):
    binary = rows[rows["dx"] != "None"]
    manifest = Table(write(binary), **OPTIONS, classes=["malignant", "benign"]).manifest()
    assert manifest.task.kind is Kind.BINARY
    assert manifest.labels.tolist() == [1, 0, 1]
    assert Table(write(binary), **OPTIONS, task="multiclass").manifest().task.outputs == 2
    numbered = Table(write(rows), **{**OPTIONS, "label": "effusion"}, classes=["without", "with"])
    with pytest.raises(DataError, match=r"'0' is not one of the classes"):
        numbered.manifest()  # 1.0 is no position
    rows["effusion"] = ["0", "0", "1", "1"]
    manifest = Table(write(rows), **{**OPTIONS, "label": "effusion"}, classes=["without", "with"]).manifest()
    assert list(manifest.frame["label"]) == ["without", "without", "with", "with"]
    assert Table(write(rows), **{**OPTIONS, "label": "effusion"}).manifest().task.classes == ("0", "1")


def test_several_columns_are_several_labels(rows, write):
    manifest = Table(write(rows), **{**OPTIONS, "label": ["effusion", "edema"]}).manifest()
    assert manifest.task.kind is Kind.MULTILABEL
    assert manifest.task.classes == ("effusion", "edema")
    assert manifest.labels.tolist() == [[0, 1], [0, 0], [1, -1], [1, 0]]
    single = Table(write(rows), **{**OPTIONS, "label": "effusion"}, task="multilabel").manifest()
    assert single.task.outputs == 1


def test_several_columns_may_be_one_class_each(rows, write):
    rows["benign"], rows["other"] = (rows["dx"] == "benign").astype(int), (rows["dx"] != "benign").astype(int)
    options = {**OPTIONS, "label": ["other", "benign"], "task": "binary"}
    assert Table(write(rows), **options).manifest().labels.tolist() == [1, 0, 0, 1]
    rows.loc[1, "benign"] = 1
    with pytest.raises(DataError, match=r"2 of the classes .* apply, not one .*row 3"):
        Table(write(rows), **options).manifest()


@pytest.mark.skipif(not importlib.util.find_spec("pyarrow"), reason="Parquet needs pyarrow")
def test_parquet_gives_the_same_as_csv(rows, write, tmp_path):
    typed = rows.assign(
        age=[40, np.nan, 61.5, 7], edema=[1, 0, -1, 0], effusion=[0.0, 0.0, 1.0, 1.0], patient=[7, 7, 12, 13]
    )
    typed.to_parquet(tmp_path / "set.parquet")
    for label in ("dx", ["edema", "effusion"]):
        options = {**OPTIONS, "label": label}
        from_csv = Table(write(typed.astype({"effusion": int})), **options).manifest()
        from_parquet = Table(tmp_path / "set.parquet", **options).manifest()
        assert np.array_equal(from_csv.labels, from_parquet.labels)
        for column in ("sample_id", "path", "group", "split", "mask_path", "site"):
            assert list(from_csv.frame[column]) == list(from_parquet.frame[column]), column
        assert from_parquet.frame["age"].fillna(-1).tolist() == [40, -1, 61.5, 7]
    (tmp_path / "bad.parquet").write_bytes(b"a letter")
    with pytest.raises(DataError, match="cannot be read as a table"):
        Table(tmp_path / "bad.parquet").manifest()


def test_parquet_without_pyarrow_names_the_extra(tmp_path, monkeypatch):
    def absent(file):
        raise ImportError("pyarrow")

    monkeypatch.setattr(pd, "read_parquet", absent)
    (tmp_path / "set.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"pip install 'xaimed\[parquet\]'"):
        Table(tmp_path / "set.parquet").manifest()


def test_masks_by_column_by_pattern_or_as_boxes(rows, write, write_picture, tmp_path):
    for name in ("1", "2", "3", "4"):
        write_picture(tmp_path / "img" / f"{name}.png", size=(20, 16))
    write_picture(tmp_path / "seg" / "img" / "3_mask.png")
    rows["seg"] = ["", "seg/2.png", "", ""]
    rows[["x", "y", "w", "h"]] = [["1", "2", "3", "4"], [""] * 4, [""] * 4, ["0", "0", "2", "2"]]
    assert list(Table(write(rows), **OPTIONS, mask="seg").manifest().frame["mask_path"]) == ["", "seg/2.png", "", ""]
    found = Table(write(rows), **OPTIONS, masks="seg/{folder}/{name}_mask.png").manifest().frame["mask_path"]
    assert list(found) == ["", "", "seg/img/3_mask.png", ""]
    manifest = Table(write(rows), **OPTIONS, boxes=["x", "y", "w", "h"]).manifest()
    masks = list(manifest.frame["mask_path"])
    assert masks[1] == masks[2] == ""
    assert read_mask(manifest.root / masks[0])[2:6, 1:4].all()
    assert read_mask(manifest.root / masks[3]).sum() == 4
    with pytest.raises(ConfigError, match="one place"):
        Table(write(rows), **OPTIONS, mask="seg", boxes=["x", "y", "w", "h"])
    rows.loc[0, "w"] = ""
    with pytest.raises(DataError, match=r"is none \[img/1\.png\]"):
        Table(write(rows), **OPTIONS, boxes=["x", "y", "w", "h"]).manifest()


def test_boxes_may_lie_in_a_table_of_their_own(rows, write):
    boxes = pd.DataFrame({"file": ["img/1.png", "img/1.png", "img/3.png"], "x": [1, 5, 0], "y": [1, 5, 0]})
    boxes["width"] = boxes["height"] = 2
    found = Table(write(rows), **OPTIONS, boxes_file=write(boxes, "boxes.csv")).manifest().frame["mask_path"]
    assert list(found) == ["box:1,1,2,2;5,5,2,2@img/1.png", "", "box:0,0,2,2@img/3.png", ""]
    boxes.loc[0, "file"] = "img/9.png"
    with pytest.raises(DataError, match=r"boxes for 'img/9\.png', which is no picture"):
        Table(write(rows), **OPTIONS, boxes_file=write(boxes, "boxes.csv")).manifest()


def test_dicom_tags_become_columns(tmp_path, write):
    pytest.importorskip("pydicom")
    for name in "ab":
        write_dicom(tmp_path / f"{name}.dcm", np.zeros((2, 2), dtype=np.uint16), ViewPosition=name.upper())
    file = write(pd.DataFrame({"path": ["a.dcm", "b.dcm"], "label": ["x", "y"]}))
    assert list(Table(file, dicom_tags=True).manifest().frame["dicom_view"]) == ["A", "B"]


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"file": ["a.png", "", "c.png", "d.png"]}, {}, r"names no picture .*row 3"),
        ({"dx": ["a", "b", " ", "a"]}, {}, r"no label .*row 4"),
        ({"dx": ["a"] * 4}, {}, "only one class, 'a'"),
        ({"patient": ["1", "2", "", "4"]}, {}, r"1 of 4 pictures have no patient .*img/3\.png"),
        ({"part": ["train", "holdout", "", ""]}, {}, r"'holdout' is no split .*row 3"),
        ({"edema": ["1", "yes", "0", "0"]}, {"label": ["edema", "effusion"]}, r"'yes' is no value .*'edema' .*row 3"),
        ({}, {"group": "pateint"}, r"no column 'pateint' .*Did you mean 'patient'"),
        (
            {},
            {"classes": ["benign", "malignat", "None"]},
            r"'malignant' is not one of .*row 3.*mean 'malignat'",
        ),
        ({}, {"classes": ["benign", "malignant", "None", "cyst"]}, "no picture is of the class 'cyst'"),
        ({}, {"task": "binary"}, "two classes, not 3"),
        ({}, {"boxes": ["x", "y", "w", "h"]}, "no column 'x'"),
        ({"file": ["img/1.png"] * 4}, {"sample_id": "site"}, "stands in the manifest more than once"),
    ],
)
def test_what_is_wrong_is_said_with_its_row(rows, write, change, options, message):
    if "sample_id" in options:
        rows["site"] = "same"
    with pytest.raises(DataError, match=message):
        Table(write(rows.assign(**change)), **{**OPTIONS, **options}).manifest()


def test_files_that_are_no_tables_are_refused(tmp_path):
    with pytest.raises(DataError, match="no such table"):
        Table(tmp_path / "absent.csv").manifest()
    for content, message in ((b"", "cannot be read"), (b"path,label\n", "no rows"), (b"path\n\xff\xfe\n", "UTF-8")):
        (tmp_path / "bad.csv").write_bytes(content)
        with pytest.raises(DataError, match=message):
            Table(tmp_path / "bad.csv").manifest()


def test_wrong_options_are_refused(rows, write):
    for options in ({"task": "multi"}, {"boxes": ["x", "y"]}):
        with pytest.raises(ConfigError, match=r"dataset\."):
            Table(write(rows), **OPTIONS, **options)
    with pytest.raises(ConfigError, match="these are the classes"):
        Table(write(rows), **{**OPTIONS, "label": ["edema", "effusion"]}, classes=["a", "b"]).manifest()


def test_the_config_builds_it(rows, write, project_config):
    assert len(project_config("dataset/table", file=str(write(rows)), **OPTIONS).manifest()) == 4


def test_tables_of_other_habits_are_told_how_to_save(tmp_path):
    semicolons, latin = tmp_path / "semi.csv", tmp_path / "latin.csv"
    semicolons.write_text("path;label\na.png;x\n")
    latin.write_bytes("path,label\nRöntgen.png,x\n".encode("latin-1"))
    with pytest.raises(DataError, match="parted by semicolons"):
        Table(semicolons).manifest()
    with pytest.raises(DataError, match="not written in UTF-8"):
        Table(latin).manifest()
