"""What must stand on every figure of a study? Its stamps, what is missing of it, and what makes it another study."""

from __future__ import annotations

from collections.abc import Sequence

from xaimed.reporting.results import counted
from xaimed.studies.reproduction.results import Results, RowResult


def stamp_of(results: Results, rows: Sequence[RowResult]) -> str | None:
    """What a figure of these rows must never be shown without."""
    stamps = [results.study.stamp, *(stamp for row in rows for stamp in row.stamps)]
    return ", ".join(dict.fromkeys(filter(None, stamps))) or None


def remarks_on(results: Results, rows: Sequence[RowResult]) -> list[str]:
    """What is missing of these rows, and in what they are not the paper's."""
    missing = [f"{row.row.label} ({row.missing})" for row in rows if row.missing]
    told = [f"Missing: {'; '.join(missing)}."] if missing else []
    if results.study.changed:
        told.append(f"Not as in the paper: {', '.join(results.study.changed)}.")
    return told


def counted_over(rows: Sequence[RowResult]) -> str:
    """How many samples the rows report, once where all report the same number."""
    told = {}
    for row in rows:
        assert row.predictions is not None
        told[row.row.label] = counted(row.predictions.samples, len(row.predictions.repeats))
    if len(set(told.values())) == 1:
        return next(iter(told.values()))
    return "; ".join(f"{label}: {n}" for label, n in told.items())
