"""What has been found of a fold, and how is it read? Rows, captions and curves in a folder of their own."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from xaimed.errors import StoreError
from xaimed.evaluation.contract import COLUMNS, Findings, Measure

ROWS, ABOUT, ARRAYS = "rows.csv", "about.json", "arrays.npz"


def write_findings(folder: Path, name: str, findings: Findings) -> None:
    """Write what an evaluation found into an empty folder."""
    text: str = findings.rows[list(COLUMNS)].to_csv(index=False, lineterminator="\n")
    content = text.encode("utf-8", errors="surrogateescape")
    (folder / ROWS).write_bytes(content)
    measures = {key: asdict(measure) for key, measure in findings.measures.items()}
    about = {"evaluation": name, "caption": findings.caption, "measures": measures, "rows": _checksum(content)}
    (folder / ABOUT).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    if findings.arrays:
        np.savez_compressed(folder / ARRAYS, **findings.arrays)  # type: ignore[arg-type]


def read_findings(folder: Path) -> tuple[str, Findings]:
    """The name of the evaluation and what it found, without its arrays; a damaged or edited folder is refused."""
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        content = (folder / ROWS).read_bytes()
        if about.get("rows", _checksum(content)) != _checksum(content):
            raise ValueError(f"{ROWS} is not as it was written")
        rows: pd.DataFrame = pd.read_csv(
            io.BytesIO(content),
            dtype={"sample_id": object, "explainer": object, "measure": object},
            keep_default_na=False,
            na_values={"value": [""]},
            encoding_errors="surrogateescape",
            float_precision="round_trip",
        )
        measures = {key: Measure(**told) for key, told in about["measures"].items()}
        rows["value"] = rows["value"].astype("float64")
        return about["evaluation"], Findings(rows[list(COLUMNS)], measures, about["caption"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"these findings cannot be read: {error}",
            where=folder,
            fix="Delete the folder and ask again with xaimed evaluate; nothing is trained anew.",
        ) from error


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read_arrays(folder: Path) -> dict[str, npt.NDArray[Any]]:
    """The arrays of an evaluation, such as curves; none where it has none."""
    if not (folder / ARRAYS).is_file():
        return {}
    with np.load(folder / ARRAYS, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}
