"""``xaimed table DIR…``: every table again, from stored predictions alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xaimed.cli.parser import CommandParser
from xaimed.errors import ConfigError, StoreError

HELP = """usage: xaimed table DIR... [--debug]
       xaimed table RUN --on dataset=NAME [dataset.key=value] [--classes "THEIRS=OURS,..."] [--config-dir DIR] [--debug]
       xaimed table RUN --by COLUMN [--metric NAME] [--bands NUMBER,...] [--debug]
       xaimed table RUN RUN... --maps [--debug]

Rebuilds the tables of every run at or below the directories given, finished or not, from stored predictions: no model,
no data and no accelerator are needed. Missing, failed, edited and damaged folds are named and not counted.

A run whose control on shuffled labels (xaimed train … labels=shuffled) is there is put beside it: whether the control
is at chance, and whether its maps are others.

One run is shown with its metrics and pooled confusion matrix, several side by side. The report and the tables
(Markdown, CSV, PNG) inside each run are written anew.

--on scores one finished run on another labelled dataset, named as for xaimed train: every finished fold predicts all of
it, and its metrics stand beside those at home, with the drop. Its classes must be among the run's; --classes says which
are only called otherwise. Pictures that the run was trained on or chosen by are set aside, by their pixels. What was
predicted is kept in RUN/elsewhere and not predicted again.

--by divides the pictures of one run by a column that came with the data, such as sex, age, view or site, and shows a
metric in each group with its interval, and how far the groups lie apart. --metric names one of those in the run's table
(accuracy, sensitivity, specificity, precision, f1, auc, kappa, mcc; auc unless another is named) or a measure of an
evaluation. Columns of numbers are cut at --bands, ages at 18, 40, 60 and 80 years unless others are given.

--maps says how far the stored maps of several runs agree on the pictures that they share: over seeds, or over models.

