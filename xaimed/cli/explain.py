"""``xaimed explain RUN IMAGES…``: what a finished run says of new pictures, and where it looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xaimed.cli.parser import CommandParser
from xaimed.errors import ConfigError

HELP = """usage: xaimed explain RUN IMAGES... [explainer=[NAME,...]] [explainer.NAME.key=value] [--output DIR]
                      [--fold N] [--run DIR] [--config-dir DIR] [--allow PACKAGE] [--debug]

Predicts and explains new pictures with a finished run. RUN is its directory, that of one of its folds, an ensemble, or
a file of weights (weights.pt or a checkpoint that holds nothing but tensors and numbers), whose run.json is found
beside it or named with --run. IMAGES are files, folders with all that lies below them, and patterns in quotes; every
format that training reads. Pictures are made ready as in training. Neither the run's data nor its pretrained weights
are needed.

All finished folds vote: the mean of their probabilities. Each of them is asked about the class chosen together; the map
is the mean of theirs, and its uncertainty their spread. With --fold N one fold decides alone. The run's own explainers
are used unless others are named, in the same words as for xaimed train.

Writes to outputs/explained/<run>-<hash>, or to --output: overview.png, panels/ (one for each picture), predictions.csv
(class, probabilities, entropy and mutual information in nats, the map's uncertainty over its size), maps.npz (raw),
unreadable.csv (what could not be read, and why), asked.json. What lies there already is never overwritten.

examples:
  xaimed explain outputs/runs/spine-resnet18-finetune-1a2b3c4d5e new.png
  xaimed explain outputs/runs/spine-resnet18-finetune-1a2b3c4d5e /data/ward '/data/clinic/**/*.dcm' --output ward
  xaimed explain outputs/runs/A/fold-2 new.dcm explainer=[mc_gradcam] explainer.mc_gradcam.passes=50
  xaimed explain weights.pt new.png --run outputs/runs/A"""


def run(arguments: Sequence[str]) -> int:
    """Predict, explain, and say what to open."""
    if not arguments or any(argument in ("-h", "--help") for argument in arguments):
        print(HELP)
        return 0 if arguments else 2
    parser = CommandParser("explain")
    parser.add_argument("places", nargs="*")
    parser.add_argument("--output", type=Path)
    parser.add_argument("--fold", type=int)
    parser.add_argument("--run", type=Path)
    parser.add_argument("--config-dir", type=Path)
    asked = parser.parse_intermixed_args(list(arguments))
    overrides = [text for text in asked.places if _is_override(text)]
    place, *images = [text for text in asked.places if text not in overrides] or [""]
    if not images:
        raise ConfigError("name a run and at least one picture", fix="See xaimed explain --help.")
    from rich.console import Console

    from xaimed.data.picking import pictures_named
    from xaimed.studies.explained import explain_files, said_of
    from xaimed.studies.summoned import jury_at

    jury = jury_at(Path(place), asked.run, asked.fold)
    files = pictures_named(images)
    nodes = _explainers(overrides, asked.config_dir, jury.config)
    console = Console()
    _say(console, [f"run       {place}: {jury.told()}, {jury.task.kind} of {', '.join(jury.task.classes)}"])
    folder = explain_files(jury, nodes, files, console, asked.output)
    _say(console, said_of(folder, jury.stamps))
    return 0


def _is_override(text: str) -> bool:
    """Whether this is about explainers, and no file of such a name."""
    return text.lstrip("+~").startswith(("explainer=", "explainer.")) and not Path(text).exists()


def _explainers(overrides: Sequence[str], config_dir: Path | None, own: Mapping[str, Any]) -> dict[str, Any]:
    """The explainers asked for, composed as in training with what the run was made with; the run's own by default."""
    if not overrides:
        return _some(dict(own.get("explainer") or {}))
    if not any(text.startswith("explainer=") for text in overrides):
        raise ConfigError(
            f"'{overrides[0]}' changes an explainer that was not named",
            where="explainer",
            fix="Say which ones: explainer=[mc_gradcam] explainer.mc_gradcam.passes=50.",
        )
    from xaimed.config.compose import group_within

    return _some(group_within(own, "explainer", overrides, config_dir))


def _some(nodes: dict[str, Any]) -> dict[str, Any]:
    if not nodes:
        raise ConfigError("there is no explainer", where="explainer", fix="Say explainer=gradcam, or another.")
    return nodes


def _say(console: Any, lines: Sequence[str]) -> None:
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
