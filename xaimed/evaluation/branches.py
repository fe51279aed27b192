"""What did the two branches of a hybrid add to each decision? One row per reported sample, kept beside its map."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from xaimed.store.writing import write_bytes

COLUMNS = ("sample_id", "fold", "explained", "deep", "handcrafted", "handcrafted_share")


def write_branches(path: Path, table: pd.DataFrame) -> None:
    """Write ``COLUMNS``; a share that is not defined stays empty."""
    text: str = table[list(COLUMNS)].to_csv(index=False, lineterminator="\n")
    write_bytes(path, text.encode("utf-8", errors="surrogateescape"))


def read_branches(path: Path) -> pd.DataFrame:
    """What ``write_branches`` wrote; names such as "NA" stay names."""
    table: pd.DataFrame = pd.read_csv(
        path,
        dtype={"sample_id": object, "explained": object},
        keep_default_na=False,
        na_values={"handcrafted_share": [""]},
        encoding_errors="surrogateescape",
        float_precision="round_trip",
    )
    return table
