"""Which transformers does torchvision lend us? Their tokens as a grid, and positions learnt at another image size."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from math import isqrt

from torch import Tensor, nn
from torchvision.models.vision_transformer import interpolate_embeddings

from xaimed.errors import ConfigError
from xaimed.models.anatomy import Anatomy, children_but, only

_POSITIONS = "encoder.pos_embedding"


def _vit_body(model: nn.Module) -> nn.Module:
    # Torchvision's own forward pass prepends the class token; without heads it gives that token's vector.
    model.set_submodule("heads", nn.Identity())
    return model


def patches_grid(tokens: Tensor, prefix: int = 1) -> Tensor:
    """Tokens ``[B, prefix + h*w, channels]`` as ``[B, channels, h, w]``, the class token and its like dropped."""
    side = isqrt(tokens.shape[1] - prefix)
    if prefix + side**2 != tokens.shape[1]:
        raise ConfigError(
            f"the layer gives {tokens.shape[1]} tokens, which are no square of patches behind {prefix} others",
            where="backbone.explained",
            fix="Name a layer that has one token for each patch.",
        )
    patches = tokens[:, prefix:].transpose(1, 2)
    return patches.reshape(*patches.shape[:2], side, side)


def channels_first(maps: Tensor) -> Tensor:
    """``[B, h, w, channels]`` as ``[B, channels, h, w]``."""
    return maps.permute(0, 3, 1, 2)


def positions_for(state: Mapping[str, Tensor], size: int, patch: int) -> Mapping[str, Tensor]:
    """Weights in torchvision's layout with the learnt positions interpolated to images of this size."""
    if _POSITIONS not in state:
        return state
    return {**state, **interpolate_embeddings(size, patch, OrderedDict({_POSITIONS: state[_POSITIONS]}))}


TRANSFORMERS = {
    # The last block reads its class token alone, so the patches speak through its attention, hence through ln_1.
    "vit_b_16": Anatomy(
        _vit_body,
        only("heads.head"),
        last="heads.head",
        explained="encoder.layers.encoder_layer_11.ln_1",
        to_grid=patches_grid,
        smallest=16,
        patch=16,
    ),
    "swin_t": Anatomy(
        children_but("head", "flatten"),
        only("head"),
        last="head",
        explained="norm",
        to_grid=channels_first,
        smallest=4,
    ),
}
