"""What else is known of a sample? Sex, age, view, site: the free columns of the manifest, kept with the run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from xaimed.errors import StoreError
from xaimed.store.writing import write_bytes

if TYPE_CHECKING:  # tables by sex or age are made without torch
    from xaimed.data.manifest import Manifest

SAMPLES = "samples.csv"


def write_samples(path: Path, manifest: Manifest) -> None:
    """Write every sample's name, patient and free columns, so that tables by sex or age need no dataset."""
    from xaimed.data.manifest import REQUIRED

    labels = manifest.task.classes if manifest.task.kind == "multilabel" else ("label",)
    free = [name for name in manifest.frame.columns if name not in (*REQUIRED, *labels)]
    text: str = manifest.frame[["sample_id", "group", *free]].to_csv(index=False, lineterminator="\n")
    write_bytes(path, text.encode("utf-8", errors="surrogateescape"))


def read_samples(run: Path) -> pd.DataFrame | None:
    """``group`` and the free columns by ``sample_id``; None for a run from before they were kept."""
    file = run / SAMPLES
    if not file.is_file():
        return None
    try:
        table: pd.DataFrame = pd.read_csv(
            file,
            dtype={"sample_id": object, "group": object},
            keep_default_na=False,  # a patient may be called NA
            na_values=[""],
            encoding_errors="surrogateescape",
            low_memory=False,
        )
        return table.set_index("sample_id")
    except (ValueError, KeyError) as error:
        raise StoreError(
            f"what is known of the samples cannot be read: {error}",
            where=file,
            fix="Delete the file and give the command of the run again.",
        ) from error
