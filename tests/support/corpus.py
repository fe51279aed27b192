"""Bad and odd files, each with what reading it must give: a shape and a type of pixels, or a reason."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from support.dicoms import lut, write_dicom

GREY = np.arange(0, 240, dtype=np.uint8).reshape(12, 20)
COLOUR = np.stack([GREY, GREY // 2, 239 - GREY], axis=-1)
DEEP = np.linspace(0, 65535, 240).astype(np.uint16).reshape(12, 20)
NOISE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)

U8, F32 = torch.uint8, torch.float32


@dataclass(frozen=True)
class Odd:
    """One file: its name, what writes it, and ``(shape, dtype)`` or a regular expression for the reason."""

    name: str
    write: Callable[[Path], object]
    outcome: tuple[tuple[int, int, int], torch.dtype] | str
    needs_pydicom: bool = False


def _saved(pixels: np.ndarray | Image.Image, **options: object) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
        picture.save(path, **options)

    return write


def _bytes(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def _encoded(pixels: np.ndarray | Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    picture.save(stream, kind, **options)
    return stream.getvalue()


def _png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 0, interlaced: int = 0) -> bytes:
    """A PNG by hand; grey of eight bits unless said otherwise."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunk(b"IDAT", part) for part in chunks) + chunk(b"IEND", b"")


def _interlaced(pixels: np.ndarray) -> bytes:
    """The seven passes of Adam, each row after a byte for no filter."""
    passes = [(0, 8, 0, 8), (0, 8, 4, 8), (4, 8, 0, 4), (0, 4, 2, 4), (2, 4, 0, 2), (0, 2, 1, 2), (1, 2, 0, 1)]
    rows = [row for top, down, left, across in passes for row in pixels[top::down, left::across] if len(row)]
    content = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    return _png(pixels.shape[1], pixels.shape[0], content, interlaced=1)


def _deep_colour() -> bytes:
    """A PNG of three times sixteen bits, which Pillow does not write."""
    rows = (COLOUR.astype(">u2") * 257).reshape(12, -1)
    return _png(20, 12, zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows)), depth=16, colour=2)


def _with_chunk(png: bytes, kind: bytes, content: bytes) -> bytes:
    """A PNG with one more chunk after its header."""
    chunk = struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    return png[:33] + chunk + png[33:]


def _turned(orientation: int) -> Callable[[Path], object]:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return _saved(GREY, exif=exif)


def _flipped(content: bytes, at: int) -> bytes:
    """One byte changed."""
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


def _dicom(pixels: np.ndarray | None, **elements: object) -> Callable[[Path], object]:
    return lambda path: write_dicom(path, pixels, **elements)


def _cut_dicom(path: Path) -> None:
    write_dicom(path, DEEP)
    path.write_bytes(path.read_bytes()[:-100])


def _unmarked_dicom(path: Path) -> None:
    write_dicom(path, DEEP)
    path.write_bytes(path.read_bytes()[132:])


def _compressed_dicom(syntax: str) -> Callable[[Path], object]:
    from pydicom.encaps import encapsulate

    def write(path: Path) -> None:
        write_dicom(path, GREY, syntax=syntax, PixelData=encapsulate([b"\xff\xd8not really\xff\xd9"]))

    return write


def _pages(kind: str) -> Callable[[Path], object]:
    """Two pictures in one file, made anew: Pillow leaves traces of one encoder for the next."""

    def write(path: Path) -> None:
        first, second = Image.fromarray(GREY), Image.fromarray(255 - GREY)
        first.save(path, kind, save_all=True, append_images=[second])

    return write


