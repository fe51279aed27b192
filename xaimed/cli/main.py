"""How do I ask? ``xaimed COMMAND …``; each command is imported only when it is called."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Sequence

from xaimed import __version__
from xaimed.errors import XaimedError

COMMANDS = {
    "train": "train, cross-validate and explain one configuration, or a sweep of them with -m",
    "audit": "look for what is wrong with a dataset before anything is trained on it",
    "explain": "predict and explain new pictures with a finished run",
    "evaluate": "put the explanations of a finished run to the test",
    "ensemble": "let finished runs vote, and treat what they say together as a run",
    "sheet": "show what augmentation makes of the training pictures, epoch by epoch",
    "reproduce": "make a paper's runs, tables and figures, or audit its numbers with --published",
    "report": "write one HTML file that holds everything about a run or several",
    "survey": "ask clinicians what they make of the maps, blinded, and score their answers",
    "dashboard": "open TensorBoard on runs, finished or being made",
    "table": "rebuild every table of runs, finished or not, from their stored predictions",
}
REFUSED, FAILED, INTERRUPTED = 2, 1, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status is 0 done, 1 something failed on the way, 2 refused."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(_help())
        return 0
    if arguments[0] in ("-V", "--version"):
        print(f"xaimed {__version__}")
        return 0
    debug = "--debug" in arguments
    try:
        return _command([argument for argument in arguments if argument != "--debug"])
    except XaimedError as error:
        if debug:
            traceback.print_exc()
        print(f"xaimed: {error}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("xaimed: interrupted; the same command goes on from the last finished epoch.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _command(arguments: list[str]) -> int:
    name, *rest = arguments
    if name not in COMMANDS:
        from xaimed.config.nearmiss import near_miss

        raise XaimedError(f"there is no command '{name}'", fix=near_miss(name, COMMANDS))
    allowed, rest = _split_allowed(rest)
    if allowed:
        from xaimed.config.targets import allow

        allow(allowed)
    if allowed or os.environ.get("XAIMED_ALLOW"):
        _look_here_too()
    module = importlib.import_module(f"xaimed.cli.{name}")
    status: int = module.run(rest)
    return status


def _look_here_too() -> None:
    """What the user allows may be a file in the working directory; a command, unlike ``python -m``, finds none there.

    It comes last, so that nothing that is installed is replaced by it.
    """
    if not sys.flags.safe_path and os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())


def _split_allowed(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Take ``--allow PACKAGE`` out, which only the command line and the environment may give."""
    allowed, rest, pending = [], [], False
    for argument in arguments:
        if pending:
            allowed.append(argument)
            pending = False
        elif argument == "--allow":
            pending = True
        elif argument.startswith("--allow="):
            allowed.append(argument.removeprefix("--allow="))
        else:
            rest.append(argument)
    if pending:
        raise XaimedError("--allow takes the name of a package")
    return allowed, rest


def _help() -> str:
    commands = "\n".join(f"  {name:<9} {text}" for name, text in COMMANDS.items())
    return f"""xaimed {__version__}: medical-image classification that can be trusted.

usage: xaimed COMMAND [arguments]        xaimed COMMAND --help for groups, options and examples

commands:
{commands}

options of every command:
  --allow PACKAGE  let configurations call classes of PACKAGE as well (or XAIMED_ALLOW=a:b)
  --debug          show the traceback of an error

start here:
  xaimed train experiment=demo"""
