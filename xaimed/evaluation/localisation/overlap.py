"""How well does a map cover the finding? Overlap, peak and mass of maps at image resolution against masks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from sklearn.metrics import average_precision_score
from torch import Tensor

from xaimed.evaluation.trial import on_image

Values = npt.NDArray[np.float64]
Masks = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.int64]


def positive(maps: Tensor, size: int) -> Values:
    """What raw maps say for the class, at image resolution; what they say against it is left out."""
    values: Values = on_image(maps.float(), size).clamp_min(0).double().numpy()
    return values


def iou(maps: Values, masks: Masks, threshold: float) -> Values:
    """Intersection over union ``[B]`` of the mask and of what lies above this share of the map's maximum.

    Args:
        maps: ``[B, H, W]``, without negative values; one that is zero everywhere covers nothing.
        masks: ``[B, H, W]``, of which none is empty.
        threshold: share of each map's own maximum.
    """
    covered = _covered(maps, threshold)
    shares: Values = _counted(covered & masks) / _counted(covered | masks)
    return shares


def dice(maps: Values, masks: Masks, threshold: float) -> Values:
    """Twice the intersection over the sum ``[B]``, of the same two areas."""
    covered = _covered(maps, threshold)
    shares: Values = 2 * _counted(covered & masks) / (_counted(covered) + _counted(masks))
    return shares


def mass_inside(maps: Values, masks: Masks) -> Values:
    """The share ``[B]`` of each map's mass that lies in its mask; NaN where there is no mass."""
    mass = maps.sum((1, 2))
    share: Values = (maps * masks).sum((1, 2)) / np.where(mass > 0, mass, np.nan)
    return share


def peaks(maps: Values) -> Positions:
    """Row and column ``[B, 2]`` of each map's maximum; of several equal ones, that nearest to their middle.

    A map of superpixels has many, and the first of them would always be the uppermost.
    """
    found = []
    for each in maps:
        highest = np.argwhere(each == each.max())
        off = ((highest - highest.mean(0)) ** 2).sum(1)
        found.append(highest[off.argmin()])
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def peak_distance(maps: Values, masks: Masks) -> Values:
    """Pixels ``[B]`` from the map's peak to the nearest pixel of the mask, 0 inside; NaN where there is no peak."""
    pairs = zip(peaks(maps), maps, masks, strict=True)
    return np.array(
        [
            ndimage.distance_transform_edt(~mask)[tuple(peak)] if each.max() > 0 else np.nan
            for peak, each, mask in pairs
        ],
        dtype=np.float64,
    )


def average_precision(maps: Values, masks: Masks) -> Values:
    """The average precision ``[B]`` of finding the mask's pixels by their value; chance gives the mask's share."""
    pairs = zip(masks, maps, strict=True)
    return np.array([average_precision_score(mask.ravel(), each.ravel()) for mask, each in pairs], dtype=np.float64)


def _covered(maps: Values, threshold: float) -> Masks:
    above: Masks = maps > threshold * maps.max((1, 2), keepdims=True)
    return above


def _counted(areas: Masks) -> Positions:
    pixels: Positions = areas.sum((1, 2))
    return pixels
