"""How is work that may not fit in memory done? In pieces, and in smaller ones where memory says no."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from xaimed.errors import ExplainError


def in_pieces(rows: int, compute: Callable[[slice], Tensor], at_once: int) -> Tensor:
    """``compute`` over all rows, at most ``at_once`` at a time, its results joined along the first axis.

    Where a piece finds no memory, half as many rows are tried, down to a single one.

    Args:
        rows: how many there are.
        compute: gives the results of the rows of a slice; it may be asked again for rows that it has failed on.
        at_once: how many rows are tried first.
    """
    return torch.cat(list(pieces(rows, compute, at_once)))


def pieces(rows: int, compute: Callable[[slice], Tensor], at_once: int) -> Iterator[Tensor]:
    """The same, piece by piece, for results that are not kept."""
    start, size = 0, max(1, min(at_once, rows))
    while start < rows:
        try:
            found = compute(slice(start, min(start + size, rows)))
        except RuntimeError as error:
            if not _is_out_of_memory(error):
                raise
            found = None  # outside the handler the failed piece's tensors are let go
        if found is None:
            size = _smaller(size)
            continue
        yield found
        start += size


def _smaller(size: int) -> int:
    if size == 1:
        raise ExplainError("there is no memory for a single image", fix="Use smaller images or another explainer.")
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return size // 2


def _is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "DefaultCPUAllocator: can't allocate memory" in str(error)
