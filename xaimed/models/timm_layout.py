"""What if a weights file speaks timm's names? Its tensors under torchvision's, for networks that compute alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import accumulate

from torch import Tensor

from xaimed.errors import WeightsError

Rename = Callable[[str], str]
State = Mapping[str, Tensor]


def in_torchvision_layout(name: str, state: State) -> State:
    """The weights under torchvision's names and shapes, whichever of the two libraries wrote them.

    ResNet, DenseNet and Inception have the same names in both. Others are known by a key that only timm writes.
    """
    if name in RENAMES:
        mark, rename = RENAMES[name]
        if mark not in state:
            return state
        kept = {
            key: value for key, value in state.items() if not key.endswith(("attn_mask", "relative_position_index"))
        }
        return {rename(key): _reshaped(key, value) for key, value in kept.items()}
    if name in UNLIKE and UNLIKE[name] in state:
        raise WeightsError(
            f"this is a timm file, and timm's {name} does not compute what torchvision's does",
            where="backbone.weights",
            fix="Use backbone=timm with timm's name of it.",
        )
    return state


def _rules(*rules: tuple[str, str]) -> Rename:
    """The first rule whose pattern fits the whole beginning of a key renames it."""
    compiled = [(re.compile(pattern), new) for pattern, new in rules]

    def rename(key: str) -> str:
        for pattern, new in compiled:
            if pattern.match(key):
                return pattern.sub(new, key, count=1)
        return key

    return rename


def _reshaped(key: str, value: Tensor) -> Tensor:
    if key.endswith(".gamma"):  # ConvNeXt's layer scale, for channels that come first
        return value[:, None, None]
    if key.startswith("pre_logits."):  # VGG's dense layers, as convolutions
        return value.flatten(1) if value.ndim == 4 else value
    return value


_VGG = _rules((r"pre_logits\.fc1", "classifier.0"), (r"pre_logits\.fc2", "classifier.3"), (r"head\.fc", "classifier.6"))
_VIT_BLOCK = r"blocks\.(\d+)\."
_VIT_LAYER = r"encoder.layers.encoder_layer_\1."
_VIT = _rules(
    (r"cls_token$", "class_token"),
    (r"pos_embed$", "encoder.pos_embedding"),
    (r"patch_embed\.proj", "conv_proj"),
    (_VIT_BLOCK + r"norm(\d)", _VIT_LAYER + r"ln_\2"),
    (_VIT_BLOCK + r"attn\.qkv\.", _VIT_LAYER + "self_attention.in_proj_"),
    (_VIT_BLOCK + r"attn\.proj", _VIT_LAYER + "self_attention.out_proj"),
    (_VIT_BLOCK + r"mlp\.fc1", _VIT_LAYER + "mlp.0"),
    (_VIT_BLOCK + r"mlp\.fc2", _VIT_LAYER + "mlp.3"),
    (r"norm\.", "encoder.ln."),
    (r"head\.", "heads.head."),
)


def _swin(key: str) -> str:
    key = re.sub(r"^layers\.(\d)\.downsample", lambda found: f"features.{2 * int(found[1])}", key)
    key = re.sub(r"^layers\.(\d)\.blocks", lambda found: f"features.{2 * int(found[1]) + 1}", key)
    key = key.replace("mlp.fc1", "mlp.0").replace("mlp.fc2", "mlp.3").replace("head.fc", "head")
    return key.replace("patch_embed.proj", "features.0.0").replace("patch_embed.norm", "features.0.2")


def _convnext(key: str) -> str:
    key = re.sub(r"^stages\.(\d)\.downsample", lambda found: f"features.{2 * int(found[1])}", key)
    key = re.sub(r"^stages\.(\d)\.blocks", lambda found: f"features.{2 * int(found[1]) + 1}", key)
    key = key.replace("head.norm", "classifier.0").replace("head.fc", "classifier.2").replace("gamma", "layer_scale")
    for timm, own in {"conv_dw": "block.0", "norm": "block.2", "mlp.fc1": "block.3", "mlp.fc2": "block.5"}.items():
        key = re.sub(rf"^(features\.\d\.\d+)\.{re.escape(timm)}\.", rf"\1.{own}.", key)
    return re.sub(r"^stem", "features.0", key)


_DEPTHWISE = ("conv_dw", "bn1", "se.conv_reduce", "se.conv_expand", "conv_pw", "bn2")
_INVERTED = ("conv_pw", "bn1", "conv_dw", "bn2", "se.conv_reduce", "se.conv_expand", "conv_pwl", "bn3")
_EFFICIENT_DEPTHWISE = dict(zip(_DEPTHWISE, ("0.0", "0.1", "1.fc1", "1.fc2", "2.0", "2.1"), strict=True))
_EFFICIENT = dict(zip(_INVERTED, ("0.0", "0.1", "1.0", "1.1", "2.fc1", "2.fc2", "3.0", "3.1"), strict=True))
_MOBILE_DEPTHWISE = {"conv_dw": "0.0", "bn1": "0.1", "conv_pw": "1", "bn2": "2"}
_MOBILE = {"conv_pw": "0.0", "bn1": "0.1", "conv_dw": "1.0", "bn2": "1.1", "conv_pwl": "2", "bn3": "3"}
_BLOCK = re.compile(r"blocks\.(\d)\.(\d+)\.(se\.\w+|\w+)\.(\w+)")
_MOBILE_STARTS = list(accumulate((1, 2, 3, 4, 3, 3, 1), initial=1))
"""At which of torchvision's ``features`` each of MobileNetV2's stages begins."""


def _outside_blocks(key: str, end: int) -> str:
    for timm, own in {
        "conv_stem.": "features.0.0.",
        "bn1.": "features.0.1.",
        "conv_head.": f"features.{end}.0.",
        "bn2.": f"features.{end}.1.",
        "classifier.": "classifier.1.",
    }.items():
        if key.startswith(timm):
            return own + key.removeprefix(timm)
    return key


def _efficientnet(key: str) -> str:
    if not (found := _BLOCK.fullmatch(key)):
        return _outside_blocks(key, end=8)
    stage, block, part, leaf = found.groups()
    names = _EFFICIENT_DEPTHWISE if stage == "0" else _EFFICIENT
    return f"features.{int(stage) + 1}.{block}.block.{names.get(part, part)}.{leaf}"


def _mobilenet(key: str) -> str:
    if not (found := _BLOCK.fullmatch(key)):
        return _outside_blocks(key, end=18)
    stage, block, part, leaf = found.groups()
    names = _MOBILE_DEPTHWISE if stage == "0" else _MOBILE
    return f"features.{_MOBILE_STARTS[int(stage)] + int(block)}.conv.{names.get(part, part)}.{leaf}"


RENAMES: dict[str, tuple[str, Rename]] = {
    "vgg16": ("pre_logits.fc1.weight", _VGG),
    "mobilenet_v2": ("conv_stem.weight", _mobilenet),
    "efficientnet_b0": ("conv_stem.weight", _efficientnet),
    "efficientnet_b4": ("conv_stem.weight", _efficientnet),
    "convnext_tiny": ("stem.0.weight", _convnext),
    "vit_b_16": ("cls_token", _VIT),
    "swin_t": ("patch_embed.proj.weight", _swin),
}
"""By torchvision's name: a key that only timm writes, and timm's names as torchvision's."""
UNLIKE = dict.fromkeys(("mobilenet_v3_large", "mobilenet_v3_small", "efficientnet_v2_s"), "conv_stem.weight")
"""Normalised or padded otherwise in timm, so that its weights would mean something else."""
