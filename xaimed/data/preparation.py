"""What does the network see of a picture? A square of fixed size, three channels, normalised."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as F
from torchvision.tv_tensors import Image, Mask

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError

Channels = tuple[float, float, float]

NORMALIZATIONS: dict[str, tuple[Channels, Channels]] = {
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "unit": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
}
"""Mean and standard deviation of the channels, by name."""
FOLD = "fold"
"""The normalization by the fold's own training pictures (``data/channels.py`` measures them)."""
STEP = np.float32(1 / 255)
"""From one of 256 steps to the next, rounded as torchvision rounds it."""


class Preparation:
    """Resize, vary, crop, scale to [0, 1], three channels, normalise: in this order.

    The aspect ratio is not kept, as in the papers. The variation comes before a grey picture is tripled, because it
    costs a third there, and before the crop, so that what a rotation brings in comes from outside the crop.

    Args:
        size: side of the square in pixels.
        normalization: ``imagenet`` (its mean and standard deviation), ``unit`` (values stay in [0, 1]) or ``fold``
            (those of the fold's training pictures, which ``normalized_by`` tells).
        crop: share of the side that is seen, from the middle; all of it when it is None.
    """

    def __init__(self, size: int, normalization: str, crop: float | None = None) -> None:
        if size < 1:
            raise ConfigError(f"an image cannot have {size} pixels a side", where="image.size")
        if crop is not None and not 0 < crop <= 1:
            raise ConfigError(f"{crop:g} is no share of the side", where="image.crop", fix="Give 0.875, or null.")
        if normalization not in (*NORMALIZATIONS, FOLD):
            raise ConfigError(
                f"there is no normalization '{normalization}'",
                where="image.normalization",
                fix=near_miss(normalization, (*NORMALIZATIONS, FOLD)),
            )
        self.size = size
        self.resized = size if crop is None else round(size / crop)
        """The side to which a picture is resized, before the crop."""
        self.normalization = normalization
        self._channels = NORMALIZATIONS.get(normalization)

    @property
    def mean(self) -> Channels:
        """What is taken off each channel."""
        return self._known()[0]

    @property
    def std(self) -> Channels:
        """What each channel is then divided by."""
        return self._known()[1]

    def normalized_by(self, mean: Channels, std: Channels) -> Preparation:
        """The same preparation with these numbers."""
        measured = copy(self)
        measured._channels = (mean, std)
        return measured

    def __call__(self, picture: Tensor, augment: Callable[[Tensor], Tensor] | None = None) -> Tensor:
        """The picture ``[1 or 3, H, W]``, uint8 or float in [0, 1], as the network's input ``[3, size, size]``."""
        resized = square(picture, self.resized)
        return self._normalised(augment(resized) if augment else resized)

    def with_mask(
        self, picture: Tensor, mask: Tensor, augment: Callable[..., Any] | None = None
    ) -> tuple[Tensor, Tensor]:
        """The network's input, and the mask bool ``[H, W]`` moved with it, as bool ``[size, size]``.

        The input is bit for bit what it is without the mask.

        Args:
            picture: as for the preparation itself.
            mask: of the picture, in a size of its own.
            augment: a ``v2.Transform``, or what takes and gives a picture and a mask like one.
        """
        pair = Image(square(picture, self.resized)), Mask(square_mask(mask, self.resized))
        image, moved = augment(*pair) if augment else pair
        return self._normalised(image.as_subclass(Tensor)), self._middle(moved.as_subclass(Tensor))[0] > 0

    def plain(self, picture: Tensor) -> Tensor:
        """What is seen of a picture before it is normalised: ``[1 or 3, size, size]`` in [0, 1]."""
        scaled: Tensor = F.to_dtype(self._middle(square(picture, self.resized)), torch.float32, scale=True)
        return scaled

    def framed(self, picture: Tensor) -> Tensor:
        """The part of a picture or mask ``[…, H, W]`` that is seen, in its own pixels and proportions."""
        if self.resized == self.size:
            return picture
        height, width = picture.shape[-2:]
        rows, columns = self._part(height), self._part(width)
        return picture[..., rows, columns]

    def undo(self, tensor: Tensor) -> Tensor:
        """The network's input ``[..., 3, H, W]`` back as an image in [0, 1], for drawing."""
        mean = tensor.new_tensor(self.mean)[:, None, None]
        std = tensor.new_tensor(self.std)[:, None, None]
        return (tensor * std + mean).clamp(0, 1)

    def _normalised(self, varied: Tensor) -> Tensor:
        return normalised(self._middle(varied), self.mean, self.std)

    def _middle(self, resized: Tensor) -> Tensor:
        return resized if self.resized == self.size else F.center_crop(resized, [self.size, self.size])

    def _part(self, length: int) -> slice:
        """What the crop leaves of a side of another length, at least a pixel."""
        before = round((self.resized - self.size) / 2.0)  # as center_crop rounds
        start, stop = (round(edge * length / self.resized) for edge in (before, before + self.size))
        return slice(start, max(stop, start + 1))

    def _known(self) -> tuple[Channels, Channels]:
        if self._channels is None:
            raise ConfigError(
                "the training pictures of the fold have not been measured yet",
                where="image.normalization",
                fix="Use normalized_by, or another normalization.",
            )
        return self._channels


def three(values: Iterable[float]) -> Channels:
    """Numbers of the three channels.

    Raises:
        ValueError: when there are more or fewer.
    """
    red, green, blue = map(float, values)
    return red, green, blue


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


def square_mask(mask: Tensor, size: int) -> Tensor:
    """The mask bool ``[H, W]`` as a square uint8 ``[1, size, size]`` of 0 and 1, not shifted against its picture."""
    whole = mask[None].to(torch.uint8)
    resized: Tensor = F.resize(whole, [size, size], interpolation=InterpolationMode.NEAREST_EXACT)
    return resized
