"""What would stand there if nothing did? A masked part filled smoothly from what surrounds it."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def inpainted(images: Tensor, masks: Tensor) -> Tensor:
    """The images with their masked pixels filled by pull-push: means of known pixels, from coarse to fine.

    Known pixels stay as they are. Unlike a square of one colour, the filling has no edges of its own.

    Args:
        images: ``[B, C, H, W]``.
        masks: bool ``[B, H, W]``, true where something else is to stand; not everywhere.
    """
    known = (~masks)[:, None].to(images.dtype)
    levels = [(images * known, known)]
    while max(levels[-1][1].shape[-2:]) > 1:
        values, weight = levels[-1]
        levels.append(tuple(functional.avg_pool2d(part, 2, ceil_mode=True) for part in (values, weight)))  # type: ignore[arg-type]
    values, weight = levels.pop()
    filled = values / weight
    for values, weight in reversed(levels):
        coarse = functional.interpolate(filled, weight.shape[-2:], mode="bilinear", align_corners=False)
        # A pixel of a coarse level that is partly known takes that share of its value from its own known part.
        filled = values + (1 - weight) * coarse
    return images.where(~masks[:, None], filled)
