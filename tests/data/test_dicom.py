from __future__ import annotations

import hashlib
import sys

import numpy as np
import pandas as pd
import pytest
from support.dicoms import lut, write_dicom

from xaimed.data.dicom import decoder_versions
from xaimed.data.dicom_tags import dicom_tags
from xaimed.data.folder import Folder
from xaimed.data.reading import read_mask, read_picture
from xaimed.errors import DataError, UnreadableImageError

pytest.importorskip("pydicom")

RAMP = np.arange(0, 4096, 17, dtype=np.uint16)[None]  # 241 values of 12 bits


def shown(path):
    picture = read_picture(path)
    assert picture.shape[0] == 1
    return picture[0].numpy().astype(np.float64)


def test_without_tables_the_stored_bits_are_the_range(tmp_path):
    path = write_dicom(tmp_path / "a.dcm", RAMP, BitsStored=12)
    assert np.allclose(shown(path), RAMP / 4095, atol=1e-6)
    signed = np.arange(-2048, 2048, 17, dtype=np.int16)[None]
    path = write_dicom(tmp_path / "b.dcm", signed, BitsStored=12)
    assert np.allclose(shown(path), (signed + 2048.0) / 4095, atol=1e-6)


def test_a_rescaled_picture_keeps_its_order_also_with_a_negative_slope(tmp_path):
    rising = write_dicom(tmp_path / "a.dcm", RAMP, BitsStored=12, RescaleSlope=0.5, RescaleIntercept=-1024)
    assert np.allclose(shown(rising), RAMP / 4095, atol=1e-6)
    falling = write_dicom(tmp_path / "b.dcm", RAMP, BitsStored=12, RescaleSlope=-1, RescaleIntercept=4095)
    assert np.allclose(shown(falling), 1 - RAMP / 4095, atol=1e-6)


@pytest.mark.parametrize(("slope", "intercept"), [(1, 0), (2, -1000), (-1, 4095), (0.5, 7)])
def test_the_window_is_that_of_the_standard(tmp_path, slope, intercept):
    center, width = 1000.0, 800.0
    path = write_dicom(
        tmp_path / "a.dcm",
        RAMP,
        BitsStored=12,
        RescaleSlope=slope,
        RescaleIntercept=intercept,
        WindowCenter=center,
        WindowWidth=width,
    )
    values = RAMP.astype(float) * slope + intercept
    by_hand = np.clip((values - (center - 0.5)) / (width - 1) + 0.5, 0, 1)  # PS3.3 C.11.2.1.2.1
    assert np.allclose(shown(path), by_hand, atol=1e-6)
    assert {0.0, 1.0} <= set(shown(path).ravel())


def test_the_first_of_several_windows_and_the_sigmoid(tmp_path):
    path = write_dicom(tmp_path / "a.dcm", RAMP, BitsStored=12, WindowCenter=[500, 3000], WindowWidth=[101, 11])
    assert np.allclose(shown(path), np.clip((RAMP - 499.5) / 100 + 0.5, 0, 1), atol=1e-6)
    path = write_dicom(
        tmp_path / "b.dcm", RAMP, BitsStored=12, WindowCenter=2000, WindowWidth=800, VOILUTFunction="SIGMOID"
    )
    assert np.allclose(shown(path), 1 / (1 + np.exp(-4 * (RAMP - 2000.0) / 800)), atol=1e-6)


def test_lookup_tables(tmp_path):
    stored = np.arange(256, dtype=np.uint8)[None]
    squares = [value * value for value in range(256)]
    window = write_dicom(tmp_path / "a.dcm", stored, VOILUTSequence=lut(0, 16, squares))
    assert np.allclose(shown(window), np.array(squares)[None] / 65535, atol=1e-6)
    rescaled = write_dicom(
        tmp_path / "b.dcm", stored, RescaleSlope=1, RescaleIntercept=0, VOILUTSequence=lut(0, 16, squares)
    )
    assert np.allclose(shown(rescaled), shown(window))
    modality = write_dicom(tmp_path / "c.dcm", stored, ModalityLUTSequence=lut(0, 16, squares, ModalityLUTType="US"))
    assert np.allclose(shown(modality), np.array(squares)[None] / 65535, atol=1e-6)


def test_monochrome1_is_inverted_after_the_window(tmp_path):
    window = {"WindowCenter": 1000, "WindowWidth": 500}
    plain = write_dicom(tmp_path / "a.dcm", RAMP, **window)
    inverted = write_dicom(tmp_path / "b.dcm", RAMP, PhotometricInterpretation="MONOCHROME1", **window)
    assert np.allclose(shown(inverted), 1 - shown(plain))
    assert shown(inverted)[0, 0] == 1


