"""Where do pretrained weights come from, and do they fit? A named set or a local file; every tensor or an error."""

from __future__ import annotations

import hashlib
import pickle
import re
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from http.client import HTTPException
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.request import urlopen

import torch
from torch import Tensor, nn
from torchvision import models

from xaimed.config.nearmiss import near_miss
from xaimed.errors import WeightsError
from xaimed.store.writing import sha256_of, write_bytes

PATIENCE = 10.0  # seconds until a download counts as impossible
SHOWN = 4  # keys listed in an error
# Not learnt: BatchNorm's counter of batches (missing in files from before torch 0.4.1), a table of indices.
NO_WEIGHTS = (".num_batches_tracked", ".relative_position_index")
_OWN_FILE = "Or give a file of your own: backbone.weights=/path/file.pth"
# DenseNet files from before torch 0.4 call norm1 'norm.1'.
_OLD_DENSENET = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.([12]\.)")


def pretrained_state(name: str, weights: str | None, checksum: str | None = None) -> dict[str, Tensor]:
    """The weights of a torchvision backbone, as a plain state dict.

    Args:
        name: the architecture, by torchvision's name.
        weights: ``imagenet`` (torchvision's first ImageNet set) or the path of a local file.
        checksum: SHA-256 of the file, whole or its first eight or more digits.
    """
    path = _imagenet_file(name) if weights == "imagenet" else local_file(weights)
    if checksum is not None:
        verify(path, checksum)
    return read_state(path)


def weight_identity(weights: str | None, checksum: str | None = None) -> str:
    """What these weights are, whatever the place they lie in: the name of a set or the SHA-256 of a file."""
    if weights == "imagenet":
        return weights
    path = local_file(weights)
    if checksum is not None:
        verify(path, checksum)
    return sha256_of(path)


def fit(
    model: nn.Module, state: Mapping[str, Tensor], *, but: str, where: str | None, ignored: Sequence[str] = ()
) -> None:
    """Load ``state`` into ``model``, strictly, except for the layer named ``but``, which is replaced anyway.

    Args:
        model: what gets the weights.
        state: the weights by name.
        but: the layer left out on both sides.
        where: where the weights come from, for the error that lists what does not fit.
        ignored: layers of ``state`` that ``model`` was built without.
    """
    wanted = {key: value for key, value in model.state_dict().items() if not key.startswith(f"{but}.")}
    left_out = tuple(f"{name}." for name in (but, *ignored))
    given = {key: value for key, value in state.items() if not key.startswith(left_out)}
    if told := misfit(wanted, given):
        raise WeightsError(
            f"the weights do not fit {type(model).__name__} ({told})",
            where=where,
            fix="Name the run or its fold folder instead of the file in it."
            if any(key.startswith("body.") and key not in wanted for key in given)
            else "Name the backbone that these weights belong to.",
        )
    model.load_state_dict(given, strict=False)


