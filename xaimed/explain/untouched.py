"""How is a network explained without a trace? Everything that an explainer could change is noted and put back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

_REGISTRIES = (
    "_buffers",
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_backward_hooks",
    "_backward_pre_hooks",
)


@contextmanager
def untouched(network: nn.Module, trainable: bool = False) -> Iterator[None]:
    """The network in evaluation mode, without autocast and gradients; on leaving, all is as it was before.

    That is: the mode of every module, ``requires_grad``, ``.grad``, buffers, hooks, torch's random state, the gradient
    and autocast modes; also after an exception. Weights themselves are not guarded. Parameters have no ``.grad``
    inside the block, so that a stray ``backward`` cannot add to a gradient that training still needs. They require
    none either: torch chooses other kernels for attention where they do, and frozen or not must be the same map. With
    ``trainable`` they require what they did before, for an explanation that is differentiated by the weights.
    """
    modules, parameters, buffers = list(network.modules()), list(network.parameters()), list(network.buffers())
    devices = {"cpu", *(tensor.device.type for tensor in (*parameters, *buffers))}
    with ExitStack() as stack:
        # Lightning validates in inference mode, in which nothing can be differentiated.
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.no_grad())
        for device in sorted(devices):
            stack.enter_context(torch.autocast(device, enabled=False))
        stack.enter_context(_random_state())
        stack.enter_context(_parameters(parameters, trainable))
        stack.enter_context(_registries(modules))
        stack.enter_context(_values(buffers))
        stack.enter_context(_modes(modules))
        yield


@contextmanager
def _modes(modules: list[nn.Module]) -> Iterator[None]:
    # Set one by one: a module may override train(), and a frozen part may be in another mode than its parent.
    before = [module.training for module in modules]
    _set_modes(modules, [False] * len(modules))
    try:
        yield
    finally:
        _set_modes(modules, before)


def _set_modes(modules: list[nn.Module], modes: list[bool]) -> None:
    for module, training in zip(modules, modes, strict=True):
        if module.training != training:
            module.training = training


@contextmanager
def _registries(modules: list[nn.Module]) -> Iterator[None]:
    registries: list[dict[Any, Any]] = [getattr(module, name) for module in modules for name in _REGISTRIES]
    before = [dict(registry) if registry else {} for registry in registries]
    try:
        yield
    finally:
        for registry, entries in zip(registries, before, strict=True):
            if registry or entries:
                registry.clear()
                registry.update(entries)


@contextmanager
def _values(buffers: list[Tensor]) -> Iterator[None]:
    # One copy per kind of buffer, since a ResNet has 159 and on a GPU each copy costs a launch.
    versions = [buffer._version for buffer in buffers]
    kinds: dict[tuple[torch.dtype, torch.device], list[Tensor]] = {}
    for buffer in buffers:
        kinds.setdefault((buffer.dtype, buffer.device), []).append(buffer)
    copies = {kind: torch.cat([buffer.reshape(-1) for buffer in same]) for kind, same in kinds.items()}
    try:
        yield
    finally:
        if versions != [buffer._version for buffer in buffers]:
            for kind, same in kinds.items():
                parts = torch.split(copies[kind], [buffer.numel() for buffer in same])
                for buffer, part in zip(same, parts, strict=True):
                    buffer.copy_(part.view(buffer.shape))


@contextmanager
def _parameters(parameters: list[nn.Parameter], trainable: bool) -> Iterator[None]:
    before = [(parameter.requires_grad, parameter.grad) for parameter in parameters]
    for parameter in parameters:
        parameter.grad = None
        if parameter.requires_grad and not trainable:
            parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter, (requires_grad, grad) in zip(parameters, before, strict=True):
            if parameter.requires_grad != requires_grad:
                parameter.requires_grad_(requires_grad)
            parameter.grad = grad


@contextmanager
def _random_state() -> Iterator[None]:
    cpu = torch.random.get_rng_state()
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        torch.random.set_rng_state(cpu)
        if cuda is not None:
            torch.cuda.set_rng_state_all(cuda)
