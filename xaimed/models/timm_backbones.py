"""How does any timm model become a network? Without its last layer it is the body; a dense layer of ours decides."""

from __future__ import annotations

import importlib
import sys
from collections import OrderedDict
from functools import partial
from typing import Any

from torch import Tensor, nn

from xaimed.config.nearmiss import near_miss
from xaimed.data.preparation import NORMALIZATIONS
from xaimed.errors import ConfigError, WeightsError
from xaimed.models.network import Network, State
from xaimed.models.scaling import InputScale
from xaimed.models.torchvision_transformers import channels_first, patches_grid
from xaimed.models.weights import fit, local_file, read_state, verify

MODEL = "model."


def timm_network(
    name: str,
    outputs: int,
    pretrained: bool,
    weights: str | None = "imagenet",
    checksum: str | None = None,
    dropout: float | None = None,
    explained: str | None = None,
    size: int | None = None,
) -> Network:
    """A timm model with a new last layer, initialised from torch's global seed.

    Args:
        name: the architecture, by timm's name, with or without the tag of its weights.
        outputs: how many logits.
        pretrained: whether to start from ``weights``, and not from random ones.
        weights: ``imagenet`` (what timm publishes under this name) or the path of a local file in timm's layout.
        checksum: SHA-256 of the weights file, whole or its beginning.
        dropout: probability before the last layer; null or 0 for none.
        explained: the layer that is explained, by timm's name; null for the last stage, or the tokens that the last
            block of a transformer reads.
        size: side of the images it will see; null for the side it was made for.
    """
    timm = _timm()
    if not timm.is_model(name):
        fix = near_miss(name.split(".")[0], timm.list_models())
        raise ConfigError(f"timm has no model '{name}'", where="backbone.name", fix=fix)
    if dropout is not None and not 0 <= dropout < 1:
        raise ConfigError(f"a dropout of {dropout} is no probability below 1", where="backbone.dropout")
    local = pretrained and weights != "imagenet"
    path = local_file(weights) if local else None
    model = _created(timm, name, pretrained and not local, size)
    if path is not None:
        if checksum is not None:
            verify(path, checksum)
        last = model.pretrained_cfg.get("classifier") or "classifier"
        fit(model, _timms_own(read_state(path), model), but=last, where=weights)
    native = int(model.pretrained_cfg["input_size"][-1])
    width = int(getattr(model, "head_hidden_size", model.num_features))
    head = OrderedDict[str, nn.Module](dropout=nn.Dropout(dropout)) if dropout else OrderedDict[str, nn.Module]()
    return Network(
        _body(model),
        nn.Sequential(OrderedDict(head, last=nn.Linear(width, outputs))),
        explained=MODEL + (explained or _last_stage(model)),
        feature_width=width,
        input_size=native,
        to_grid=partial(
            _to_grid,
            prefix=int(getattr(model, "num_prefix_tokens", 0)),
            channels_last=str(getattr(model, "output_fmt", "NCHW")) == "NHWC",
        ),
        size=size,
        adapt=partial(_adapted, model=model),
    )


def _timm() -> Any:
    try:
        return importlib.import_module("timm")
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"this backbone needs the package '{error.name}'",
            where="backbone._target_",
            fix="Install it with: pip install 'xaimed[timm]'.",
        ) from None


def _created(timm: Any, name: str, download: bool, size: int | None) -> Any:
    """The model without its last layer and without dropout of its own, for images of this size where it asks."""
    options: dict[str, Any] = {"num_classes": 0, "pretrained": download}
    try:
        # Networks of tokens are built for one image size; others do not know the word.
        return timm.create_model(name, **options, **({"img_size": size} if size and _asks_for_size(timm, name) else {}))
    except Exception as reason:
        if download:
            raise WeightsError(
                f"timm's weights of {name} are not here and cannot be downloaded ({type(reason).__name__})",
                where="backbone.weights",
                fix="Give a file of your own: backbone.weights=/path/file.pth (or .safetensors)",
            ) from reason
        raise ConfigError(
            f"timm cannot build {name} ({' '.join(str(reason).split())})", where="backbone", fix="Look at image.size."
        ) from reason


def _asks_for_size(timm: Any, name: str) -> bool:
    cfg = timm.get_pretrained_cfg(name, allow_unregistered=True)
    return cfg is not None and bool(cfg.fixed_input_size)


def _body(model: Any) -> nn.Sequential:
    """The model, after a change of scale where its weights expect another one than ImageNet's."""
    mean, std = (tuple(model.pretrained_cfg[key]) for key in ("mean", "std"))
    scale = OrderedDict[str, nn.Module]()
    if (mean, std) != NORMALIZATIONS["imagenet"]:
        scale["scale"] = InputScale(mean, std)
    return nn.Sequential(OrderedDict(scale, model=model))


def _last_stage(model: Any) -> str:
    """The last layer that keeps the grid; of a transformer with a class token, what its last attention reads."""
    if getattr(model, "num_prefix_tokens", 0) and hasattr(model, "blocks"):
        return f"blocks.{len(model.blocks) - 1}.norm1"
    stages = getattr(model, "feature_info", None)
    if not stages:
        raise ConfigError(
            "timm does not say which of its layers keep the picture's grid",
            where="backbone.explained",
            fix=f"Name one: {', '.join(name for name, _ in model.named_children())}.",
        )
    return str((stages.info if hasattr(stages, "info") else stages)[-1]["module"])


def _to_grid(output: Tensor, prefix: int, channels_last: bool) -> Tensor:
    """The explained output as ``[B, channels, h, w]``: maps as they are, tokens laid out."""
    if output.ndim == 3:
        return patches_grid(output, prefix)
    return channels_first(output) if channels_last else output


def _timms_own(state: State, model: Any) -> State:
    """What timm itself does to a file of this family: other layouts renamed, positions interpolated."""
    change = getattr(sys.modules[type(model).__module__], "checkpoint_filter_fn", None)
    changed: State = change(dict(state), model) if change else state
    return changed


def _adapted(state: State, model: Any) -> State:
    bare = {key.removeprefix(MODEL): value for key, value in state.items()}
    return {MODEL + key: value for key, value in _timms_own(bare, model).items()}
