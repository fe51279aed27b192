"""Which network is sampled in pass p? Dropout masks that depend on (seed, layer, pass) and on nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from xaimed.data.randomness import seed_for
from xaimed.models.network import Dropout, Network


@contextmanager
def sampled(network: Network, passes: Sequence[int], seed: int) -> Iterator[None]:
    """Inside the block every active dropout drops, in batches that hold the images once per pass, ``[P*B, ...]``.

    A pass is one sampled network: all images of a batch share its masks, so that what is said of an image does not
    depend on the batch in which it stands. Masks are drawn on the CPU, hence the same on every device. Only dropout
    wakes up; the network stays in evaluation mode.
    """
    with ExitStack() as stack:
        for index, dropout in enumerate(network.active_dropouts()):
            handle = dropout.register_forward_hook(_dropping(passes, seed, index))
            stack.callback(handle.remove)
        yield


def _dropping(passes: Sequence[int], seed: int, index: int) -> Any:
    def drop(layer: Dropout, inputs: Any, output: Tensor) -> Tensor:
        each = torch.stack([mask(layer, output.shape[1:], seed_for("mc-dropout", seed, index, p)) for p in passes])
        by_pass = output.reshape(len(passes), -1, *output.shape[1:])
        return (by_pass * each.unsqueeze(1).to(output.device)).flatten(0, 1)

    return drop


def mask(layer: Dropout, shape: Sequence[int], seed: int) -> Tensor:
    """One image's mask: 0 where dropped, 1 / (1 - p) where kept; the channel-wise dropouts drop whole channels."""
    size = tuple(shape) if isinstance(layer, nn.Dropout) else (shape[0], *(1 for _ in shape[1:]))
    kept = torch.rand(size, generator=torch.Generator().manual_seed(seed)) >= layer.p
    return kept / max(1 - layer.p, torch.finfo(torch.float32).tiny)
