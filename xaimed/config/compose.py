"""What was asked for? Hydra's composition, with its errors said in one line and its own reach kept short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from xaimed.config.labels import LABELS, labels_are_shuffled
from xaimed.config.nearmiss import near_miss
from xaimed.config.places import conf_dir, groups, run_groups
from xaimed.config.targets import check_targets
from xaimed.errors import ConfigError, XaimedError

OWN_VARIABLES = "user"
ASKED = "asked"
"""Where a job's configuration keeps the overrides that it was asked with; they decide nothing."""
_LOGGING = {
    "logging.StreamHandler",
    "logging.FileHandler",
    "logging.NullHandler",
    "logging.Formatter",
    "colorlog.ColoredFormatter",
    "rich.logging.RichHandler",
}
_OWN_LAUNCHER = "hydra._internal.core_plugins.basic_launcher.BasicLauncher"
_SLURM = "hydra_plugins.hydra_submitit_launcher.submitit_launcher.SlurmLauncher"
LAUNCHERS = (
    _OWN_LAUNCHER,
    _SLURM,
    "hydra_plugins.hydra_submitit_launcher.submitit_launcher.LocalLauncher",
    "hydra_plugins.hydra_ray_launcher.ray_launcher.RayLauncher",
)
"""What may start jobs."""
EXTRAS = {"submitit_slurm": "slurm", "submitit_local": "slurm", "ray": "ray"}
"""By launcher, the extra of xaimed that brings it."""
_RUNS_COMMANDS = ("setup", "runtime_env")
"""What launchers would hand to a shell."""


def composed(overrides: Sequence[str], config_name: str = "train", config_dir: str | None = None) -> DictConfig:
    """The configuration, Hydra's own part included; sweep overrides are left at their defaults."""
    single = [
        text
        for text, parsed in zip(overrides, OverridesParser.create().parse_overrides(list(overrides)), strict=True)
        if not parsed.is_sweep_override()
    ]
    if config_dir is not None:
        if not Path(config_dir).is_dir():
            raise ConfigError("there is no such directory", where=config_dir, fix="Check --config-dir.")
        single.append(f"hydra.searchpath=[{quoted('file://' + config_dir)}]")
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        return compose(config_name, overrides=single, return_hydra_config=True)


def group_within(
    own: Mapping[str, Any], group: str, overrides: Sequence[str], config_dir: Path | None = None
) -> dict[str, Any]:
    """One group as the overrides want it, within a configuration that is there already, that of a finished run.

    Args:
        own: the run's configuration, plain and resolved.
        group: such as ``explainer``.
        overrides: as for training, of that group alone.
        config_dir: a directory with options of the user's own.
    """
    try:
        whole = composed(overrides, config_dir=None if config_dir is None else str(config_dir.absolute()))
        refuse_foreign_reach(whole)
        found: dict[str, Any] = plain(OmegaConf.create({**own, group: whole[group]}))[group]
    except (HydraException, OmegaConfBaseException) as error:
        raise said_in_one_line(error) from error
    return found


def quoted(value: str) -> str:
    """A value in Hydra's quotes, whatever characters it holds."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def refuse_foreign_reach(config: DictConfig) -> None:
    """Hydra itself calls and sets things that its own node names; a config file must not get at those either."""
    hydra = OmegaConf.to_container(config.hydra, resolve=False)
    assert isinstance(hydra, dict)
    if hydra["job"].get("env_set"):
        raise ConfigError("hydra.job.env_set is not supported", fix="Set environment variables in the shell.")
    for name in ("launcher", "sweeper"):  # Hydra accepts only its registered plugins here
        plugin = {key: value for key, value in (hydra.get(name) or {}).items() if key != "_target_"}
        check_targets(plugin, f"hydra.{name}")
    _refuse_foreign_launcher(hydra.get("launcher") or {})
    check_targets(hydra.get("callbacks"), "hydra.callbacks")
    for name in ("job_logging", "hydra_logging"):
        _refuse_foreign_handlers(hydra.get(name), f"hydra.{name}")


def outlives_the_command(config: DictConfig) -> bool:
    """Whether what a launcher has started goes on by itself when the command is gone, as on a cluster."""
    return bool(config.hydra.launcher.get("_target_") == _SLURM)


def plain(config: DictConfig) -> dict[str, Any]:
    """The job's configuration as plain containers, every interpolation resolved, every mandatory value present."""
    try:
        content = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        raise said_in_one_line(error) from error
    assert isinstance(content, dict)
    known = [*run_groups(), "name", "output", "seed", LABELS, "image", "loader", "audit", "html", OWN_VARIABLES, ASKED]
    for key in map(str, content):
        if key not in known:
            raise ConfigError(
                f"there is no option '{key}'",
                fix=f"{near_miss(key, known)} Variables of your own go under '{OWN_VARIABLES}'.",
            )
    if type(content.get("seed", 0)) is not int:
        raise ConfigError(f"'{content['seed']}' is no whole number", where="seed", fix="Give one, such as seed=42.")
    labels_are_shuffled({str(key): value for key, value in content.items()})  # refused where it is neither
    return {str(key): value for key, value in content.items()}


