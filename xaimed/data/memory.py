"""What happens to memory that is freed? It is kept for the next array, instead of asking the system for it anew."""

from __future__ import annotations

import numpy as np

LARGEST = 30 * 2**20
"""Bytes; just below what the C library will ever adapt to."""


def keep_freed_memory() -> None:
    """Let this process, and what it forks, keep what it frees.

    glibc hands arrays of a picture's size back to the system as soon as they are freed, and the next one is paid for
    page by page: a quarter of the time it takes to draw a phantom. It adapts to the largest array that was ever freed,
    so one is. Elsewhere this does nothing.
    """
    np.empty(LARGEST, dtype=np.uint8)
