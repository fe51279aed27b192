"""What holds for every figure of a study? Its stamps, what is missing or was changed, which classes, which pages."""

from __future__ import annotations

import math
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


def matching(wanted: Sequence[str], known: Sequence[str]) -> list[str]:
    """Of the known names those that are wanted, be they spelt in other letters; all where none is named.

    The classes of a phantom are those of the paper, but for their capitals and underscores.
    """
    by_spelling = {plainly(name): name for name in known}
    return [by_spelling[plainly(name)] for name in wanted if plainly(name) in by_spelling] if wanted else list(known)


def plainly(name: str) -> str:
    """A name without what spelling may change."""
    return name.casefold().replace("_", " ")


def even(count: int, most: int) -> list[slice]:
    """So many things on pages of at most ``most``, about as many on each."""
    pages = math.ceil(count / most)
    size = math.ceil(count / max(pages, 1))
    return [slice(start, start + size) for start in range(0, count, max(size, 1))]
