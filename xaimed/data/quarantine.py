"""Which pictures cannot be used, and why? What the inspection of the files has found decides."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from xaimed.data.inspection import Inspection, inspect
from xaimed.data.manifest import Manifest
from xaimed.data.task import Kind
from xaimed.errors import DataError


def sort_out_unreadable(
    manifest: Manifest, limit: float = 0.1, inspection: Inspection | None = None
) -> tuple[Manifest, pd.DataFrame]:
    """The manifest without the pictures that cannot be used, and a table ``sample_id, path, reason`` of those.

    Args:
        manifest: the dataset.
        limit: the share of bad pictures above which the dataset as a whole is refused.
        inspection: what was seen of the same manifest; by default the files are looked at, or what was seen is
            remembered.

    Raises:
        DataError: when too many are bad, or a class is left without a picture.
    """
    seen = inspection or inspect(manifest)
    bad, reasons = ~seen.readable, seen.reasons
    table = manifest.frame.loc[bad, ["sample_id", "path"]].reset_index(drop=True)
    table["reason"] = [reasons[row] for row in np.flatnonzero(bad).tolist()]
    if len(table) > limit * len(manifest):
        raise DataError(
            f"{len(table)} of {len(manifest)} pictures cannot be used, more than the {limit:.0%} allowed: "
            + "; ".join(f"{row.path} ({row.reason})" for row in table.head(3).itertuples())
            + ("; …" if len(table) > 3 else ""),
            where=manifest.root,
            fix="Replace or remove them.",
        )
    for name in manifest.task.classes:
        members = _members(manifest, name)
        if members.any() and not (members & ~bad).any():
            first = int(np.flatnonzero(members)[0])
            raise DataError(
                f"none of the {members.sum()} pictures of class '{name}' can be used",
                where=manifest.root,
                fix=f"The first is {manifest.frame['path'].iloc[first]}: {reasons[first]}.",
            )
    return manifest.select(~bad), table


def _members(manifest: Manifest, name: str) -> npt.NDArray[np.bool_]:
    """Which rows are of a class."""
    column, value = (name, 1) if manifest.task.kind is Kind.MULTILABEL else ("label", name)
    return (manifest.frame[column] == value).to_numpy(dtype=bool)
