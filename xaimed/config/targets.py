"""What may a ``_target_`` call? Only what lies in packages that build such things.

A config file or a checkpoint can come from anybody, so the list is fixed in code and widened only by the person at the
keyboard: ``--allow my_package`` or the environment variable ``XAIMED_ALLOW=my_package:other``.
"""

from __future__ import annotations

import importlib
import inspect
import os
from collections.abc import Mapping, Sequence
from typing import Any

from hydra.errors import HydraException
from hydra.utils import instantiate as hydra_instantiate
from omegaconf import DictConfig, ListConfig, OmegaConf

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError

BUILDERS = (
    "xaimed.data",
    "xaimed.models",
    "xaimed.explain",
    "xaimed.training",
    "xaimed.evaluation",
    "xaimed.callbacks",
    "xaimed.studies.reproduction",
    "torch.optim",
    "torch.nn.modules",
    "torchvision.transforms.v2",
    "torchmetrics",
    "lightning.pytorch.callbacks",
    "lightning.pytorch.loggers",
    "lightning.pytorch.profilers",
)
# Read once, when the process starts: a config can set environment variables later (hydra.job.env_set).
_FROM_ENVIRONMENT = tuple(name for name in os.environ.get("XAIMED_ALLOW", "").split(":") if name)
_widened: list[str] = list(_FROM_ENVIRONMENT)


def allow(packages: Sequence[str]) -> None:
    """Widen the list; only what the user says on the command line or in Python calls this, never a configuration."""
    for name in packages:
        if not all(part.isidentifier() for part in name.split(".")):
            raise ConfigError(f"--allow takes a package name, not '{name}'")
        if name not in _widened:
            _widened.append(name)


def widened() -> tuple[str, ...]:
    """What the user has added, to be handed on to worker processes."""
    return tuple(_widened)


def instantiate(node: Any, /, *args: Any, **kwargs: Any) -> Any:
    """Build what a config node describes, after every ``_target_`` in it has been checked.

    Interpolations are resolved before the check, so that nothing can change between the check and the call.
    """
    plain: Any = OmegaConf.to_container(node, resolve=True) if isinstance(node, DictConfig | ListConfig) else node
    check_targets(plain)
    try:
        if not args and not kwargs:
            return hydra_instantiate(plain, _convert_="all")
        # Hydra would turn dataclasses and lists among the arguments into configs; so it only prepares the call.
        return hydra_instantiate({**plain, "_partial_": True}, _convert_="all")(*args, **kwargs)
    except Exception as error:
        raise _explained(error, plain) from error


def check_targets(node: Any, where: str = "") -> None:
    """Refuse a tree of plain containers in which any ``_target_`` may not be called."""
    if isinstance(node, Mapping):
        if "_target_" in node:
            _check_options(locate(node["_target_"], where), node, where)
        for key, value in node.items():
            check_targets(value, f"{where}.{key}" if where else str(key))
    elif isinstance(node, list | tuple):
        for i, value in enumerate(node):
            check_targets(value, f"{where}[{i}]")


def locate(target: Any, where: str = "") -> Any:
    """The class or function behind a dotted name, if both the name and the thing itself lie in a listed package.

    The second condition is what counts: ``torch.optim.adam.torch.hub.load`` begins well and ends elsewhere.
    """
    if not isinstance(target, str):
        raise ConfigError(f"_target_ must be a dotted name, not {target!r}", where=where)
    if not _listed(target):
        raise ConfigError(
            f"_target_ '{target}' lies outside the packages that a configuration may call",
            where=where or None,
            fix=f"If you trust it: --allow {target.split('.')[0]} (or XAIMED_ALLOW={target.split('.')[0]}).",
        )
    found = _walk(target, where)
    home = inspect.getmodule(found)
    module = getattr(found, "__module__", None) or (home.__name__ if home else "")
    if not (inspect.isclass(found) or inspect.isfunction(found)) or not _listed(module + "."):
        raise ConfigError(
            f"_target_ '{target}' is not a class or function of the package it is named in", where=where or None
        )
    return found


def _listed(name: str) -> bool:
    return any(name == package or name.startswith(package + ".") for package in (*BUILDERS, *_widened))


def _walk(target: str, where: str) -> Any:
    """Import the longest module prefix, then follow attributes, never through a name with an underscore."""
    parts = target.split(".")
    if any(part.startswith("_") for part in parts):
        raise ConfigError(f"_target_ '{target}' names something private", where=where or None)
    found: Any = None
    for i in range(len(parts), 0, -1):
        name = ".".join(parts[:i])
        # A prefix of a listed package (torch, for torch.optim) is imported only to reach the next part.
        if not (_listed(name) or any(package.startswith(name + ".") for package in (*BUILDERS, *_widened))):
            continue
        try:
            found = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name and not name.startswith(error.name):
                raise ConfigError(
                    f"_target_ '{target}' needs the package '{error.name}'", where=where or None
                ) from error
            continue
        return _attribute(found, parts[i:], target, where)
    raise ConfigError(
        f"_target_ '{target}': no module of that name can be imported",
        where=where or None,
        fix="It must be installed, or be a file in the directory in which the command is given.",
    )


def _attribute(found: Any, names: list[str], target: str, where: str) -> Any:
    for name in names:
        if not hasattr(found, name):
            owner = getattr(found, "__name__", type(found).__name__)
            public = [option for option in dir(found) if not option.startswith("_")]
            raise ConfigError(
                f"_target_ '{target}': '{owner}' has no '{name}'", where=where or None, fix=near_miss(name, public)
            )
        found = getattr(found, name)
    return found


def _check_options(called: Any, node: Mapping[str, Any], where: str) -> None:
    """Refuse an option that the class or function does not take, with its near misses."""
    try:
        parameters = inspect.signature(called).parameters
    except ValueError:  # built-in classes tell no signature; calling them will
        return
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return
    for key in node:
        if not str(key).startswith("_") and key not in parameters:
            raise ConfigError(
                f"'{node['_target_']}' has no option '{key}'", where=where or None, fix=near_miss(str(key), parameters)
            )


def _explained(error: Exception, plain: Any) -> Exception:
    """Hydra wraps what a constructor raised; hand back the error itself, or its reason as one of ours."""
    cause = error.__cause__ if isinstance(error, HydraException) and error.__cause__ is not None else error
    if isinstance(cause, TypeError | ValueError) and isinstance(plain, Mapping) and "_target_" in plain:
        return ConfigError(f"'{plain['_target_']}' cannot be built: {' '.join(str(cause).split())}")
    if isinstance(cause, ImportError) and isinstance(plain, Mapping):
        return ConfigError(
            f"'{plain.get('_target_')}' needs a package that is not installed: {' '.join(str(cause).split())}"
        )
    return cause if isinstance(cause, Exception) else error
