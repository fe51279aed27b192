"""What do the pixels say that is not anatomy? Frame, markers, brightness, colour and traces of compression.

Measured on several pictures of one shape at once, because on one picture NumPy is busier with itself than with pixels;
and on whole numbers where the pixels are, because those are quicker and exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from xaimed.data.audit.families import CORNERS, MIDDLES, PERCENTILES, SIDES
from xaimed.data.audit.views import SMALL, Views

Pictures = npt.NDArray[Any]
"""``[n, H, W]``, in 0 … 255, uint8 or float32."""
Traits = dict[str, npt.NDArray[np.number] | float]
"""One value for each picture, or one for all."""

DARK, BRIGHT = 12, 243
MARK = 9
"""Side of the square at ``SMALL`` that no part of a marker fills."""
CELL = SMALL // 4
BLOCK = 8
"""Side of a JPEG's blocks."""


def pixel_traits(views: Sequence[Views]) -> Iterator[dict[str, float]]:
    """The families measured on pixels, picture by picture."""
    for _, alike in groupby(views, key=_shape):
        together = list(alike)
        small, middle = np.stack([one.small for one in together]), np.stack([one.middle for one in together])
        whole = all(one.sampled is one.middle for one in together)
        levels = _levels(middle)
        traits: Traits = {
            **_framing(small),
            **_markers(small),
            **_intensity(levels if whole else _levels(np.stack([one.sampled for one in together]))),
            **_colour([one.colour for one in together if one.colour is not None]),
            **_compression(middle),
            **_depth(levels),
        }
        table = {name: np.broadcast_to(values, len(together)).tolist() for name, values in traits.items()}
        yield from ({name: column[number] for name, column in table.items()} for number in range(len(together)))


def _shape(views: Views) -> tuple[object, ...]:
    return (views.sampled.shape, views.middle.shape, views.middle.dtype, views.colour is None)


def _framing(small: Pictures) -> Traits:
    """Margins as shares of the side; a line belongs to one when nine tenths of it are black (or white)."""
    traits: Traits = {}
    band = round(0.03 * SMALL)
    margins = (("black", (small < DARK).view(np.uint8)), ("white", (small > BRIGHT).view(np.uint8)))
    for along, sides in ((2, SIDES[:2]), (1, SIDES[2:])):
        for name, is_margin in margins:
            filled = is_margin.sum(axis=along, dtype=np.uint8) > 0.9 * SMALL
            for side, lines in zip(sides, (filled, filled[:, ::-1]), strict=True):
                traits[f"{name} margin {side}"] = np.where(lines.all(1), SMALL, lines.argmin(1)) / SMALL
        lengthwise = small if along == 2 else small.transpose(0, 2, 1)
        for side, part in zip(sides, (slice(band), slice(-band, None)), strict=True):
            edge = lengthwise[:, part].astype(np.float32) / 255
            traits[f"border mean {side}"], traits[f"border spread {side}"] = edge.mean((1, 2)), edge.std((1, 2))
    return traits


