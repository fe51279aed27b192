"""With how many digits is a loss computed? With those of fp32 at least, whatever the precision of training."""

from __future__ import annotations

import torch
from torch import Tensor


def precise(logits: Tensor) -> Tensor:
    """The logits in fp32, or in fp64 where they are."""
    return logits.to(torch.promote_types(logits.dtype, torch.float32))