def as_asked(config: DictConfig) -> dict[str, Any]:
    """What Hydra hands to a job as plain containers, with the overrides that make it again."""
    return {**plain(config), ASKED: [str(text) for text in HydraConfig.get().overrides.task]}


def said_in_one_line(error: Exception) -> XaimedError:
    """Hydra's and OmegaConf's errors as one of ours, naming the near misses."""
    if isinstance(error, XaimedError):
        return error
    if isinstance(error, MissingConfigException) and error.missing_cfg_file:
        return _no_such_option(str(error.missing_cfg_file), [str(option) for option in error.options or []])
    cause = error.__cause__ if isinstance(error, HydraException) else error
    if isinstance(cause, MissingMandatoryValue):
        key = str(cause.full_key)
        return ConfigError(f"{key} must be given", fix=f"Add {key}=… to the command.")
    if isinstance(cause, OmegaConfBaseException) and cause.full_key:
        parent, name = cause.parent_node, str(cause.full_key).split(".")[-1].split("[")[0]
        options = [str(key) for key in parent] if isinstance(parent, DictConfig) else []
        options = [key for key in options if not key.startswith("_") and key != "hydra"]
        if "is not in struct" in str(cause) and options:
            return ConfigError(f"there is no option '{cause.full_key}'", fix=near_miss(name, options))
    return ConfigError(" ".join(str(error).split()).removesuffix("."))


def _no_such_option(missing: str, options: list[str]) -> ConfigError:
    group, _, name = missing.rpartition("/")
    options = options or groups().get(group, [])
    if group == "hydra/launcher" and name in EXTRAS:
        install = f"pip install 'xaimed[{EXTRAS[name]}]'"
        return ConfigError(f"the launcher '{name}' is not installed", where=group, fix=f"Install it: {install}.")
    if not group:
        return ConfigError(f"there is no config '{name}'")
    return ConfigError(f"there is no {group} '{name}'", fix=near_miss(name, options))


def _refuse_foreign_launcher(node: Mapping[str, Any]) -> None:
    if (target := node.get("_target_", _OWN_LAUNCHER)) not in LAUNCHERS:
        raise ConfigError(
            f"jobs may not be started by '{target}'", where="hydra.launcher", fix=f"Use {', '.join(EXTRAS)}, or none."
        )
    _refuse_commands(node, "hydra.launcher")


def _refuse_commands(node: Any, where: str) -> None:
    """Launchers write some options into a shell script, and others hand commands on to the machines they start."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key in _RUNS_COMMANDS and value:
                raise ConfigError(
                    f"'{key}' would run commands, and is not supported",
                    where=f"{where}.{key}",
                    fix="Do it in the shell before; jobs get its environment.",
                )
            _refuse_commands(value, f"{where}.{key}")
            _refuse_commands(key, where)
    elif isinstance(node, list):
        for value in node:
            _refuse_commands(value, where)
    elif isinstance(node, str) and "\n" in node:
        raise ConfigError("an option of a launcher is one line", where=where)


def _refuse_foreign_handlers(node: Any, where: str) -> None:
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key in ("()", "class") and value not in _LOGGING:
                raise ConfigError(f"logging may not call '{value}'", where=f"{where}.{key}")
            _refuse_foreign_handlers(value, f"{where}.{key}")
    elif isinstance(node, list):
        for value in node:
            _refuse_foreign_handlers(value, where)
    elif isinstance(node, str) and node.startswith("ext://") and node not in ("ext://sys.stdout", "ext://sys.stderr"):
        raise ConfigError(f"logging may not name '{node}'", where=where)
