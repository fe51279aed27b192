"""How large is a network, and what does a picture cost? Weights, multiply-adds, FLOPs and memory, by one forward."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from xaimed.errors import ConfigError
from xaimed.models.network import Network


@dataclass(frozen=True)
class Complexity:
    """What a network weighs, and what one picture costs it."""

    size: int
    """Side of the picture."""
    parameters: int
    trainable: int
    """Those that get gradients, as the strategy has set them."""
    multiply_adds: int
    """Of convolutions and matrix products in one forward; what most papers print as FLOPs."""
    flops: int
    """Two for every multiply-add."""
    weight_bytes: int
    """Parameters and buffers."""
    activation_bytes: int
    """What a forward keeps for the backward, in evaluation mode: about the memory of one picture in training."""

    def facts(self) -> dict[str, Any]:
        """As it is written beside a run."""
        return asdict(self)

    def told(self) -> str:
        """As one line."""
        return (
            f"{self.parameters / 1e6:.2f} M weights ({_megabytes(self.weight_bytes)}), {self.trainable / 1e6:.2f} M "
            f"trained · a picture of {self.size} px: {self.multiply_adds / 1e9:.3g} G multiply-adds "
            f"({self.flops / 1e9:.3g} GFLOPs), {_megabytes(self.activation_bytes)} of activations in training"
        )


def measure(network: Network, size: int) -> Complexity:
    """Send one blank picture of this size through the network, on whatever device it is (``meta`` computes nothing).

    Raises:
        ConfigError: the network cannot look at a picture of this size.
    """
    network.check_size(size)
    weights = [*network.parameters(), *network.buffers()]
    images = torch.zeros(1, 3, size, size, device=weights[0].device)
    try:
        with _evaluating(network), _kept_for_backward(weights) as kept, FlopCounterMode(display=False) as counter:
            network(images)
    except (RuntimeError, ValueError, AssertionError) as error:
        raise ConfigError(
            f"the network cannot look at pictures of {size} px ({' '.join(str(error).split())})",
            where="image.size",
            fix=f"It was made for {network.input_size} px.",
        ) from error
    parameters = list(network.parameters())
    flops = int(counter.get_total_flops())
    return Complexity(
        size=size,
        parameters=sum(weight.numel() for weight in parameters),
        trainable=sum(weight.numel() for weight in parameters if weight.requires_grad),
        multiply_adds=flops // 2,
        flops=flops,
        weight_bytes=sum(weight.nbytes for weight in weights),
        activation_bytes=sum(kept.values()),
    )


@contextmanager
def _kept_for_backward(weights: list[Tensor]) -> Iterator[dict[Any, int]]:
    """The bytes of every piece of memory that the graph holds on to, weights apart; each counted once."""
    own = {_memory(weight) for weight in weights}
    kept: dict[Any, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        if (piece := _memory(tensor)) not in own:
            kept[piece] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.enable_grad(), saved_tensors_hooks(pack, lambda tensor: tensor):
        yield kept


def _memory(tensor: Tensor) -> Any:
    """What two views of the same memory have in common."""
    return StorageWeakRef(tensor.untyped_storage())  # type: ignore[no-untyped-call]


@contextmanager
def _evaluating(network: nn.Module) -> Iterator[None]:
    """Evaluation mode, with attention written out as the matrix products that it is, which alone are counted."""
    modes = [(module, module.training) for module in network.modules()]
    fast = torch.backends.mha.get_fastpath_enabled()
    network.eval()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
        for module, training in modes:
            module.training = training


def _megabytes(count: int) -> str:
    return f"{count / 1e6:.3g} MB"
