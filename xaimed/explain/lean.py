"""How are a thousand predictions of one image made cheaply? By a copy of the network that can do nothing else."""

from __future__ import annotations

import copy
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from xaimed.explain.pieces import in_pieces
from xaimed.models.network import Network

Precision = Literal["fp32", "bf16"]
AT_ONCE = {"fp32": 4, "bf16": 8}  # a processor is slower with more: they leave its cache
AT_ONCE_ELSEWHERE = 256
SAME = 1e-3  # the largest difference in a logit, relative to the largest logit, that folding may make


class Lean:
    """A copy of a network for inference alone: BatchNorm folded into convolutions, channels last, no gradients.

    The network itself is not touched. The copy's logits are the network's up to rounding; where folding would change
    them more than that, as it does where a convolution's output is also used elsewhere, the copy stays unfolded.

    Args:
        network: what is copied, with its weights as they are now; call it inside ``untouched``.
        like: one image or more ``[B, 3, H, W]``; the first tells which layers follow which.
        precision: ``bf16`` runs the copy under autocast, about twice as fast on processors with bf16 arithmetic; its
            logits are then good to two or three digits, and whatever is made from them must say so.
        at_once: images computed together at first; fewer where memory does not allow it.
    """

    def __init__(
        self, network: Network, like: Tensor, precision: Precision = "fp32", at_once: int | None = None
    ) -> None:
        self.device = like.device
        self.precision = precision
        self.at_once = at_once or (AT_ONCE[precision] if self.device.type == "cpu" else AT_ONCE_ELSEWHERE)
        with torch.no_grad():
            self.network = _folded(network, like[:1].float()).to(memory_format=torch.channels_last)

    def logits(self, images: Tensor) -> Tensor:
        """Logits ``[B, outputs]`` as float32, in pieces that fit."""
        return in_pieces(len(images), lambda rows: self._logits(images[rows]), self.at_once)

    def _logits(self, images: Tensor) -> Tensor:
        ready = images.to(self.device, torch.float32).contiguous(memory_format=torch.channels_last)
        with torch.no_grad(), torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16"):
            return cast(Tensor, self.network(ready)).float()


def _folded(network: Network, like: Tensor) -> Network:
    """A copy in evaluation mode with every BatchNorm folded that directly follows a convolution."""
    bare = copy.deepcopy(network).eval().requires_grad_(False)
    expected = bare(like)
    folded = copy.deepcopy(bare)
    for convolution, norm in _neighbours(folded, like):
        fused = fuse_conv_bn_eval(folded.get_submodule(convolution), folded.get_submodule(norm))  # type: ignore[type-var, arg-type]
        folded.set_submodule(convolution, fused)
        folded.set_submodule(norm, nn.Identity())
    off = (folded(like) - expected).abs().amax() / expected.abs().amax().clamp_min(torch.finfo(expected.dtype).tiny)
    return folded if bool(off <= SAME) else bare


def _neighbours(network: nn.Module, like: Tensor) -> list[tuple[str, str]]:
    """Names of convolutions and of the BatchNorms that take just their output, each used once in a prediction."""
    made: dict[int, tuple[str, Tensor]] = {}
    found: list[tuple[str, str]] = []
    used: list[str] = []

    def convolved(name: str) -> Any:
        def note(layer: nn.Module, inputs: Any, output: Tensor) -> None:
            made[id(output)] = (name, output)  # kept alive, so that no other tensor gets its id
            used.append(name)

        return note

    def normalised(name: str) -> Any:
        def note(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            used.append(name)
            if id(inputs[0]) in made:
                found.append((made[id(inputs[0])][0], name))

        return note

    handles = []
    for name, layer in network.named_modules():
        if isinstance(layer, nn.Conv2d):
            handles.append(layer.register_forward_hook(convolved(name)))
        elif isinstance(layer, nn.BatchNorm2d) and layer.track_running_stats:
            handles.append(layer.register_forward_pre_hook(normalised(name)))
    network(like)
    for handle in handles:
        handle.remove()
    return [pair for pair in found if all(used.count(name) == 1 for name in pair)]
