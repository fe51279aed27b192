"""What does a DICOM file show? Its pixels as a viewer would: modality table, window, inversion, then 0 to 1."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from xaimed.data.brightness import Pixels, one_channel_if_grey, refuse_a_bomb, unit_range
from xaimed.errors import UnreadableImageError

SUFFIXES = frozenset({".dcm", ".dicom"})

PLUG_INS = ("pylibjpeg", "pylibjpeg-libjpeg", "pylibjpeg-openjpeg", "pylibjpeg-rle", "pyjpegls", "python-gdcm")
DECODERS = ("pydicom", *PLUG_INS)
"""The packages that decide which files can be read."""

NOT_INSTALLED = "it is a DICOM file, and pydicom is not installed: pip install 'xaimed[dicom]'"


def is_dicom(path: Path) -> bool:
    """Whether it calls itself DICOM, by its name or by the mark that such files bear."""
    if path.suffix.lower() in SUFFIXES:
        return True
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def decoder_versions() -> list[str]:
    """The installed packages that decode DICOM, with their versions."""
    found = []
    for name in DECODERS:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return found


def read_header(path: Path) -> Any:
    """Everything but the pixels, as pydicom's Dataset."""
    return _read(path, header_only=True)


def decode_dicom(path: Path) -> Pixels:
    """The pixels as they are to be shown."""
    dataset = _read(path, header_only=False)
    _refuse_what_is_no_single_picture(dataset)
    _refuse_what_nothing_can_decompress(dataset)
    from pydicom.pixels.processing import apply_color_lut
    from pydicom.pixels.utils import pixel_array

    pixels = pixel_array(dataset)
    photometric = str(dataset.PhotometricInterpretation)
    if photometric == "PALETTE COLOR":
        return _colour(apply_color_lut(pixels, dataset))
    if dataset.SamplesPerPixel == 3:
        return _colour(pixels)  # pydicom has brought YBR to RGB
    if not photometric.startswith("MONOCHROME"):
        raise UnreadableImageError(f"its colour is stored as '{photometric}', which is neither grey nor RGB")
    shown = _shown(pixels, dataset)
    shown = 1 - shown if photometric == "MONOCHROME1" else shown
    shown[_padding(pixels, dataset)] = 0
    return shown


def _read(path: Path, header_only: bool) -> Any:
    try:
        from pydicom import dcmread
        from pydicom.errors import InvalidDicomError
    except ImportError:
        raise UnreadableImageError(NOT_INSTALLED) from None
    try:
        return dcmread(path, stop_before_pixels=header_only)
    except InvalidDicomError:
        raise UnreadableImageError("it is named like a DICOM file, but is none") from None


def _refuse_what_is_no_single_picture(dataset: Any) -> None:
    if "PixelData" not in dataset or "Rows" not in dataset or "Columns" not in dataset:
        kind = dataset.get("SOPClassUID")
        raise UnreadableImageError(f"it holds no picture ({kind.name if kind else 'a DICOM file of unknown kind'})")
    frames = int(dataset.get("NumberOfFrames") or 1)
    if frames > 1:
        raise UnreadableImageError(f"it holds {frames} frames; export the one that is meant as a file of its own")
    refuse_a_bomb(int(dataset.Columns), int(dataset.Rows))


def _refuse_what_nothing_can_decompress(dataset: Any) -> None:
    from pydicom.pixels.decoders.base import get_decoder

    syntax = dataset.file_meta.TransferSyntaxUID
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError:
        raise UnreadableImageError(f"its pixels are stored as '{syntax.name}', which pydicom does not read") from None
    if not decoder.is_available:
        plug_ins = ", or ".join(decoder.missing_dependencies)
        extra = "pip install 'xaimed[dicom-compressed]', or " if "gdcm" in plug_ins else "install "
        raise UnreadableImageError(f"its pixels are compressed as '{syntax.name}': {extra}one of: {plug_ins}")


def _shown(pixels: npt.NDArray[np.generic], dataset: Any) -> npt.NDArray[np.float32]:
    """Stored grey values through the modality table and the first window, or else their whole nominal range."""
    from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut

    values = _whole(apply_modality_lut(pixels, dataset))
    lowest, highest = _nominal_range(dataset)
    if dataset.get("VOILUTSequence"):
        return unit_range(apply_voi_lut(values, dataset), 0, 2 ** dataset.VOILUTSequence[0].LUTDescriptor[2] - 1)
    if dataset.get("WindowCenter") is not None and dataset.get("WindowWidth") is not None:
        windowed = apply_voi_lut(values, dataset)
        # A negative slope turns the nominal range around, and pydicom's window with it.
        share = (windowed.astype(np.float64) - lowest) / (highest - lowest)
        return unit_range(share.clip(0, 1), 0, 1)
    return unit_range(values, min(lowest, highest), max(lowest, highest))


def _padding(pixels: npt.NDArray[np.generic], dataset: Any) -> npt.NDArray[np.bool_]:
    """Where there is no picture: what surrounds it is as dark as can be, inverted or not."""
    if (value := dataset.get("PixelPaddingValue")) is None:
        return np.zeros(pixels.shape, dtype=bool)
    other = dataset.get("PixelPaddingRangeLimit")
    ends = (int(value), int(value if other is None else other))
    between: npt.NDArray[np.bool_] = np.asarray((pixels >= min(ends)) & (pixels <= max(ends)))  # type: ignore[operator]
    return between


def _nominal_range(dataset: Any) -> tuple[float, float]:
    """What the stored bits could hold at the least and at the most, as modality values."""
    if dataset.get("ModalityLUTSequence"):
        return 0.0, float(2 ** dataset.ModalityLUTSequence[0].LUTDescriptor[2] - 1)
    bits, signed = int(dataset.BitsStored), int(dataset.PixelRepresentation)
    lowest, highest = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    slope, intercept = float(dataset.get("RescaleSlope") or 1), float(dataset.get("RescaleIntercept") or 0)
    return lowest * slope + intercept, highest * slope + intercept


def _whole(values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Rescaled values that are whole numbers as such: lookup tables want no others."""
    if np.issubdtype(values.dtype, np.floating) and np.array_equal(values, np.rint(values)):
        return values.astype(np.int64)
    return values


def _colour(pixels: npt.NDArray[np.integer[Any]]) -> Pixels:
    """RGB of eight bits as it is, of more bits from 0 to 1."""
    if pixels.dtype == np.uint8:
        return one_channel_if_grey(pixels.astype(np.uint8))
    return one_channel_if_grey(unit_range(pixels, 0, np.iinfo(pixels.dtype).max))
