"""``xaimed train``: one run in this process, or with ``-m`` a sweep whose jobs have processes of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from xaimed.cli.parser import CommandParser
from xaimed.config.places import groups, run_groups, summary_of
from xaimed.errors import ConfigError

EXAMPLES = """examples:
  xaimed train experiment=demo                                   a small complete result in minutes
  xaimed train dataset=folder dataset.root=/data/spine            your own class folders
  xaimed train backbone=vgg16 strategy=feature_extraction seed=7
  xaimed train backbone.weights=/weights/resnet18.pth backbone.checksum=f37072fd
  xaimed train protocol.folds=10 protocol.fold=2                  one fold alone
  xaimed train explainer=gradcam trainer.max_epochs=5 image.size=128
  xaimed train -m strategy=scratch,finetune backbone=resnet18,mobilenet_v2
  xaimed train --config-dir my_conf --allow my_package backbone=mine
  xaimed train backbone=vgg16 --cfg job                           print the configuration and stop"""


def run(arguments: Sequence[str]) -> int:
    """Train what the overrides describe."""
    if any(argument in ("-h", "--help") for argument in arguments):
        print(_help(_own_options(arguments)))
        return 0
    from xaimed.config.compose import said_in_one_line

    # With this Hydra raises its errors instead of printing them, so that they can be said in one line.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    try:
        return _hydra(list(arguments))
    except Exception as error:
        if _from_hydra(error):
            raise said_in_one_line(error) from error
        raise


def _hydra(arguments: list[str]) -> int:
    from contextlib import ExitStack

    import hydra
    from hydra._internal.utils import get_args_parser
    from hydra.core.hydra_config import HydraConfig
    from omegaconf import DictConfig

    from xaimed.config.compose import as_asked, composed, outlives_the_command, quoted, refuse_foreign_reach
    from xaimed.config.places import conf_dir
    from xaimed.config.targets import widened
    from xaimed.studies.carrying import command_alive
    from xaimed.studies.sweep import Sweep

    asked = get_args_parser().parse_args(arguments)
    only_looking = asked.cfg or asked.info or asked.hydra_help or asked.shell_completion
    sweep: Sweep | None = None
    command: Path | None = None
    packages, lost = widened(), ""
    failed: list[int] = []
    raised: list[Exception] = []

    def task(config: DictConfig) -> None:
        try:
            if sweep is None:
                from xaimed.studies.run import run_to_the_end

                failed.extend(run_to_the_end(as_asked(config)).failures)
                return
            # What an option of a sweep says of Hydra itself is known only now, and maybe on another machine.
            refuse_foreign_reach(cast(DictConfig, HydraConfig.instance().cfg))
            job = HydraConfig.get()
            sweep.run_job(int(job.job.num), list(job.overrides.task), config, packages, command)
        except Exception as error:  # Hydra would print a line of its own
            raised.append(error)

    before = sys.argv
    with ExitStack() as ending:
        if not only_looking:
            config_dir = os.path.abspath(asked.config_dir) if asked.config_dir else None
            config = composed(asked.overrides, asked.config_name or "train", config_dir)
            refuse_foreign_reach(config)
            if asked.multirun:
                sweep = Sweep.of(config.output, asked.overrides)
                if not outlives_the_command(config):
                    command = ending.enter_context(command_alive(sweep.directory))
                arguments = [*arguments, f"hydra.sweep.dir={quoted(str(sweep.directory))}"]
        sys.argv = ["xaimed train", *arguments]
        try:
            hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="train")(task)()
        except Exception as error:
            if sweep is None or _from_hydra(error):
                raise
            lost = " ".join(str(error).split())  # by the launcher, to which the jobs belong
        finally:
            sys.argv = before
    if raised:
        raise raised[0]
    if sweep is not None:
        return sweep.conclude(lost)
    return 1 if failed else 0


def _from_hydra(error: Exception) -> bool:
    return type(error).__module__.split(".")[0] in ("hydra", "omegaconf")


def _own_options(arguments: Sequence[str]) -> Path | None:
    """The directory whose options are to be listed too."""
    parser = CommandParser("train")
    parser.add_argument("--config-dir", "-cd", type=Path)
    own: Path | None = parser.parse_known_args(arguments)[0].config_dir
    if own is not None and not own.is_dir():
        raise ConfigError("there is no such directory", where=own)
    return own


def _listed(found: Mapping[str, Sequence[str]], own: Path | None = None) -> list[str]:
    lines = []
    for group, options in found.items():
        lines.append(f"  {group}")
        lines.extend(f"    {option:<20} {summary_of(group, option, own)}" for option in options)
    return lines


def _help(own: Path | None = None) -> str:
    lines = [*_listed(run_groups()), *(["", f"those of {own}:", *_listed(groups(own), own)] if own else [])]
    return "\n".join(
        [
            "usage: xaimed train [group=option] [key=value] [-m] [--cfg job] [--config-dir DIR] [--allow PACKAGE]",
            "",
            "Trains every fold of one configuration, explains it, and prints the table. Give the same command again to",
            "go on after an interruption: what is finished is reused.",
            "",
            "groups and their options:",
            *lines,
            "",
            "Any key of the composed configuration can be set (key=value), added (+key=value) or swept (-m key=a,b).",
            "",
            EXAMPLES,
        ]
    )
