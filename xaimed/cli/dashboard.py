"""``xaimed dashboard [DIR]``: TensorBoard on every run below a directory, with options that suit them."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from pathlib import Path

from xaimed.cli.parser import CommandParser
from xaimed.errors import StoreError

HELP = """usage: xaimed dashboard [DIR] [--port N] [--host NAME]

Starts TensorBoard on the runs at or below DIR (outputs/runs unless named), finished or being made, and prints its
address. Ctrl-C ends it; new epochs appear every 15 seconds. Of more than 40 curves TensorBoard ticks none: then it
opens on the first fold of every run, or for more than 40 runs on HParams; part of a name under Runs, such as
resnet50.*fold-0, picks others.

  Custom Scalars  loss, accuracy, AUC, calibration error and learning rate, the folds of all runs together
  HParams         the runs of a sweep side by side by their final metrics, which stand right of what they differ in
  Images          of every fold confusion matrix, ROC, precision and recall, calibration; panels of the same samples
                  under the same names, and an overview of them by class and correctness; a click enlarges
  PR Curves       every class of every fold, with a slider for the threshold
  Projector       features of the selection rows, where callbacks names embeddings

  --port N     unless it is given, 6006 or the next that is free
  --host NAME  localhost unless given; 0.0.0.0 lets other machines look, and nobody is asked for a password

examples:
  xaimed dashboard                                                all runs
  xaimed dashboard outputs/runs/spine-resnet18-finetune-1a2b3c4d5e  one run"""
DEFAULT = Path("outputs/runs")
EVENTS = "events.out.tfevents.*"
CHARTS, TABLE = "custom_scalars", "hparams"
TICKED = 40
"""TensorBoard ticks no curve of more than these."""
CURVES = re.compile(r"\bfold-(\d+)[^/]*/tensorboard$")
# A tag of ours has one picture a fold; a callback of the user's own may write one an epoch.
OPTIONS = ("--samples_per_plugin=images=50,scalars=2000", "--reload_interval=15", "--window_title=xaimed")


def run(arguments: Sequence[str]) -> int:
    """Serve until interrupted."""
    if any(argument in ("-h", "--help") for argument in arguments):
        print(HELP)
        return 0
    parser = CommandParser("dashboard")
    parser.add_argument("place", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--port", type=int)
    parser.add_argument("--host", default="localhost")
    asked = parser.parse_args(list(arguments))
    _check(asked.place)
    address = _started(asked.place, asked.port, asked.host)
    tab, note = shown_first(asked.place)
    print(f"TensorBoard on {asked.place}: {address}#{tab}  (Ctrl-C ends it)", flush=True)
    if note:
        print(note, flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        print()
    return 0


def shown_first(place: Path) -> tuple[str, str]:
    """Where it opens: the end of the address, and a note where TensorBoard would tick no curve."""
    names = {file.parent.relative_to(place).as_posix() for file in place.rglob(EVENTS)}
    folds = [int(match[1]) for name in names if (match := CURVES.search(name))]
    if len(names) <= TICKED or not folds:
        return CHARTS, ""
    if len(folds) <= TICKED:
        return f"{CHARTS}&regexInput=fold-.*/tensorboard", ""
    if folds.count(min(folds)) <= TICKED:
        return f"{CHARTS}&regexInput=fold-{min(folds)}.*/tensorboard", ""
    return (
        TABLE,
        f"More than {TICKED} runs: in other tabs no curve is ticked until part of a name is written under Runs.",
    )


def _check(place: Path) -> None:
    """Refuse a directory without a single curve: TensorBoard would show an empty page."""
    if next(place.rglob(EVENTS), None) is None:
        raise StoreError(
            "there is nothing for TensorBoard to show" if place.is_dir() else "there is no such directory",
            where=place,
            fix="Name the directory that was given as output=…, or train with logger=[tensorboard] first.",
        )


def _started(place: Path, port: int | None, host: str) -> str:
    """The address of a server that runs in the background for as long as this process does."""
    from tensorboard import program

    board = program.TensorBoard()
    where = [f"--logdir={place}", f"--host={host}", *([] if port is None else [f"--port={port}"])]
    board.configure(argv=["tensorboard", *where, *OPTIONS])
    try:
        address: str = board.launch()
    except program.TensorBoardServerException as error:
        raise StoreError(
            f"TensorBoard cannot listen on {host}, {'port ' + str(port) if port else 'any port'}: "
            f"{' '.join(str(error).split())}",
            fix="Give another --port or --host.",
        ) from error
    return address
