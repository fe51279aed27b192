"""Which stages is a body made of, from the picture upwards? Blocks by name, each with all that belongs to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from torch import Tensor, nn

MOST = 0.8
"""A container that holds more than this share of the body's weights is opened: its parts are the stages."""


@dataclass
class Stage:
    """A stretch of a body that is frozen and trained together.

    Attributes:
        name: dotted name, inside the body, of its first module with weights.
        modules: the modules it consists of.
        loose: weights and buffers that lie in no module of their own, such as a transformer's class token.
    """

    name: str
    modules: list[nn.Module]
    loose: list[Tensor] = field(default_factory=list)

    def tensors(self) -> Iterator[Tensor]:
        """Weights and buffers."""
        yield from self.loose
        for module in self.modules:
            yield from module.parameters()
            yield from module.buffers()

    def parameters(self) -> Iterator[nn.Parameter]:
        """Weights."""
        return (tensor for tensor in self.tensors() if isinstance(tensor, nn.Parameter))


def stages_of(body: nn.Module) -> list[Stage]:
    """The stages of any body, in the order in which its modules are registered; every tensor is in exactly one.

    A block (a residual layer, a dense block, an encoder layer) is a stage. Plain layers that follow one another are one
    stage as long as they work at one resolution: a pooling or a convolution with a stride begins the next. A
    normalisation belongs to what it follows, and so does everything without weights.
    """
    loose: list[Tensor] = []
    parts = list(_opened(body, "", _size(body), loose))
    stages: list[Stage] = []
    leading: list[nn.Module] = []
    goes_on = False
    for name, part in parts:
        if not _size(part):
            (stages[-1].modules if stages else leading).append(part)
            goes_on = goes_on and not _shrinks(part)
        elif stages and (_is_norm(part) or (goes_on and _is_layer(part) and not _shrinks(part))):
            stages[-1].modules.append(part)
        else:
            stages.append(Stage(name, [part]))
            goes_on = _is_layer(part)
    if stages:
        stages[0].modules[:0] = leading
        stages[0].loose.extend(loose)
    return stages


def _opened(module: nn.Module, path: str, whole: int, loose: list[Tensor]) -> Iterator[tuple[str, nn.Module]]:
    """The parts of a container by dotted name, those of what holds most of the weights in its place."""
    loose.extend(module.parameters(recurse=False))
    loose.extend(module.buffers(recurse=False))
    for name, child in module.named_children():
        if not _is_layer(child) and _size(child) > MOST * whole:
            yield from _opened(child, f"{path}{name}.", whole, loose)
        else:
            yield f"{path}{name}", child


def _size(module: nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters())


def _is_layer(module: nn.Module) -> bool:
    """A layer has its weights itself, and not in children."""
    return not any(_size(child) for child in module.children())


def _is_norm(module: nn.Module) -> bool:
    return _is_layer(module) and all(weight.ndim <= 1 for weight in module.parameters())


def _shrinks(module: nn.Module) -> bool:
    stride = getattr(module, "stride", 1)
    return any(step > 1 for step in stride) if isinstance(stride, tuple | list) else (stride or 1) > 1
