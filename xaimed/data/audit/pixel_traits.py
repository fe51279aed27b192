"""What do the pixels say that is not anatomy? Frame, markers, brightness, colour and traces of compression."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torchvision.transforms.v2 import functional as F

from xaimed.data.audit.families import CORNERS, MIDDLES, PERCENTILES, SIDES

Grey = npt.NDArray[np.float32]

LOOKED_AT = 512
"""Side of the middle patch, in native pixels, that is searched for traces of compression."""
SMALL = 128
"""Side at which frame and markers are looked for."""
DARK, BRIGHT = 12 / 255, 243 / 255
MARK = 9
"""Side of the square at ``SMALL`` that no part of a marker fills."""
CELL = SMALL // 4


def pixel_traits(picture: Tensor) -> dict[str, float]:
    """The families measured on pixels, of a picture ``[1 or 3, H, W]`` in uint8 or in [0, 1]."""
    small = _grey(F.resize(picture, [SMALL, SMALL], antialias=True))
    step = max(1, min(picture.shape[1:]) // 256)
    sampled = picture[:, ::step, ::step]
    return {
        **_framing(small),
        **_markers(small),
        **_intensity(_grey(sampled)),
        **_colour(sampled),
        **_compression(_middle(picture)),
    }


def _grey(picture: Tensor) -> Grey:
    scale = 255.0 if picture.dtype == torch.uint8 else 1.0
    values = picture[0].float() if len(picture) == 1 else picture.float().mean(0)
    return (values / scale).numpy()


def _middle(picture: Tensor) -> npt.NDArray[np.float32]:
    """A patch that begins on a multiple of 8, in 0 … 255."""
    height, width = picture.shape[1:]
    top, left = (max(0, side - LOOKED_AT) // 16 * 8 for side in (height, width))
    return _grey(picture[:, top : top + LOOKED_AT, left : left + LOOKED_AT]) * np.float32(255)


def _framing(small: Grey) -> dict[str, float]:
    """Margins as shares of the side; a line belongs to one when nine tenths of it are black (or white)."""
    traits: dict[str, float] = {}
    band = round(0.03 * SMALL)
    dark, bright = small < DARK, small > BRIGHT
    for side in SIDES:
        lines = {"top": 0, "bottom": 0, "left": 1, "right": 1}[side]
        turn = slice(None, None, -1 if side in ("bottom", "right") else 1)
        for name, is_margin in (("black", dark), ("white", bright)):
            filled = is_margin.mean(axis=1 - lines)[turn] > 0.9
            traits[f"{name} margin {side}"] = float(np.argmin(filled) if not filled.all() else SMALL) / SMALL
        edge = (small if lines == 0 else small.T)[turn][:band]
        traits[f"border mean {side}"], traits[f"border spread {side}"] = float(edge.mean()), float(edge.std())
    return traits


def _markers(small: Grey) -> dict[str, float]:
    """How far the brightest small thing in each place stands out, and in which corner it does most."""
    hat = small - _running(np.maximum, _running(np.minimum, small))
    middle = slice(3 * CELL // 2, 3 * CELL // 2 + CELL)
    first, last = slice(0, CELL), slice(SMALL - CELL, SMALL)
    cells = {
        "upper left": hat[first, first],
        "upper right": hat[first, last],
        "lower left": hat[last, first],
        "lower right": hat[last, last],
        "upper edge": hat[first, middle],
        "lower edge": hat[last, middle],
        "left edge": hat[middle, first],
        "right edge": hat[middle, last],
    }
    strength = {place: float(np.partition(cells[place].ravel(), -6)[-6]) for place in (*CORNERS, *MIDDLES)}
    corners = sorted(strength[place] for place in CORNERS)
    return {f"bright mark {place}": value for place, value in strength.items()} | {
        # How sure it is that the marker lies here; what all corners share, such as the view, does not count.
        f"marker in {place}": max(
            0.0, strength[place] - (corners[-2] if strength[place] == corners[-1] else corners[-1])
        )
        for place in CORNERS
    }


def _running(extreme: np.ufunc, image: Grey) -> Grey:
    """The extreme over a square of side ``MARK`` about every pixel: windows of 1, 2, 4, 8 and 9, one axis at a time."""
    for axis in (0, 1):
        padded = np.pad(image, [(MARK // 2, MARK // 2) if side == axis else (0, 0) for side in (0, 1)], mode="edge")
        rows = padded if axis == 0 else padded.T
        window = 1
        while window < MARK:
            step = min(window, MARK - window)
            rows = extreme(rows[:-step], rows[step:])
            window += step
        image = rows if axis == 0 else rows.T
    return image


def _intensity(grey: Grey) -> dict[str, float]:
    levels = np.bincount((grey * 255 + np.float32(0.5)).astype(np.uint8).ravel(), minlength=256)
    reached = np.cumsum(levels) / grey.size
    return {
        "mean": float(grey.mean()),
        "spread": float(grey.std()),
        **{f"percentile {p}": float(np.searchsorted(reached, p / 100)) / 255 for p in PERCENTILES},
        "pure black": float(levels[0] / grey.size),
        "pure white": float(levels[255] / grey.size),
    }


def _colour(picture: Tensor) -> dict[str, float]:
    if len(picture) == 1:
        return dict.fromkeys(
            ("has colour", "red minus green", "blue minus green", "saturation", "saturation spread"), 0.0
        )
    values = picture.float() / (255 if picture.dtype == torch.uint8 else 1)
    red, green, blue = values.flatten(1)
    high, low = values.amax(0), values.amin(0)
    saturation = (high - low) / high.clamp(min=1 / 255)
    return {
        "has colour": 1.0,
        "red minus green": float((red - green).mean()),
        "blue minus green": float((blue - green).mean()),
        "saturation": float(saturation.mean()),
        "saturation spread": float(saturation.std()),
    }


def _compression(patch: Grey) -> dict[str, float]:
    across, down = np.abs(np.diff(patch, axis=1)).mean(axis=0), np.abs(np.diff(patch, axis=0)).mean(axis=1)
    rough = np.abs(patch[1:, 1:] - patch[1:, :-1] - patch[:-1, 1:] + patch[:-1, :-1])
    blocks = rough[: len(rough) // 8 * 8, : rough.shape[1] // 8 * 8]
    means = blocks.reshape(len(blocks) // 8, 8, -1, 8).mean(axis=(1, 3)) if blocks.size else np.zeros((1, 1))
    counts = np.bincount(np.clip(patch, 0, 255).astype(np.uint8).ravel(), minlength=256) > 0
    span = np.flatnonzero(counts)
    return {
        "block seams across": _seams(across),
        "block seams down": _seams(down),
        "noise floor": float(np.percentile(means, 10)),
        "fine detail": float(rough.mean() / (across.mean() + down.mean() + 1e-3)) if rough.size else 0.0,
        "grey levels used": float(counts.sum()),
        "histogram gaps": 1 - float(counts.sum()) / float(span[-1] - span[0] + 1),
    }


def _seams(steps: npt.NDArray[np.float32]) -> float:
    """The mean step over the borders of 8-pixel blocks, beside that elsewhere, as a logarithm."""
    if len(steps) < 16:
        return 0.0
    seam = np.arange(len(steps)) % 8 == 7
    return float(np.log2((steps[seam].mean() + 1e-2) / (steps[~seam].mean() + 1e-2)))