def misfit(wanted: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> str:
    """Which names are missing, unexpected or of another shape, in words; empty where all fit."""
    missing = [key for key in wanted if key not in given and not key.endswith(NO_WEIGHTS)]
    unexpected = [key for key in given if key not in wanted]
    reshaped = [
        f"{key} {list(given[key].shape)} instead of {list(wanted[key].shape)}"
        for key in wanted
        if key in given and given[key].shape != wanted[key].shape
    ]
    faults = {"missing": missing, "unexpected": unexpected, "of another shape": reshaped}
    return "; ".join(f"{len(keys)} {fault}: {_few(keys)}" for fault, keys in faults.items() if keys)


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors in a file by name, without the wrappers that training scripts put around them."""
    try:
        content: Any = _loaded(path)
    except WeightsError:
        raise
    except OSError as reason:
        raise WeightsError(f"the weights cannot be read ({reason.strerror})", where=path) from None
    except Exception as reason:  # a file from anywhere can fail in any way
        if isinstance(reason, pickle.UnpicklingError) and "GLOBAL" in str(reason):
            raise WeightsError(
                "the file contains more than tensors; refused, because loading it could run foreign code",
                where=path,
                fix="Save only the state dict: torch.save(model.state_dict(), path).",
            ) from None
        raise WeightsError(
            "the file cannot be read as weights (damaged, or of another kind)",
            where=path,
            fix="Get it anew, or save it with torch.save(model.state_dict(), path).",
        ) from None
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not content or not all(isinstance(v, Tensor) for v in content.values()):
        raise WeightsError("the file holds no state dict (names and tensors)", where=path)
    wrapped = all(str(key).startswith("module.") for key in content)
    names = {str(key).removeprefix("module.") if wrapped else str(key): value for key, value in content.items()}
    return {_OLD_DENSENET.sub(r"\1\2", name): value for name, value in names.items()}


def _loaded(path: Path) -> Any:
    """What the file holds; reading it runs nothing."""
    if path.suffix != ".safetensors":
        with warnings.catch_warnings():  # torch's guesses about the file would stand beside the error that tells
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    try:
        from safetensors.torch import load_file
    except ModuleNotFoundError:
        raise WeightsError(
            "reading this kind of file needs the package safetensors",
            where=path,
            fix="Install it with: pip install 'xaimed[timm]'.",
        ) from None
    return load_file(path)


def verify(path: Path, checksum: str) -> None:
    """Refuse a file whose SHA-256 does not begin with ``checksum``."""
    if not isinstance(checksum, str) or not re.fullmatch(r"[0-9a-f]{8,64}", checksum.lower()):
        raise WeightsError(
            f"'{checksum}' is no SHA-256",
            where="backbone.checksum",
            fix="Give 8 to 64 hexadecimal digits, in quotes.",
        )
    found = sha256_of(path)
    if not found.startswith(checksum.lower()):
        raise WeightsError(
            f"the file's SHA-256 is {found[: max(16, len(checksum))]}…, not {checksum}",
            where=path,
            fix="It is damaged or another file; remove it, or correct the checksum.",
        )


def local_file(weights: str | None) -> Path:
    """The path of a weights file that exists."""
    if weights is None:
        raise WeightsError(
            "the strategy starts from pretrained weights, and none are named",
            where="backbone.weights",
            fix=f"Say backbone.weights=imagenet. {_OWN_FILE}",
        )
    path = Path(weights).expanduser()
    if path.is_file():
        return path
    if path.parent.is_dir():
        fix = f"In {path.parent}: {near_miss(path.name, (file.name for file in path.parent.iterdir()))}"
    else:
        fix = f"There is no folder {path.parent}."
    raise WeightsError("there is no such weights file", where=weights, fix=fix)


def imagenet_place(name: str) -> Path:
    """Where torchvision's ImageNet weights for ``name`` lie in torch.hub's cache, or would."""
    return Path(torch.hub.get_dir()) / "checkpoints" / _imagenet_address(name).rsplit("/", 1)[-1]


def _imagenet_address(name: str) -> str:
    url: str = models.get_model_weights(name)["IMAGENET1K_V1"].url
    return url


def _imagenet_file(name: str) -> Path:
    """Torchvision's file for ``name`` in torch.hub's cache, downloaded if it is not there yet."""
    url, path = _imagenet_address(name), imagenet_place(name)
    start_of_hash = path.stem.rsplit("-", 1)[-1]
    if not path.is_file():
        _download(url, path, start_of_hash)
    verify(path, start_of_hash)
    return path


def _download(url: str, path: Path, start_of_hash: str) -> None:
    try:
        with _connected(url) as response:
            content: bytes = response.read()
        if not hashlib.sha256(content).hexdigest().startswith(start_of_hash):
            raise OSError("what arrived is not the file")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, content)
    except (OSError, HTTPException) as reason:
        told = str(getattr(reason, "reason", reason)) or type(reason).__name__
        raise WeightsError(
            f"the ImageNet weights {path.name} are not here and cannot be downloaded ({told})",
            where="backbone.weights",
            fix=f"Put the file {path.name} into {path.parent}. {_OWN_FILE}",
        ) from None


def _connected(url: str) -> Any:
    """The open connection; in a thread, because looking up a name or trying many addresses heeds no timeout."""
    answer: Future[Any] = Future()

    def connect() -> None:
        try:
            answer.set_result(urlopen(url, timeout=PATIENCE))
        except Exception as reason:
            answer.set_exception(reason)

    Thread(target=connect, daemon=True).start()
    return answer.result(timeout=PATIENCE)


def _few(keys: list[str]) -> str:
    return ", ".join(keys[:SHOWN]) + (", …" if len(keys) > SHOWN else "")