def _markers(small: Pictures) -> Traits:
    """How far the brightest small thing in each place stands out, and in which corner it does most."""
    hat = small - _running(np.maximum, _running(np.minimum, small))
    first, middle, last = (slice(start, start + CELL) for start in (0, 3 * CELL // 2, SMALL - CELL))
    corners = ((first, first), (first, last), (last, first), (last, last))
    middles = ((first, middle), (last, middle), (middle, first), (middle, last))
    cells = np.stack([hat[:, rows, columns].reshape(len(hat), -1) for rows, columns in (*corners, *middles)])
    cells = cells.astype(np.float32)  # partitioned three times as fast as bytes
    strength = np.partition(cells, -6, axis=2)[:, :, -6] / 255
    in_corners = strength[: len(corners)]
    second, highest = np.partition(in_corners, (-2, -1), axis=0)[-2:]
    return {
        **{f"bright mark {place}": values for place, values in zip((*CORNERS, *MIDDLES), strength, strict=True)},
        # How sure it is that the marker lies here; what all corners share, such as the view, does not count.
        **{
            f"marker in {place}": np.where(values == highest, values - second, 0)
            for place, values in zip(CORNERS, in_corners, strict=True)
        },
    }


def _running(extreme: np.ufunc, images: Pictures) -> Pictures:
    """The extreme over a square of side ``MARK`` about every pixel: windows of 1, 2, 4, 8 and 9, one axis at a time."""
    reach = MARK // 2
    padded = np.pad(images, ((0, 0), (reach, reach), (reach, reach)), mode="edge")
    for axis in (1, 2):
        window = 1
        while window < MARK:
            step = min(window, MARK - window)
            ahead, behind = ((slice(None),) * axis + (part,) for part in (slice(None, -step), slice(step, None)))
            padded = extreme(padded[ahead], padded[behind])
            window += step
    return padded


def _levels(grey: Pictures) -> npt.NDArray[np.int64]:
    """How many pixels there are of each of 256 values."""
    rounded = grey if grey.dtype == np.uint8 else (grey + np.float32(0.5)).astype(np.uint8)
    # torch counts bytes as they are, where NumPy would make each a 64-bit number first
    return np.stack([torch.bincount(torch.from_numpy(one.ravel()), minlength=256).numpy() for one in rounded])


def _intensity(levels: npt.NDArray[np.int64]) -> Traits:
    shares = levels / levels.sum(1, keepdims=True)
    reached = np.cumsum(levels, axis=1) / levels.sum(1, keepdims=True)
    values = np.arange(256) / 255
    mean = shares @ values
    return {
        "mean": mean,
        "spread": np.sqrt(np.maximum(shares @ values**2 - mean**2, 0)),
        **{f"percentile {p}": (reached < p / 100).sum(1) / 255 for p in PERCENTILES},
        "pure black": shares[:, 0],
        "pure white": shares[:, 255],
    }


def _colour(pictures: Sequence[npt.NDArray[np.float32]]) -> Traits:
    names = ("has colour", "red minus green", "blue minus green", "saturation", "saturation spread")
    if not pictures:
        return dict.fromkeys(names, 0.0)
    red, green, blue = np.stack(pictures, axis=1) / 255
    high, low = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    saturation = (high - low) / np.maximum(high, np.float32(1 / 255))
    measured = ((red - green).mean((1, 2)), (blue - green).mean((1, 2)), saturation.mean((1, 2)))
    return dict(zip(names, (1.0, *measured, saturation.std((1, 2))), strict=True))


def _compression(patch: Pictures) -> Traits:
    whole = patch.dtype == np.uint8
    values = patch.astype(np.int16) if whole else patch
    sums = np.int32 if whole else np.float32
    height, width = patch.shape[1:]
    across, down = values[:, :, 1:] - values[:, :, :-1], values[:, 1:] - values[:, :-1]
    rough = np.abs(across[:, 1:] - across[:, :-1])
    steps_across = np.abs(across).sum(1, dtype=sums) / height
    steps_down = np.abs(down).sum(2, dtype=sums) / width
    fine = rough.sum((1, 2), dtype=sums) / max(1, (height - 1) * (width - 1))
    total = sum(steps.sum(1) / max(1, steps.shape[1]) for steps in (steps_across, steps_down))
    return {
        "block seams across": _seams(steps_across),
        "block seams down": _seams(steps_down),
        "noise floor": _floor(rough),
        "fine detail": fine / (total + 1e-3),
    }


def _depth(levels: npt.NDArray[np.int64]) -> Traits:
    there = levels > 0
    used, span = there.sum(1), 256 - there[:, ::-1].argmax(1) - there.argmax(1)
    return {"grey levels used": used, "histogram gaps": 1 - used / span}


def _floor(rough: npt.NDArray[np.int16] | npt.NDArray[np.float32]) -> npt.NDArray[np.float64] | float:
    """How rough the smoothest tenth of the 8-pixel blocks is."""
    count, high, wide = len(rough), rough.shape[1] // BLOCK, rough.shape[2] // BLOCK
    if not high * wide:
        return 0.0
    rows = rough[:, : high * BLOCK, : wide * BLOCK].reshape(count, high, BLOCK, -1).sum(2, dtype=rough.dtype)
    means = rows.reshape(count, -1, BLOCK).sum(2) / BLOCK**2
    return np.asarray(np.percentile(means, 10, axis=1))


def _seams(steps: npt.NDArray[np.floating]) -> npt.NDArray[np.floating] | float:
    """The mean step over the borders of 8-pixel blocks, beside that elsewhere, as a logarithm."""
    length = steps.shape[1]
    if length < 2 * BLOCK:
        return 0.0
    seam = np.arange(length) % BLOCK == BLOCK - 1
    return np.asarray(np.log2((steps[:, seam].mean(1) + 1e-2) / (steps[:, ~seam].mean(1) + 1e-2)))
