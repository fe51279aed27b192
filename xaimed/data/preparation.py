"""What does the network see of a picture? A square of fixed size, three channels, normalised."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms.v2 import functional as F

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError

NORMALIZATIONS = {
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "unit": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
}
"""Mean and standard deviation of the channels, by name."""
STEP = np.float32(1 / 255)
"""From one of 256 steps to the next, rounded as torchvision rounds it."""


class Preparation:
    """Resize, vary, scale to [0, 1], three channels, normalise: in this order.

    The aspect ratio is not kept, as in the papers. The variation comes before a grey picture is tripled, because it
    costs a third there.

    Args:
        size: side of the square in pixels.
        normalization: ``imagenet`` (its mean and standard deviation) or ``unit`` (values stay in [0, 1]).
    """

    def __init__(self, size: int, normalization: str) -> None:
        if size < 1:
            raise ConfigError(f"an image cannot have {size} pixels a side", where="image.size")
        if normalization not in NORMALIZATIONS:
            raise ConfigError(
                f"there is no normalization '{normalization}'",
                where="image.normalization",
                fix=near_miss(normalization, NORMALIZATIONS),
            )
        self.size = size
        self.normalization = normalization
        self.mean, self.std = NORMALIZATIONS[normalization]

    def __call__(self, picture: Tensor, augment: Callable[[Tensor], Tensor] | None = None) -> Tensor:
        """The picture ``[1 or 3, H, W]``, uint8 or float in [0, 1], as the network's input ``[3, size, size]``."""
        resized = square(picture, self.size)
        varied = augment(resized) if augment else resized
        return normalised(varied, self.mean, self.std)

    def undo(self, tensor: Tensor) -> Tensor:
        """The network's input ``[..., 3, H, W]`` back as an image in [0, 1], for drawing."""
        mean = tensor.new_tensor(self.mean)[:, None, None]
        std = tensor.new_tensor(self.std)[:, None, None]
        return (tensor * std + mean).clamp(0, 1)


def normalised(picture: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """A picture ``[1 or 3, H, W]`` in three channels of zero mean and unit deviation, if those are its own.

    The result is torchvision's to the bit. It is reckoned by NumPy because torch would wake its threads for every
    picture, which costs more than the arithmetic, and on a busy machine a hundred times as much.
    """
    values = picture.numpy()
    scaled = values.astype(np.float32) * STEP if values.dtype == np.uint8 else values
    result = np.empty((3, *values.shape[1:]), dtype=np.float32)
    for channel, (middle, spread) in enumerate(zip(mean, std, strict=True)):
        np.subtract(scaled[channel % len(scaled)], np.float32(middle), out=result[channel])
        result[channel] /= np.float32(spread)
    return torch.from_numpy(result)


def square(picture: Tensor, size: int) -> Tensor:
    """The picture ``[C, H, W]`` as a square of that side, in its own type; itself where it is one already."""
    resized: Tensor = F.resize(picture, [size, size], antialias=True)
    return resized
