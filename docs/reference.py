"""Write docs/reference.md, every command and every config option as the code has them: ``python docs/reference.py``."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from xaimed.cli.main import COMMANDS, main
from xaimed.config.places import OF_NO_RUN, conf_dir, groups, summary_of
from xaimed.reporting.text import markdown

PAGE = Path(__file__).with_name("reference.md")
HEAD = """# Every command and every option

Made from the code by `python docs/reference.py`, and held against it by the tests; do not edit it by hand. The same
words stand in `xaimed --help`, `xaimed COMMAND --help` and `xaimed train --help`.
"""
GROUPS_HEAD = """A group stands once in a configuration, as `backbone=vgg16`; of one marked *several* any number may
be named, as `explainer=[gradcam,lime]`. Beside an option stand its keys, set as `backbone.dropout=0.2`, or, where
several may be named, as `explainer.lime.samples=500`.
"""
MACHINERY = ("_target_", "_partial_", "_args_", "defaults")


def reference() -> str:
    """The whole page."""
    commands = _table(("Command", "What it does"), ((f"`{name}`", markdown(told)) for name, told in COMMANDS.items()))
    parts = [HEAD, "## Commands\n", commands, *map(_usage, COMMANDS), "## Config groups\n", GROUPS_HEAD]
    return "\n".join([*parts, *map(_group, groups())])


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _usage(command: str) -> str:
    """How the command is called: the first paragraph of its help."""
    said = io.StringIO()
    with redirect_stdout(said):
        main([command, "--help"])
    usage = said.getvalue().split("\n\n")[0].strip()
    return f"```\n{usage}\n```\n"


def _group(group: str) -> str:
    rows = [(f"`{option}`", markdown(summary_of(group, option)), _keys(group, option)) for option in groups()[group]]
    with_keys = any(keys for *_, keys in rows)
    headings = ("Option", "What it is", "Keys")[: 3 if with_keys else 2]
    return f"### {group}\n\n{_how(group)}\n\n{_table(headings, (row[: len(headings)] for row in rows))}"


def _how(group: str) -> str:
    """How an option of the group is named, and which one a run has unless another is named."""
    if group in OF_NO_RUN:
        return f"`xaimed reproduce {group.upper()}`"
    default = _defaults().get(group)
    if isinstance(default, list):
        return f"`{group}=[…]`, several; `[{','.join(default)}]` unless others are named."
    return f"`{group}=…`; {f'`{default}`' if default else 'none'} unless another is named."


def _defaults() -> dict[str, Any]:
    composed = OmegaConf.to_container(OmegaConf.load(conf_dir() / "train.yaml")["defaults"])
    assert isinstance(composed, list)
    return {str(key): value for entry in composed if isinstance(entry, dict) for key, value in entry.items()}


def _keys(group: str, option: str) -> str:
    """What can be set of an option; where several may be named these lie under its name."""
    file = conf_dir() / group / f"{option}.yaml"
    if group in OF_NO_RUN or "@package _global_" in file.read_text(encoding="utf-8"):
        return ""  # it sets keys of other groups
    node = OmegaConf.load(file)
    assert isinstance(node, DictConfig)
    own = node[option] if isinstance(_defaults().get(group), list) else node
    return " ".join(f"`{key}`" for key in own if key not in MACHINERY)


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
