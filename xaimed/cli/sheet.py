"""``xaimed sheet``: what augmentation makes of the training pictures, before anything is trained on them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xaimed.cli.parser import CommandParser
from xaimed.errors import ConfigError

HELP = """usage: xaimed sheet [group=option] [key=value] [--samples N] [--epochs K] [--config-dir DIR] [--debug]

Draws a contact sheet of augmented pictures: N training samples spread over the classes (6), each as prepared and as
training will see it in its first K epochs (5), pixel for pixel. Evidence is outlined where it is known, moved with its
picture. Nothing is trained. Takes the same groups and keys as xaimed train.

Writes <output>/sheets/<dataset>-<augmentation>-<hash>.png and prints where it is.

examples:
  xaimed sheet                                               the spine phantom with the spine paper's recipe
  xaimed sheet dataset=chest augmentation=pneumonia
  xaimed sheet augmentation.rotation=45 --samples 3 --epochs 8
  xaimed sheet dataset=folder dataset.root=/data/spine protocol.fold=2"""


def run(arguments: Sequence[str]) -> int:
    """Draw the sheet that the overrides describe."""
    if any(argument in ("-h", "--help") for argument in arguments):
        print(HELP)
        return 0
    parser = CommandParser("sheet")
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--samples", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--config-dir", type=Path)
    asked = parser.parse_intermixed_args(list(arguments))
    for name, count in (("--samples", asked.samples), ("--epochs", asked.epochs)):
        if count < 1:
            raise ConfigError(f"there is no sheet of {count}", where=name, fix="Give 1 or more.")
    config, names = _composed(asked.overrides, asked.config_dir)
    from xaimed.studies.sheet import make_sheet

    print(f"sheet: {make_sheet(config, names, asked.samples, asked.epochs)}")
    return 0


def _composed(overrides: Sequence[str], config_dir: Path | None) -> tuple[dict[str, object], tuple[str, str]]:
    """What the overrides describe as plain containers, and the names of its dataset and augmentation."""
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    from xaimed.config.compose import composed, plain, refuse_foreign_reach, said_in_one_line

    needed = ("dataset", "image", "loader", "protocol", "augmentation", "seed", "output")
    try:
        whole = composed(overrides, config_dir=None if config_dir is None else str(config_dir.absolute()))
        refuse_foreign_reach(whole)
        choices = whole.hydra.runtime.choices
        config = plain(OmegaConf.create({key: whole[key] for key in needed}))
    except (HydraException, OmegaConfBaseException) as error:
        raise said_in_one_line(error) from error
    return config, (str(choices.dataset), str(choices.augmentation))
