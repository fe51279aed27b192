from __future__ import annotations

import os

import numpy as np
import pytest
import torch
from PIL import Image

from xaimed.data.reading import SUFFIXES, read_mask, read_picture
from xaimed.errors import UnreadableImageError

GREY = np.arange(0, 240, dtype=np.uint8).reshape(12, 20)
COLOUR = np.stack([GREY, GREY // 2, 239 - GREY], axis=-1)
DEEP = np.linspace(0, 65535, 240).astype(np.uint16).reshape(12, 20)


@pytest.mark.parametrize("suffix", ["png", "tif", "tiff", "bmp"])
def test_eight_bits_come_back_exactly(tmp_path, suffix):
    Image.fromarray(GREY).save(tmp_path / f"grey.{suffix}")
    Image.fromarray(COLOUR).save(tmp_path / f"colour.{suffix}")
    grey, colour = read_picture(tmp_path / f"grey.{suffix}"), read_picture(tmp_path / f"colour.{suffix}")
    assert grey.dtype == colour.dtype == torch.uint8
    assert np.array_equal(grey.numpy(), GREY[None])
    assert np.array_equal(colour.numpy(), COLOUR.transpose(2, 0, 1))


@pytest.mark.parametrize("suffix", ["jpg", "jpeg", "webp"])
def test_lossy_formats_are_read(tmp_path, suffix):
    Image.fromarray(GREY).save(tmp_path / f"grey.{suffix}", quality=95)
    read = read_picture(tmp_path / f"grey.{suffix}")
    assert read.shape == (3 if suffix == "webp" else 1, 12, 20)  # WebP's own colour space leaves a trace of colour
    assert np.abs(read.numpy().astype(int) - GREY).mean() < 3


def test_every_accepted_suffix_is_tested_above():
    assert SUFFIXES - {".dcm", ".dicom"} == {".png", ".tif", ".tiff", ".bmp", ".jpg", ".jpeg", ".webp"}


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_keep_their_range(tmp_path, suffix):
    Image.fromarray(DEEP).save(tmp_path / f"deep.{suffix}")
    read = read_picture(tmp_path / f"deep.{suffix}")
    assert read.dtype == torch.float32
    assert np.array_equal(read[0].numpy(), (DEEP / 65535).astype(np.float32))


def test_big_endian_and_white_is_zero_tiff(tmp_path):
    tifffile = pytest.importorskip("tifffile")
    tifffile.imwrite(tmp_path / "big.tif", DEEP.astype(">u2"), byteorder=">")
    tifffile.imwrite(tmp_path / "inverted.tif", DEEP, photometric="miniswhite")
    tifffile.imwrite(tmp_path / "inverted8.tif", GREY, photometric="miniswhite")
    wanted = torch.from_numpy((DEEP / 65535).astype(np.float32))
    assert torch.equal(read_picture(tmp_path / "big.tif")[0], wanted)
    assert torch.equal(read_picture(tmp_path / "inverted.tif")[0], 1 - wanted)
    assert np.array_equal(read_picture(tmp_path / "inverted8.tif")[0].numpy(), 255 - GREY)


def test_float_tiff_from_zero_to_one_is_kept(tmp_path):
    values = np.linspace(0, 1, 240, dtype=np.float32).reshape(12, 20)
    Image.fromarray(values).save(tmp_path / "float.tif")
    assert np.array_equal(read_picture(tmp_path / "float.tif")[0].numpy(), values)


@pytest.mark.parametrize(
    ("values", "span"),
    [
        (np.array([[-1000, 400]], dtype=np.int32), "-1000 to 400"),
        (np.array([[0, 70000]], dtype=np.int32), "0 to 70000"),
        (np.array([[0, 255]], dtype=np.float32), "0 to 255"),
        (np.array([[0, np.nan]], dtype=np.float32), "nan"),
    ],
)
def test_values_of_unknown_scale_are_refused(tmp_path, values, span):
    Image.fromarray(values).save(tmp_path / "odd.tif")
    with pytest.raises(UnreadableImageError, match=span):
        read_picture(tmp_path / "odd.tif")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path, orientation):
    stored = {  # how the camera stores GREY under each orientation
        1: GREY,
        2: GREY[:, ::-1],
        3: GREY[::-1, ::-1],
        4: GREY[::-1],
        5: GREY.T,
        6: np.rot90(GREY, 1),
        7: GREY[::-1, ::-1].T,
        8: np.rot90(GREY, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(stored)).save(tmp_path / "turned.png", exif=exif)
    assert np.array_equal(read_picture(tmp_path / "turned.png")[0].numpy(), GREY)


def test_a_damaged_exif_block_does_not_cost_the_picture(tmp_path):
    Image.fromarray(GREY).save(tmp_path / "odd.jpg", exif=b"Exif\0\0garbagegarbage")
    assert read_picture(tmp_path / "odd.jpg").shape == (1, 12, 20)


def test_what_has_no_colour_is_one_channel_however_stored(tmp_path):
    grey = Image.fromarray(GREY)
    opaque = Image.new("L", grey.size, 255)
    for name, picture in {
        "rgb.png": grey.convert("RGB"),
        "rgba.png": Image.merge("RGBA", [grey, grey, grey, opaque]),
        "la.png": Image.merge("LA", [grey, opaque]),
        "palette.png": grey.convert("P"),
    }.items():
        picture.save(tmp_path / name)
        assert np.array_equal(read_picture(tmp_path / name).numpy(), GREY[None]), name
    black_only = Image.merge("CMYK", [Image.new("L", grey.size)] * 3 + [Image.fromarray(255 - GREY)])
    black_only.save(tmp_path / "cmyk.tif")
    assert np.array_equal(read_picture(tmp_path / "cmyk.tif").numpy(), GREY[None])


@pytest.mark.filterwarnings("error")
def test_colour_is_three_channels_however_stored(tmp_path):
    palette = Image.new("P", (2, 1))
    palette.putpalette([255, 0, 0, 0, 0, 255])
    palette.putdata([0, 1])
    palette.save(tmp_path / "palette.png", transparency=bytes([0, 128]))
    wanted = torch.tensor([[[255, 0]], [[0, 0]], [[0, 255]]], dtype=torch.uint8)
    assert torch.equal(read_picture(tmp_path / "palette.png"), wanted)
    Image.fromarray(COLOUR).convert("CMYK").save(tmp_path / "cmyk.tif")
    assert np.array_equal(read_picture(tmp_path / "cmyk.tif").numpy(), COLOUR.transpose(2, 0, 1))
    transparent = np.concatenate([COLOUR, np.zeros_like(COLOUR[..., :1])], axis=-1)
    Image.fromarray(transparent).save(tmp_path / "clear.png")
    assert np.array_equal(read_picture(tmp_path / "clear.png").numpy(), COLOUR.transpose(2, 0, 1))


def test_one_bit_becomes_black_and_white(tmp_path):
    Image.fromarray(GREY > 100).save(tmp_path / "bits.png")
    assert np.array_equal(read_picture(tmp_path / "bits.png")[0].numpy(), np.where(GREY > 100, 255, 0))


def test_each_bad_file_has_its_reason(tmp_path):
    whole = tmp_path / "whole.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(whole)
    Image.open(whole).save(tmp_path / "whole.jpg")
    Image.open(whole).save(tmp_path / "disguised.gif")
    files = {
        "cut.png": whole.read_bytes()[:2000],
        "cut.jpg": (tmp_path / "whole.jpg").read_bytes()[:900],
        "header.jpg": (tmp_path / "whole.jpg").read_bytes()[:4],
        "empty.png": b"",
        "text.png": b"this is a letter",
        "gif.png": (tmp_path / "disguised.gif").read_bytes(),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    reasons = {
        "cut.png": "damaged: .*truncated",
        "cut.jpg": "damaged: .*truncated",
        "header.jpg": "no JPEG",
        "empty.png": "empty",
        "text.png": "no JPEG",
        "gif.png": "no JPEG",
        "folder.png": "folder",
        "pipe.png": "regular",
        "absent.png": "no such file",
    }
    for name, reason in reasons.items():
        with pytest.raises(UnreadableImageError, match=reason) as caught:
            read_picture(tmp_path / name)
        assert caught.value.where == tmp_path / name


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("limit", [200, 100])  # where Pillow only warns, and where it raises by itself
def test_a_decompression_bomb_is_refused(tmp_path, monkeypatch, limit):
    Image.fromarray(GREY).save(tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(UnreadableImageError, match="bomb"):
        read_picture(tmp_path / "bomb.png")


def test_a_mask_is_true_where_it_is_not_black(tmp_path):
    marked = np.zeros((8, 8), dtype=np.uint8)
    marked[2:4, 3:6] = 1
    marked[5, 5] = 255
    Image.fromarray(marked).save(tmp_path / "mask.png")
    mask = read_mask(tmp_path / "mask.png")
    assert mask.dtype == torch.bool
    assert np.array_equal(mask.numpy(), marked > 0)
    Image.fromarray(np.stack([0 * marked, marked, 0 * marked], axis=-1)).save(tmp_path / "green.png")
    assert np.array_equal(read_mask(tmp_path / "green.png").numpy(), marked > 0)


def test_a_lossy_mask_does_not_fray(tmp_path):
    marked = np.zeros((64, 64), dtype=np.uint8)
    marked[20:37, 20:43] = 255
    Image.fromarray(marked).save(tmp_path / "mask.jpg", quality=60)
    assert (np.asarray(Image.open(tmp_path / "mask.jpg")) > 0).sum() > (marked > 0).sum()  # it does on disk
    assert np.array_equal(read_mask(tmp_path / "mask.jpg").numpy(), marked > 0)
