"""What do DICOM headers say about pictures? What the audit and subgroup results need, as columns of the manifest."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from xaimed.data import dicom
from xaimed.data.manifest import Manifest
from xaimed.errors import DataError, UnreadableImageError

PATIENT = "dicom_patient"
YEARS = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}


def dicom_tags(path: Path) -> dict[str, str | float]:
    """The columns of one DICOM file; text is empty and a number NaN where the header does not say.

    The patient is a short hash of the PatientID, so that no name goes from the header into tables and reports.

    Raises:
        UnreadableImageError: when there is no header to read.
    """
    header = dicom.read_header(path)
    row, column = _spacing(header)
    return {
        PATIENT: _hidden(str(header.get("PatientID") or "").strip()),
        "dicom_photometric": str(header.get("PhotometricInterpretation") or ""),
        "dicom_modality": str(header.get("Modality") or ""),
        "dicom_view": str(header.get("ViewPosition") or ""),
        "dicom_row_spacing": row,
        "dicom_column_spacing": column,
        "dicom_sex": str(header.get("PatientSex") or ""),
        "dicom_age": _years(str(header.get("PatientAge") or "")),
    }


def with_dicom_tags(manifest: Manifest, *, grouped: bool) -> Manifest:
    """The manifest with the columns of ``dicom_tags``; a file without a readable header has none of them.

    Args:
        manifest: of the pictures.
        grouped: whether it knows the patients; where not, the headers tell them, and a picture whose header does not
            stays a patient of its own.
    """
    found = pd.DataFrame([_tags_if_any(path) for path in manifest.paths()], index=manifest.frame.index)
    if found.empty:
        raise DataError("none of the pictures has a DICOM header", where=manifest.root, fix="Use dicom_tags=false.")
    texts = {column: "" for column in found if not pd.api.types.is_numeric_dtype(found[column])}
    frame = pd.concat([manifest.frame, found.fillna(texts)], axis=1)
    if not grouped:
        frame["group"] = frame["group"].where(frame[PATIENT] == "", frame[PATIENT])
    return replace(manifest, frame=frame)


def _tags_if_any(path: Path) -> dict[str, str | float]:
    try:
        return dicom_tags(path) if path.is_file() and dicom.is_dicom(path) else {}
    except UnreadableImageError as error:
        if error.what == dicom.NOT_INSTALLED:
            raise DataError(error.what, where=path) from None
        return {}  # the quarantine says why
    except Exception:  # a damaged header may raise anything; the quarantine says why
        return {}


def _hidden(patient: str) -> str:
    return f"patient-{hashlib.sha256(patient.encode()).hexdigest()[:12]}" if patient else ""


def _spacing(header: Any) -> tuple[float, float]:
    """Millimetres between rows and between columns: in the patient where known, else on the detector."""
    spacing = header.get("PixelSpacing") or header.get("ImagerPixelSpacing")
    return (float(spacing[0]), float(spacing[1])) if spacing and len(spacing) == 2 else (float("nan"), float("nan"))


def _years(age: str) -> float:
    """An age such as 034Y or 018M."""
    found = re.fullmatch(r"(\d{1,3})([YMWD])", age.strip())
    return int(found[1]) * YEARS[found[2]] if found else float("nan")
