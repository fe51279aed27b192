"""Where does the body end? What is black around it, in a grey picture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from torch import Tensor

BLACK = 0.1
"""Share of the picture's brightest (its 99th percentile) below which it is black."""
BLUR = 0.01
"""SD of the blur that quietens noise, as a share of the side."""
LEAST = 0.01
"""Share of the picture that a black area must have."""
BODY_CAPTION = (
    "Outside the body: what is black (blurred by 1 % of the side, below 10 % of the picture's 99th percentile), joined "
    "to an edge and at least 1 % of the picture, and whatever else is cut off from the largest remaining area, such as "
    "a marker in the air; an estimate, made only for grey pictures with such a black area"
)

Areas = npt.NDArray[np.bool_]


def bodies(pictures: Tensor) -> tuple[Areas, Areas]:
    """The body ``[B, H, W]`` in each picture ``[B, 3, H, W]`` in [0, 1], and ``[B]`` where it can be told at all."""
    values = pictures.detach().cpu().double().numpy()
    grey = (np.ptp(values, axis=1) < 1 / 255).all((1, 2))
    areas = np.array([_body(picture.mean(0)) for picture in values], dtype=bool).reshape(values[:, 0].shape)
    return areas, grey & ~areas.all((1, 2))


def _body(picture: npt.NDArray[np.float64]) -> Areas:
    calm = ndimage.gaussian_filter(picture, BLUR * picture.shape[0])
    outside = _joined_to_an_edge(calm < BLACK * np.percentile(calm, 99))
    areas, _ = ndimage.label(~outside)
    sizes = np.bincount(areas.ravel())
    sizes[0] = 0
    whole: Areas = ndimage.binary_fill_holes(areas == sizes.argmax())
    return whole if outside.any() else np.ones_like(outside)


def _joined_to_an_edge(black: Areas) -> Areas:
    areas, _ = ndimage.label(black)
    at_edge = np.unique(np.concatenate([areas[0], areas[-1], areas[:, 0], areas[:, -1]]))
    sizes = np.bincount(areas.ravel())
    joined: Areas = np.isin(areas, [area for area in at_edge if area and sizes[area] >= LEAST * black.size])
    return joined
