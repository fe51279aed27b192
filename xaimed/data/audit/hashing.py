"""Which pictures might be copies? Those whose coarse structure has nearly the same signs: proposals, not verdicts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from scipy.fft import dctn
from torch.nn import functional

Hashes = npt.NDArray[np.uint64]
Thumbs = npt.NDArray[np.uint8]

MIDDLE = (3, 3, 58)
WINDOWS = (
    MIDDLE,
    *((top, left, 58) for top in (0, 3, 6) for left in (0, 3, 6) if (top, left) != (3, 3)),
    (0, 0, 64),
    (6, 6, 52),
)
"""Top, left and side of parts of a 64-pixel thumb: the middle shifted by five per cent and scaled by ten."""
NEAR = 8
"""Of 63 bits, so many may differ."""
MOST = 300_000
"""Proposals that are looked at; where there are more, fewer bits may differ."""
MANY = 30_000
"""Pictures above which only the middles are compared."""
AT_ONCE = 512


def hashes(thumbs: Thumbs, window: tuple[int, int, int]) -> Hashes:
    """Signs of the 63 lowest waves of each thumb's part, about their median: brightness and contrast do not count."""
    top, left, side = window
    found = np.empty(len(thumbs), dtype=np.uint64)
    for start in range(0, len(thumbs), AT_ONCE):
        part = torch.from_numpy(np.array(thumbs[start : start + AT_ONCE, top : top + side, left : left + side])).float()
        small = functional.interpolate(part[:, None], (32, 32), mode="bilinear", antialias=True)[:, 0].numpy()
        waves = dctn(small, axes=(1, 2), norm="ortho")[:, :8, :8].reshape(len(small), 64)[:, 1:]
        bits = np.packbits(np.pad(waves > np.median(waves, axis=1, keepdims=True), ((0, 0), (0, 1))), axis=1)
        found[start : start + AT_ONCE] = bits.view(np.uint64)[:, 0]
    return found


def proposals(thumbs: Thumbs, rows: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], int]:
    """Pairs of ``rows`` that hash alike, each once, and how many bits were allowed to differ."""
    chosen = np.asarray(thumbs[rows]) if len(rows) < len(thumbs) else thumbs
    middle = hashes(chosen, MIDDLE)
    windows = WINDOWS if len(rows) <= MANY else (MIDDLE,)
    found: dict[int, list[npt.NDArray[np.int64]]] = {distance: [] for distance in range(NEAR + 1)}
    near, count = NEAR, 0
    for window in windows:
        own = middle if window == MIDDLE else hashes(chosen, window)
        for start in range(0, len(rows), AT_ONCE):
            first = start if window == MIDDLE else 0
            distances = np.bitwise_count(own[start : start + AT_ONCE, None] ^ middle[None, first:])
            a, b = np.nonzero(distances <= near)
            bits = distances[a, b]
            a, b = a + start, b + first
            keep = (a < b) if window == MIDDLE else (a != b)
            for distance in range(near + 1):
                here = keep & (bits == distance)
                found[distance].append(np.stack([np.minimum(a, b)[here], np.maximum(a, b)[here]], axis=1))
                count += int(here.sum())
            while count > MOST and near > 0:
                count -= sum(map(len, found.pop(near)))
                near -= 1
    pairs = np.unique(np.concatenate([pair for parts in found.values() for pair in parts] or [_NONE]), axis=0)
    return rows[pairs] if len(pairs) else _NONE, near


_NONE = np.empty((0, 2), dtype=np.int64)