def test_colour_keeps_its_eight_bits_and_palettes_are_looked_up(tmp_path):
    colour = np.arange(2 * 4 * 3, dtype=np.uint8).reshape(2, 4, 3)
    path = write_dicom(tmp_path / "a.dcm", colour)
    assert np.array_equal(read_picture(path).numpy(), colour.transpose(2, 0, 1))
    entries = np.arange(256, dtype=np.uint16) * 257
    tables = {
        f"{name}PaletteColorLookupTable{part}": value
        for name, table in (("Red", entries), ("Green", entries[::-1]), ("Blue", entries * 0))
        for part, value in (("Descriptor", [256, 0, 16]), ("Data", table.astype("<u2").tobytes()))
    }
    path = write_dicom(
        tmp_path / "b.dcm", np.array([[0, 255]], dtype=np.uint8), PhotometricInterpretation="PALETTE COLOR", **tables
    )
    assert np.allclose(read_picture(path).numpy()[:, 0], [[0, 1], [1, 0], [0, 0]])


def test_run_lengths_are_decompressed(tmp_path):
    from pydicom import dcmread
    from pydicom.uid import RLELossless

    path = write_dicom(tmp_path / "a.dcm", np.tile(RAMP, (4, 1)), BitsStored=12)
    wanted = shown(path)
    dataset = dcmread(path)
    dataset.compress(RLELossless)
    dataset.save_as(tmp_path / "b.dcm")
    assert np.array_equal(shown(tmp_path / "b.dcm"), wanted)


def test_a_mask_may_be_dicom(tmp_path):
    marked = np.zeros((4, 4), dtype=np.uint8)
    marked[1:3, 2] = 1
    assert np.array_equal(read_mask(write_dicom(tmp_path / "m.dcm", marked)).numpy(), marked > 0)


def test_tags_become_columns(tmp_path):
    path = write_dicom(
        tmp_path / "a.dcm",
        RAMP,
        PixelSpacing=[0.14, 0.15],
        ViewPosition="AP",
        PatientSex="F",
        PatientAge="018M",
        PatientID="Doe^1931",
        PhotometricInterpretation="MONOCHROME1",
    )
    assert dicom_tags(path) == {
        "dicom_patient": "patient-" + hashlib.sha256(b"Doe^1931").hexdigest()[:12],
        "dicom_photometric": "MONOCHROME1",
        "dicom_modality": "CR",
        "dicom_view": "AP",
        "dicom_row_spacing": 0.14,
        "dicom_column_spacing": 0.15,
        "dicom_sex": "F",
        "dicom_age": 1.5,
    }
    bare = dicom_tags(write_dicom(tmp_path / "b.dcm", RAMP, ImagerPixelSpacing=[0.2, 0.2]))
    assert bare["dicom_row_spacing"] == 0.2
    assert bare["dicom_view"] == ""
    assert np.isnan(bare["dicom_age"])


def test_a_folder_keeps_the_tags_and_what_has_none_is_empty(tmp_path, write_picture):
    write_dicom(tmp_path / "set" / "a" / "1.dcm", RAMP, PatientSex="M")
    write_picture(tmp_path / "set" / "a" / "2.png")
    (tmp_path / "set" / "b").mkdir()
    (tmp_path / "set" / "b" / "1.dcm").write_bytes(b"a letter")
    frame = Folder(tmp_path / "set", dicom_tags=True).manifest().frame
    assert list(frame["dicom_sex"]) == ["M", "", ""]
    assert pd.isna(frame["dicom_row_spacing"]).all()
    assert "dicom_sex" not in Folder(tmp_path / "set").manifest().frame
    (tmp_path / "set" / "a" / "1.dcm").write_bytes(b"another letter")
    with pytest.raises(DataError, match="none of the pictures has a DICOM header"):
        Folder(tmp_path / "set", dicom_tags=True).manifest()


def test_headers_tell_the_patients_unless_something_else_does(tmp_path):
    for label, name, patient in (("a", "x-1", "P1"), ("a", "x-2", "P2"), ("b", "y-1", "P1"), ("b", "y-2", "")):
        write_dicom(tmp_path / "set" / label / f"{name}.dcm", RAMP, PatientID=patient)
    group = Folder(tmp_path / "set", dicom_tags=True).manifest().frame["group"].tolist()
    assert group[0] == group[2] != group[1]
    assert group[3] == "b/y-2"
    assert "P1" not in "".join(group)
    named = Folder(tmp_path / "set", dicom_tags=True, group_pattern="^([xy])").manifest().frame["group"]
    assert named.tolist() == ["x", "x", "y", "y"]


def test_without_pydicom_the_extra_is_named(tmp_path, monkeypatch):
    path = write_dicom(tmp_path / "set" / "a" / "1.dcm", RAMP)
    write_dicom(tmp_path / "set" / "b" / "1.dcm", RAMP)
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(UnreadableImageError, match=r"pip install 'xaimed\[dicom\]'"):
        read_picture(path)
    with pytest.raises(DataError, match=r"pip install 'xaimed\[dicom\]'"):
        Folder(tmp_path / "set", dicom_tags=True).manifest()


def test_the_decoders_are_named_with_their_versions():
    import pydicom

    assert f"pydicom {pydicom.__version__}" in decoder_versions()
