"""How is a random part of a picture seen at the size of the whole? Cut out anywhere and enlarged, its mask with it."""

from __future__ import annotations

from typing import Any

from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as F
from torchvision.transforms.v2 import query_size


class RandomWindow(v2.RandomResizedCrop):  # type: ignore[misc]
    """torchvision's random resized crop that gives back the size it was given, whatever that is.

    Args:
        smallest: smallest share of the area.
        largest: largest share of the area.
        ratio: width over height lies between 1/ratio and ratio.
    """

    def __init__(self, smallest: float, largest: float, ratio: float = 1.0) -> None:
        if not (0 < smallest <= largest <= 1 and ratio >= 1):
            raise ValueError(
                f"a window takes 0 < smallest <= largest <= 1 of the area and a ratio from 1 on, "
                f"not {smallest:g}, {largest:g} and {ratio:g}"
            )
        super().__init__(size=1, scale=(smallest, largest), ratio=(1 / ratio, ratio))

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Where the window lies, and the size of the whole."""
        return {**super().make_params(flat_inputs), "size": list(query_size(flat_inputs))}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The window of a picture or a mask at that size."""
        return F.resized_crop(inpt, **params, interpolation=self.interpolation, antialias=self.antialias)

    def extra_repr(self) -> str:
        """What was asked for; the size is that of each picture."""
        low, high = self.ratio
        return f"scale={self.scale}, ratio=({low:.3g}, {high:.3g})"
