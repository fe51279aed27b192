"""``xaimed survey``: ask clinicians what they make of the maps, blinded, and score what they answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from xaimed.cli.parser import CommandParser
from xaimed.errors import ConfigError, StoreError

HELP = """usage: xaimed survey make RUN... [--cases misclassified|random] [--n NUMBER] [--balanced] [--repeats SHARE]
                          [--explainers NAME,...] [--seed NUMBER] [--to DIR]
       xaimed survey score ANSWERS... --key KEY... [--to DIR]

make writes a questionnaire about the stored maps of one run or several, of a sweep or a study: one HTML file that
opens without network or server and goes to the raters. Each case begins with the picture alone (diagnosis, whether it
can be made from this picture, difficulty); then comes every map over it, in random order and without a name (right
structure, focus on what is crucial, trust from 1 to 5). Some cases come twice, for the agreement of raters with
themselves. Nothing in the file tells model, explainer, label or prediction: the key does, and stays with you. Answers
are kept in the rater's browser and saved as a file, from which they can also be gone on with on another machine.

  --cases misclassified   every case that any of the runs got wrong
  --cases random          cases at random
  --n NUMBER              at most so many cases; without it all misclassified ones, or 150 at random
  --balanced              as even over the true classes as they allow
  --repeats SHARE         share of the cases shown twice, such as 10% (the default) or 0
  --explainers NAME,...   only these of the stored explainers
  --seed NUMBER           another draw and another order; 0 unless given
  --to DIR                where questionnaire/survey.html and key.json go; surveys/<id> beside the runs

score reads the answer files that came back (or folders of them): the human trust score by explainer, model, class and
rater with 95 % intervals, the share above 4, agreement between raters (weighted kappa, ICC) and of each rater with
himself, of the raters' diagnoses with label and model, and raters.csv, which studies read. A file that is damaged or
belongs to another survey is named and left out; of two by one rater the one saved later counts. The exit status is 1
where a file was left out.

  --key KEY...            the key.json of every survey that the answers belong to
  --to DIR                where the tables go; 'scores' beside the first key

examples:
  xaimed survey make outputs/runs/spine-resnet50-finetune-1a2b3c4d5e outputs/runs/spine-vgg16-finetune-6f7a8b9c0d
  xaimed survey make outputs/runs/chest-resnet50-csam-1a2b3c4d5e --cases random --balanced --explainers fusion
  xaimed survey score ~/Downloads/answers-*.json --key outputs/surveys/0f1e2d3c4b5a/key.json"""


def run(arguments: Sequence[str]) -> int:
    """Make a survey or score one."""
    if not arguments or any(argument in ("-h", "--help") for argument in arguments):
        print(HELP)
        return 0 if arguments else 2
    name, *rest = arguments
    commands: dict[str, Callable[[Sequence[str]], int]] = {"make": _make, "score": _score}
    if name not in commands:
        raise ConfigError(f"xaimed survey does not know '{name}'", fix="Say make or score; see xaimed survey --help.")
    return commands[name](rest)


def _make(arguments: Sequence[str]) -> int:
    """Write the questionnaire and its key."""
    parser = CommandParser("survey")
    parser.add_argument("places", nargs="+", type=Path)
    parser.add_argument("--cases", default="misclassified")
    parser.add_argument("--n", type=int)
    parser.add_argument("--balanced", action="store_true")
    parser.add_argument("--repeats", default="10%")
    parser.add_argument("--explainers", default="")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--to", type=Path)
    asked = parser.parse_args(list(arguments))
    repeats = _share(asked.repeats)
    from rich.console import Console

    from xaimed.studies.result import result_of
    from xaimed.studies.survey.make import Asked, make
    from xaimed.studies.sweep import runs_at

    runs = runs_at(asked.places)
    if not runs:
        raise StoreError(
            "there are no runs here", where=", ".join(map(str, asked.places)), fix="Give the directory of a run."
        )
    only = tuple(filter(None, asked.explainers.split(",")))
    wish = Asked(asked.cases, asked.n, asked.balanced, repeats, only, asked.seed)
    made = make([result_of(run) for run in runs], wish)
    folder = asked.to or runs[0].path.parent.parent / "surveys" / made.key.survey
    page, key = made.write(folder.absolute())
    items = made.key.entries.values()
    maps, again = sum(bool(each.run) for each in items), sum(each.repeat_of is not None for each in items)
    size = page.stat().st_size / 1e6
    lines = [
        f"{len(made.key.cases)} cases, {len(items)} items: {len(items) - maps} pictures and {maps} maps, "
        f"{again} of all these items a second time",
        *made.notes,
        f"questionnaire: {page} ({size:.1f} MB), for the raters",
        f"key: {key}, not for the raters",
    ]
    for line in lines:
        Console().print(line, markup=False, highlight=False, soft_wrap=True)
    return 0


def _score(arguments: Sequence[str]) -> int:
    """Read answers, print and write what they say."""
    parser = CommandParser("survey")
    parser.add_argument("answers", nargs="+", type=Path)
    parser.add_argument("--key", nargs="+", type=Path, required=True)
    parser.add_argument("--to", type=Path)
    asked = parser.parse_args(list(arguments))
    from rich.console import Console

    from xaimed.reporting.terminal import TerminalTable
    from xaimed.studies.survey.score import score

    found = score(asked.answers, asked.key)
    folder = (asked.to or asked.key[0].parent / "scores").absolute()
    written = found.write(folder)  # before anything is printed, which a pager may cut short
    console = Console()
    for table in found.tables:
        console.print(TerminalTable(table))
    for line in [*found.notes, *(f"scores: {file}" for file in written)]:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    return 1 if found.refused else 0


def _share(text: str) -> float:
    """A share as it is written: ``10%`` or ``0.1``."""
    try:
        return float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError as error:
        raise ConfigError(f"'{text}' is no share", where="--repeats", fix="Such as --repeats 10%.") from error
