"""``xaimed table DIR…``: every table again, from stored predictions alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xaimed.errors import StoreError

HELP = """usage: xaimed table DIR... [--debug]

Rebuilds the tables of every run at or below the directories given, finished or not, from stored predictions: no model,
no data and no accelerator are needed. Missing, failed, edited and damaged folds are named and not counted.

One run is shown with its metrics and pooled confusion matrix, several side by side. The report and the tables
(Markdown, CSV, PNG) inside each run are written anew.

examples:
  xaimed table outputs                                          every run there is
  xaimed table outputs/runs/spine-resnet18-finetune-1a2b3c4d5e  one run
  xaimed table outputs/sweeps/0f1e2d3c4b                        the runs of one sweep"""


def run(arguments: Sequence[str]) -> int:
    """Print and rewrite the tables."""
    if not arguments or any(argument in ("-h", "--help") for argument in arguments):
        print(HELP)
        return 0 if arguments else 2
    options = [argument for argument in arguments if argument.startswith("-")]
    if options:
        raise StoreError(f"xaimed table has no option '{options[0]}'", fix="See xaimed table --help.")
    from rich.console import Console

    from xaimed.studies.report import write_report
    from xaimed.studies.sweep import runs_at
    from xaimed.studies.tables import print_results, result_of

    runs = runs_at([Path(argument) for argument in arguments])
    if not runs:
        raise StoreError(
            "there are no runs here", where=", ".join(arguments), fix="Give the directory that was given as output=…."
        )
    console = Console()
    print_results([result_of(run) for run in runs], console)
    for report in filter(None, (write_report(run) for run in runs)):
        console.print(f"report: {report}", markup=False, highlight=False, soft_wrap=True)
    return 0