examples:
  xaimed table outputs                                          every run there is
  xaimed table outputs/runs/spine-resnet18-finetune-1a2b3c4d5e  one run
  xaimed table outputs/sweeps/0f1e2d3c4b                        the runs of one sweep
  xaimed table outputs/runs/chest-resnet18-finetune-1a2b3c4d5e --on dataset=folder dataset.root=/data/clinic
  xaimed table outputs/runs/A --on dataset=folder dataset.root=/data/clinic --classes "healthy=Normal,ill=Pneumonia"
  xaimed table outputs/runs/chest-resnet18-finetune-1a2b3c4d5e --by age --bands 5,12 --metric sensitivity"""


def run(arguments: Sequence[str]) -> int:
    """Print and rewrite the tables."""
    if not arguments or any(argument in ("-h", "--help") for argument in arguments):
        print(HELP)
        return 0 if arguments else 2
    if "--on" in arguments:
        return _elsewhere(arguments)
    if "--by" in arguments:
        return _by(arguments)
    if "--maps" in arguments:
        return _maps(arguments)
    options = [argument for argument in arguments if argument.startswith("-")]
    if options:
        raise StoreError(f"xaimed table has no option '{options[0]}'", fix="See xaimed table --help.")
    from rich.console import Console

    from xaimed.studies.report import write_report
    from xaimed.studies.result import result_of
    from xaimed.studies.sweep import runs_at
    from xaimed.studies.tables import print_results
    from xaimed.studies.twin import compare_with_controls

    runs = runs_at([Path(argument) for argument in arguments])
    if not runs:
        raise StoreError(
            "there are no runs here", where=", ".join(arguments), fix="Give the directory that was given as output=…."
        )
    console = Console()
    compared = compare_with_controls(runs)
    print_results([result_of(run) for run in runs], console)
    for line in compared:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    for report in filter(None, (write_report(run) for run in runs)):
        console.print(f"report: {report}", markup=False, highlight=False, soft_wrap=True)
    return 0


def _elsewhere(arguments: Sequence[str]) -> int:
    """Score one run on another dataset, and say how much it loses."""
    parser = CommandParser("table")
    parser.add_argument("runs", nargs="*", type=Path)
    parser.add_argument("--on", nargs="+", required=True)
    parser.add_argument("--classes", action="append", default=[])
    parser.add_argument("--config-dir", type=Path)
    asked = parser.parse_args(list(arguments))
    if not any(text.startswith("dataset=") for text in asked.on):
        raise ConfigError("name the other dataset", where="--on", fix="Such as --on dataset=folder dataset.root=/data.")
    if other := [text for text in asked.on if not text.lstrip("+~").startswith(("dataset=", "dataset."))]:
        raise ConfigError(
            f"'{other[0]}' does not belong to the dataset", where="--on", fix="All else is as the run was trained."
        )
    named = _named(asked.classes)
    from rich.console import Console

    from xaimed.config.compose import group_within
    from xaimed.reporting.terminal import TerminalTable
    from xaimed.store.run import find_runs
    from xaimed.studies.report import write_report
    from xaimed.studies.result import result_of
    from xaimed.studies.scoring import score, write_summary
    from xaimed.studies.summoned import jury_of

    runs = find_runs(asked.runs)
    if len(runs) != 1:
        raise StoreError(f"--on is for one run, and {len(runs)} are named", fix="See xaimed table --help.")
    (run,) = runs
    jury = jury_of(run)
    found = score(run, jury, group_within(jury.config, "dataset", asked.on, asked.config_dir), named)
    result, console = result_of(run), Console()
    write_summary(found, result)
    if result.predictions is not None and (table := found.table(result.predictions, result.stamp)) is not None:
        console.print(TerminalTable(table))
    for line in (f"predictions: {found.folder}", f"report: {write_report(run)}"):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    return 0


def _maps(arguments: Sequence[str]) -> int:
    """Show how far the maps of several runs agree."""
    from rich.console import Console

    from xaimed.reporting.terminal import TerminalTable
    from xaimed.studies.alike import alike_table
    from xaimed.studies.result import result_of
    from xaimed.studies.sweep import runs_at

    runs = runs_at([Path(argument) for argument in arguments if argument != "--maps"])
    if len(runs) < 2:
        raise StoreError(f"--maps compares runs, and {len(runs)} is here", fix="Name two or more.")
    Console().print(TerminalTable(alike_table([result_of(run) for run in runs])))
    return 0


def _by(arguments: Sequence[str]) -> int:
    """Show one run by groups of its patients."""
    parser = CommandParser("table")
    parser.add_argument("runs", nargs="*", type=Path)
    parser.add_argument("--by", required=True)
    parser.add_argument("--metric", default="auc")
    parser.add_argument("--bands")
    asked = parser.parse_args(list(arguments))
    from rich.console import Console

    from xaimed.reporting.terminal import TerminalTable
    from xaimed.store.run import find_runs
    from xaimed.studies.doubts import subgroup_table
    from xaimed.studies.result import result_of

    runs = find_runs(asked.runs)
    if len(runs) != 1:
        raise StoreError(f"--by is for one run, and {len(runs)} are named", fix="See xaimed table --help.")
    result = result_of(runs[0])
    if result.predictions is None:
        raise StoreError("no fold of this run is finished", where=runs[0].path)
    Console().print(TerminalTable(subgroup_table(result, asked.by, asked.metric, _bands(asked.bands))))
    return 0


def _bands(text: str | None) -> list[float] | None:
    """Where a column of numbers is cut."""
    if text is None:
        return None
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise ConfigError(f"'{text}' are no numbers", where="--bands", fix="Such as --bands 18,40,60.") from error


def _named(pairs: Sequence[str]) -> dict[str, str]:
    """What classes are called there, and what they are called here."""
    named = {}
    for pair in (pair for text in pairs for pair in text.split(",")):
        theirs, given, ours = (part.strip() for part in pair.partition("="))
        if not (theirs and given and ours):
            raise ConfigError(f"'{pair}' does not say THEIRS=OURS", where="--classes")
        named[theirs] = ours
    return named
