"""``xaimed report DIR…``: one HTML file that holds everything a reader needs, and needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xaimed.cli.parser import CommandParser
from xaimed.errors import StoreError

HELP = """usage: xaimed report DIR... [--to FILE] [--title TEXT]

Writes one HTML file for a run, a sweep, a study or everything below a directory: the trust table first, of a study its
tables beside what was published, metrics with intervals and tests, confusion matrices, calibration, residuals and
curves, what evaluations found, a gallery of pictures with their heatmaps, the audit of the data, a reporting checklist,
configuration, environment and the command to make it again. It opens from any folder without network or server; nothing
in it is fetched, and text from data or configuration is never executed.

The gallery filters by class, prediction, fold, correctness and the range of a measure, sorts by uncertainty, blends
heatmap and picture for each explanation, and opens pictures large (arrow keys go on). Of more than 900 pictures all
mistakes come first; of very many, maps are coarser and pictures smaller, so that the file stays below 30 MB.

On paper comes what is unfolded, tests and commands always, the configuration never; of the gallery those pictures that
it shows at that moment: filter first, then print.

  --to FILE      where it is written; report.html in the run's directory, or in the first DIR
  --title TEXT   what stands above it

examples:
  xaimed report outputs/runs/spine-resnet18-finetune-1a2b3c4d5e
  xaimed report outputs/sweeps/0f1e2d3c4b --to sweep.html
  xaimed report outputs/studies/spine"""


def run(arguments: Sequence[str]) -> int:
    """Write the file and name it."""
    if not arguments or any(argument in ("-h", "--help") for argument in arguments):
        print(HELP)
        return 0 if arguments else 2
    parser = CommandParser("report")
    parser.add_argument("places", nargs="+", type=Path)
    parser.add_argument("--to", type=Path)
    parser.add_argument("--title", default="")
    asked = parser.parse_args(list(arguments))
    from rich.console import Console

    from xaimed.store.run import Run
    from xaimed.studies.sweep import runs_at
    from xaimed.studies.whole_report.study import study_at
    from xaimed.studies.whole_report.write import NAME, write_html

    studies = [study for place in asked.places if (study := study_at(place))]
    others = [place for place in asked.places if place not in [study.folder for study in studies]]
    runs = [*(Run(place) for study in studies for place in study.runs), *(runs_at(others) if others else [])]
    if not runs:
        raise StoreError(
            "there are no runs here", where=", ".join(map(str, asked.places)), fix="Give the directory of a run."
        )
    target = asked.to or (runs[0].path if len(runs) == 1 and not studies else asked.places[0]) / NAME
    written = write_html(runs, target.absolute(), asked.title, studies)
    size = written.stat().st_size / 1e6
    Console().print(f"report: {written} ({size:.1f} MB)", markup=False, highlight=False, soft_wrap=True)
    return 0