def _lookup(path: Path) -> None:
    """A DICOM file whose numbers stand for colours of sixteen bits."""
    tables = {
        f"{name}PaletteColorLookupTable{part}": value
        for name, values in zip(("Red", "Green", "Blue"), (GREY, GREY // 2, 239 - GREY), strict=True)
        for part, value in (("Descriptor", [240, 0, 16]), ("Data", (values.ravel().astype("<u2") * 257).tobytes()))
    }
    write_dicom(path, GREY, PhotometricInterpretation="PALETTE COLOR", **tables)


def _palette() -> Image.Image:
    picture = Image.fromarray(COLOUR).quantize(16)
    assert picture.mode == "P"
    return picture


GREY_AS_IS, COLOUR_AS_IS, DEEP_AS_IS = ((1, 12, 20), U8), ((3, 12, 20), U8), ((1, 12, 20), F32)
JPEG_LOSSLESS, JPEG_LS, MPEG2 = "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.100"

CORPUS = [
    # odd, and read
    Odd("grey.png", _saved(GREY), GREY_AS_IS),
    Odd("UPPER.PNG", _saved(GREY), GREY_AS_IS),
    Odd("no_suffix", _bytes(_encoded(GREY, "PNG")), GREY_AS_IS),
    Odd("jpeg_called.png", _bytes(_encoded(COLOUR, "JPEG")), COLOUR_AS_IS),
    Odd("N10, Rt TAIS, M, 16 yrs.jpg", _saved(GREY), GREY_AS_IS),
    Odd("wirbelsäule.png", _saved(GREY), GREY_AS_IS),
    Odd("one_pixel.png", _saved(GREY[:1, :1]), ((1, 1, 1), U8)),
    Odd("one_row.png", _saved(GREY[:1]), ((1, 1, 20), U8)),
    Odd("one_bit.png", _saved(Image.fromarray(GREY > 9)), GREY_AS_IS),
    Odd("sixteen_bits.png", _saved(DEEP), DEEP_AS_IS),
    Odd("sixteen_bits.tif", _saved(DEEP), DEEP_AS_IS),
    Odd("float.tif", _saved((DEEP / 65535).astype(np.float32)), DEEP_AS_IS),
    Odd("grey_as_rgb.png", _saved(Image.fromarray(GREY).convert("RGB")), GREY_AS_IS),
    Odd("grey_and_alpha.png", _saved(Image.fromarray(GREY).convert("LA")), GREY_AS_IS),
    Odd("rgba.png", _saved(Image.fromarray(COLOUR).convert("RGBA")), COLOUR_AS_IS),
    Odd("palette.png", _saved(_palette()), COLOUR_AS_IS),
    Odd("palette.bmp", _saved(_palette()), COLOUR_AS_IS),
    Odd("cmyk.jpg", _saved(Image.fromarray(COLOUR).convert("CMYK")), COLOUR_AS_IS),
    Odd("cmyk.tif", _saved(Image.fromarray(COLOUR).convert("CMYK")), COLOUR_AS_IS),
    Odd("ycbcr.tif", _saved(Image.fromarray(COLOUR).convert("YCbCr")), COLOUR_AS_IS),
    Odd("lab.tif", _saved(Image.fromarray(COLOUR).convert("LAB")), COLOUR_AS_IS),
    Odd("lzw.tif", _saved(GREY, compression="tiff_lzw"), GREY_AS_IS),
    Odd("progressive.jpg", _saved(COLOUR, progressive=True), COLOUR_AS_IS),
    Odd("interlaced.png", _bytes(_interlaced(GREY)), GREY_AS_IS),
    Odd("gamma.png", _bytes(_with_chunk(_encoded(GREY, "PNG"), b"gAMA", struct.pack(">I", 45455))), GREY_AS_IS),
    Odd("colour_profile.png", _saved(COLOUR, icc_profile=b"not read " * 20), COLOUR_AS_IS),
    Odd("one_colour_transparent.png", _saved(GREY, transparency=0), GREY_AS_IS),
    Odd("sixteen_bits_colour.png", _bytes(_deep_colour()), COLOUR_AS_IS),  # Pillow keeps the upper eight
    Odd("two_bits.png", _saved(_palette(), bits=4), COLOUR_AS_IS),
    Odd("one_bit.tif", _saved(Image.fromarray(GREY > 9)), GREY_AS_IS),
    Odd("group4.tif", _saved(Image.fromarray(GREY > 9), compression="group4"), GREY_AS_IS),
    Odd("tiff_called.jpg", _bytes(_encoded(GREY, "TIFF")), GREY_AS_IS),
    Odd("still.webp", _saved(GREY, lossless=True), GREY_AS_IS),
    Odd("line\nbreak.png", _saved(GREY), GREY_AS_IS),
    Odd("脊椎 – ½ \u202e.png", _saved(GREY), GREY_AS_IS),
    Odd("a" * 251 + ".png", _saved(GREY), GREY_AS_IS),
    Odd("lossless.webp", _saved(COLOUR, lossless=True), COLOUR_AS_IS),
    Odd("on_its_side.jpg", _turned(6), ((1, 20, 12), U8)),
    Odd("unknown_orientation.jpg", _turned(9), GREY_AS_IS),
    Odd("bad_exif.jpg", _saved(GREY, exif=b"Exif\0\0garbagegarbage"), GREY_AS_IS),
    Odd("text_after_the_end.jpg", _bytes(_encoded(GREY, "JPEG") + b"a letter" * 99), GREY_AS_IS),
    Odd("two_views.mpo", _pages("MPO"), GREY_AS_IS),
    Odd("rows_missing.png", _bytes(_png(20, 12, zlib.compress(bytes(21)))), GREY_AS_IS),  # Pillow leaves them black
    # bad, and quarantined
    Odd("empty.png", _bytes(b""), "the file is empty"),
    Odd("letter.png", _bytes(b"Dear colleague"), "no JPEG, PNG"),
    Odd("zeros.jpg", _bytes(bytes(4096)), "no JPEG, PNG"),
    Odd("html.jpg", _bytes(b"<html><body>404 Not Found</body></html>"), "no JPEG, PNG"),
    Odd("lfs_pointer.png", _bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"), "no JPEG"),
    Odd("gif.png", _bytes(_encoded(_palette(), "GIF")), "no JPEG, PNG"),
    Odd("script.svg.png", _bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "no JPEG, PNG"),
    Odd("jpeg2000.png", _bytes(_encoded(GREY, "JPEG2000")), "no JPEG, PNG"),
    Odd(
        "moving.gif.png", _bytes(_encoded(_palette(), "GIF", save_all=True, append_images=[_palette()])), "no JPEG, PNG"
    ),
    Odd("sent_as_text.png", _bytes(_encoded(NOISE, "PNG").replace(b"\r\n", b"\n")), "no JPEG, PNG"),
    Odd("left_by_a_mac.png", _bytes(b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X" + bytes(99)), "no JPEG, PNG"),
    Odd("archive.png", _bytes(b"PK\x03\x04" + bytes(99)), "no JPEG, PNG"),
    Odd("signature_only.png", _bytes(b"\x89PNG\r\n\x1a\n"), "no JPEG, PNG"),
    Odd("header_only.jpg", _bytes(_encoded(NOISE, "JPEG")[:4]), "no JPEG, PNG"),
    Odd("cut.png", _bytes(_encoded(NOISE, "PNG")[:2000]), "damaged: .*truncated"),
    Odd("cut.jpg", _bytes(_encoded(NOISE, "JPEG")[:900]), "damaged: .*truncated"),
    Odd("cut.webp", _bytes(_encoded(NOISE, "WEBP")[:900]), "no JPEG|damaged: "),
    Odd("cut.bmp", _bytes(_encoded(NOISE, "BMP")[:900]), "damaged: .*truncated"),
    Odd("cut.tif", _bytes(_encoded(NOISE, "TIFF")[:900]), "no JPEG|damaged: "),
    Odd("flipped.png", _bytes(_flipped(_encoded(NOISE, "PNG"), 60)), "damaged: "),
    Odd("no_pixels.png", _bytes(_png(20, 12)), "damaged: "),
    Odd("no_width.png", _bytes(_png(0, 12, zlib.compress(b""))), "no JPEG|damaged: "),
    Odd("bomb.png", _bytes(_png(60000, 60000, zlib.compress(bytes(99)))), "decompression bomb"),
    Odd("big_as_a_bomb.png", _bytes(_png(10000, 10000, zlib.compress(bytes(99)))), "decompression bomb: 10000 × 10000"),
    Odd("pages.tif", _pages("TIFF"), "it holds 2 pictures"),
    Odd("moving.png", _pages("PNG"), "it holds 2 pictures"),
    Odd("moving.webp", _pages("WEBP"), "it holds 2 pictures"),
    Odd("hounsfield.tif", _saved(DEEP.astype(np.int32) - 1024), "values run from -1024 to 64511, outside 0 to 65535"),
    Odd("nan.tif", _saved(np.full((2, 2), np.nan, dtype=np.float32)), "values run from nan"),
    Odd("folder.png", lambda path: path.mkdir(), "it is a folder"),
    Odd("pipe.png", lambda path: os.mkfifo(path), "not a regular file"),
    Odd("dangling.png", lambda path: path.symlink_to("nowhere.png"), "no such file"),
    Odd("ring.png", lambda path: path.symlink_to(path), "cannot be reached|no such file|damaged"),
    # DICOM, odd and read
    Odd("grey.dcm", _dicom(GREY), DEEP_AS_IS, True),
    Odd("dicom_without_suffix", _dicom(DEEP), DEEP_AS_IS, True),
    Odd("dicom_called.png", _dicom(DEEP), DEEP_AS_IS, True),
    Odd("inverted.dcm", _dicom(DEEP, PhotometricInterpretation="MONOCHROME1"), DEEP_AS_IS, True),
    Odd("signed.dcm", _dicom(DEEP.astype(np.int32).astype(np.int16)), DEEP_AS_IS, True),
    Odd("windowed.dcm", _dicom(DEEP, WindowCenter=[300, 500], WindowWidth=[100, 200]), DEEP_AS_IS, True),
    Odd("table.dcm", _dicom(GREY, VOILUTSequence=lut(0, 16, list(range(256)))), DEEP_AS_IS, True),
    Odd("overlay_in_unused_bits.dcm", _dicom(DEEP, BitsStored=12), DEEP_AS_IS, True),
    Odd("colour.dcm", _dicom(COLOUR), COLOUR_AS_IS, True),
    Odd("palette.dcm", _lookup, ((3, 12, 20), F32), True),
    Odd("brightness_and_colour.dcm", _dicom(COLOUR, PhotometricInterpretation="YBR_FULL"), COLOUR_AS_IS, True),
    Odd("padded.dcm", _dicom(DEEP, PixelPaddingValue=65535), DEEP_AS_IS, True),
    Odd("padded_range.dcm", _dicom(DEEP, PixelPaddingValue=0, PixelPaddingRangeLimit=99), DEEP_AS_IS, True),
    Odd("grey_as_colour.dcm", _dicom(np.stack([GREY] * 3, axis=-1)), GREY_AS_IS, True),
    # DICOM, bad and quarantined
    Odd("empty.dcm", _bytes(b""), "the file is empty"),
    Odd("letter.dcm", _bytes(b"Dear colleague"), "named like a DICOM file, but is none", True),
    Odd("unmarked.dcm", _unmarked_dicom, "named like a DICOM file, but is none", True),
    Odd("cut.dcm", _cut_dicom, "damaged: ", True),
    Odd("report.dcm", _dicom(None), r"holds no picture \(Computed Radiography Image Storage\)", True),
    Odd("frames.dcm", _dicom(np.tile(GREY, (2, 1)), Rows=12, NumberOfFrames=2), "it holds 2 frames", True),
    Odd("bomb.dcm", _dicom(GREY, Rows=60000, Columns=60000), "decompression bomb: 60000 × 60000", True),
    Odd("no_width.dcm", _dicom(DEEP, WindowCenter=300, WindowWidth=0), "damaged: .*Window Width", True),
    Odd("unknown_colour.dcm", _dicom(GREY, PhotometricInterpretation="HSV"), "stored as 'HSV'", True),
    Odd(
        "lossless_jpeg.dcm",
        lambda path: _compressed_dicom(JPEG_LOSSLESS)(path),
        r"JPEG Lossless.*xaimed\[dicom-compressed\].*pylibjpeg",
        True,
    ),
    Odd(
        "jpeg_ls.dcm",
        lambda path: _compressed_dicom(JPEG_LS)(path),
        r"JPEG-LS.*xaimed\[dicom-compressed\].*pyjpegls",
        True,
    ),
    Odd("film.dcm", lambda path: _compressed_dicom(MPEG2)(path), "MPEG2.*does not read", True),
]
