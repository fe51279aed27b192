from __future__ import annotations

import importlib.util
import re

import numpy as np
import pandas as pd
import pytest
from support.corpus import COLOUR, CORPUS, DEEP, GREY
from support.dicoms import write_dicom

from xaimed.data.manifest import Manifest
from xaimed.data.quarantine import sort_out_unreadable
from xaimed.data.reading import read_picture
from xaimed.data.task import Kind, Task
from xaimed.errors import UnreadableImageError

HERE = [odd for odd in CORPUS if not odd.needs_pydicom or importlib.util.find_spec("pydicom")]

pytestmark = [
    pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),  # decoders grumble about bad files
]


def test_the_corpus_is_large_and_its_names_differ():
    assert len({odd.name for odd in CORPUS}) == len(CORPUS) >= 100
    assert sum(isinstance(odd.outcome, str) for odd in CORPUS) >= 40


@pytest.mark.parametrize("odd", HERE, ids=lambda odd: odd.name)
def test_each_file_has_the_stated_outcome(tmp_path, odd):
    path = tmp_path / odd.name
    odd.write(path)
    if isinstance(odd.outcome, str):
        with pytest.raises((UnreadableImageError, OSError, RuntimeError)) as caught:
            read_picture(path)
        if isinstance(caught.value, UnreadableImageError):
            assert re.search(odd.outcome, caught.value.what), caught.value.what
            assert caught.value.where == path
        return
    picture = read_picture(path)
    assert (tuple(picture.shape), picture.dtype) == odd.outcome
    if picture.is_floating_point():
        assert 0 <= picture.min() <= picture.max() <= 1


def test_the_quarantine_sorts_the_whole_corpus(tmp_path):
    for odd in HERE:
        odd.write(tmp_path / odd.name)
    frame = pd.DataFrame({"sample_id": [odd.name for odd in HERE], "label": "a"})
    frame["path"] = frame["group"] = frame["sample_id"]
    outside = frame.iloc[[0, 0]].assign(
        sample_id=["outside", "linked"], path=["../outside.png", "linked.png"], label="b"
    )
    CORPUS[0].write(tmp_path.parent / f"{tmp_path.name}-elsewhere.png")
    (tmp_path / "linked.png").symlink_to(tmp_path.parent / f"{tmp_path.name}-elsewhere.png")
    frame = pd.concat([frame, outside], ignore_index=True).assign(split="", mask_path="")
    frame.loc[0, "label"] = "b"
    manifest = Manifest("corpus", tmp_path, Task(Kind.BINARY, ("a", "b")), frame)
    kept, bad = sort_out_unreadable(manifest, limit=1)
    reasons = dict(zip(bad["sample_id"], bad["reason"], strict=True))
    assert set(reasons) == {odd.name for odd in HERE if isinstance(odd.outcome, str)} | {"outside", "linked"}
    assert "leads out" in reasons["outside"]
    assert "leads out" in reasons["linked"]
    for odd in HERE:
        if isinstance(odd.outcome, str):
            assert re.search(odd.outcome, reasons[odd.name]), odd.name
    assert len(kept) + len(bad) == len(manifest)


def test_a_file_that_nobody_may_read_is_quarantined_as_such(tmp_path, monkeypatch):
    """As root every file can be read, so the refusal is played."""
    path = tmp_path / "locked.png"
    CORPUS[0].write(path)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(UnreadableImageError, match="permission to read it is denied"):
        read_picture(path)


def test_colours_survive_their_encodings(tmp_path):
    """Inverted CMYK, 48 bits, palettes and YBR give the picture that went in."""
    for name, off in (
        ("cmyk.tif", 3),
        ("sixteen_bits_colour.png", 0),
        ("colour_profile.png", 0),
        ("interlaced.png", 0),
    ):
        odd = next(odd for odd in CORPUS if odd.name == name)
        odd.write(tmp_path / name)
        expected = COLOUR.transpose(2, 0, 1) if odd.outcome[0][0] == 3 else GREY[None]
        assert np.abs(read_picture(tmp_path / name).numpy().astype(int) - expected).max() <= off, name
    inverted = read_picture_of(tmp_path, "cmyk.jpg")
    assert np.abs(inverted.numpy().astype(int) - COLOUR.transpose(2, 0, 1)).mean() < 12


def read_picture_of(folder, name):
    next(odd for odd in CORPUS if odd.name == name).write(folder / name)
    return read_picture(folder / name)


@pytest.mark.skipif(not importlib.util.find_spec("pydicom"), reason="needs pydicom")
def test_padding_is_black_whichever_way_grey_runs(tmp_path):
    for photometric in ("MONOCHROME1", "MONOCHROME2"):
        write_dicom(
            tmp_path / "p.dcm", DEEP, PhotometricInterpretation=photometric, PixelPaddingValue=int(DEEP[-1, -1])
        )
        picture = read_picture(tmp_path / "p.dcm")
        assert picture[0, -1, -1] == 0
        assert picture[0, 0, 0] == (1 if photometric == "MONOCHROME1" else 0)
    padded = read_picture_of(tmp_path, "padded_range.dcm")[0].numpy()
    assert (padded[DEEP <= 99] == 0).all()
    colours = read_picture_of(tmp_path, "palette.dcm").numpy()
    np.testing.assert_allclose(colours * 255, COLOUR.transpose(2, 0, 1), atol=0.01)
