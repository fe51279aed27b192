"""Is evidence against a class drawn too? Signed values, and what of them a heatmap shows."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

Sign = Literal["positive", "absolute", "signed"]


def of_sign(values: Tensor, sign: Sign) -> Tensor:
    """What speaks for the class, what speaks for or against it alike, or the values as they are."""
    if sign == "signed":
        return values
    return values.abs() if sign == "absolute" else values.clamp_min(0)
