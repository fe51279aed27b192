"""What stands where pixels are hidden? Nothing, the picture's mean colour, or the picture out of focus."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torchvision.transforms.v2 import functional

Fill = Literal["zero", "mean", "blurred"]
BLUR = 0.1  # of the shorter side: the standard deviation of the blur, beyond which no structure is left


def hidden(image: Tensor, fill: Fill) -> Tensor:
    """The picture ``[3, H, W]`` with every pixel hidden.

    Args:
        image: normalised.
        fill: ``zero`` is the mean colour of the data that normalise it, ``mean`` its own mean colour, ``blurred`` a
            Gaussian blur by a tenth of its shorter side.
    """
    if fill == "zero":
        return torch.zeros_like(image)
    if fill == "mean":
        return image.mean((1, 2), keepdim=True).expand_as(image).contiguous()
    shorter = min(image.shape[-2:])
    sigma = BLUR * shorter
    reach = min(round(3 * sigma), shorter - 1)  # a reflection reaches no further than the picture
    blurred: Tensor = image
    for kernel in ([1, 2 * reach + 1], [2 * reach + 1, 1]):  # across, then down: far cheaper than at once
        blurred = functional.gaussian_blur(blurred, kernel, [sigma, sigma])
    return blurred
