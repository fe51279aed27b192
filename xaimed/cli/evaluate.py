"""``xaimed evaluate RUN``: put the explanations of a finished run to the test; nothing is trained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xaimed.cli.parser import CommandParser
from xaimed.config.places import groups, summary_of
from xaimed.errors import ConfigError, StoreError

EVALUATIONS, EXPLAINERS = "evaluation", "explainer"
PLACES = ("dataset.root", "dataset.file", "dataset.boxes_file")
USUAL = ("localisation", "faithfulness", "sanity", "agreement", "uncertainty", "shortcuts", "picture_quality")


def _help() -> str:
    options = "\n".join(f"  {name:<20} {summary_of(EVALUATIONS, name)}" for name in groups()[EVALUATIONS])
    return f"""usage: xaimed evaluate RUN [evaluation=[…]] [explainer=[…]] [dataset.root=DIR] [dataset.file=TABLE]
                      [--config-dir DIR]

Asks of a finished run whether its explanations are any good: every finished fold is explained and evaluated as far as
that has not been done, and the trust table and the report are written anew. Without evaluation=… these are made:
{", ".join(USUAL)}.
Without explainer=…, the run's own explainers are judged. The data must be there; dataset.root says where, if they have
moved; dataset.file, and dataset.boxes_file, where a table that describes them has.

evaluations:
{options}

examples:
  xaimed evaluate outputs/runs/spine-resnet18-finetune-1a2b3c4d5e
  xaimed evaluate outputs/runs/spine-… evaluation=[faithfulness] evaluation.faithfulness.samples=100
  xaimed evaluate outputs/runs/spine-… explainer=[gradcam,lime] evaluation=[localisation,agreement]"""


def run(arguments: Sequence[str]) -> int:
    """Evaluate, write and print."""
    if not arguments or any(argument in ("-h", "--help") for argument in arguments):
        print(_help())
        return 0 if arguments else 2
    parser = CommandParser("evaluate")
    parser.add_argument("run", type=Path)
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--config-dir", type=Path)
    asked = parser.parse_intermixed_args(list(arguments))
    from rich.console import Console

    from xaimed.store.run import Run
    from xaimed.studies.evaluating import evaluate_run
    from xaimed.studies.report import write_report
    from xaimed.studies.result import result_of
    from xaimed.studies.tables import print_results

    place = Run(asked.run)
    own = place.facts().get("config", {})
    if "members" in own:
        raise StoreError(
            "this is an ensemble, which has no network of its own", where=place.path, fix="Evaluate its members."
        )
    evaluations, changes = _asked(asked.overrides, asked.config_dir, own)
    console = Console()
    evaluate_run(place, evaluations, changes, console)
    report = write_report(place)
    print_results([result_of(place)], console)
    console.print(f"report: {report}", markup=False, highlight=False, soft_wrap=True)
    return 0


def _asked(
    overrides: Sequence[str], config_dir: Path | None, own: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The evaluations, and what else is other than in the run's own configuration."""
    from xaimed.config.compose import group_within

    of: dict[str, list[str]] = {EVALUATIONS: [], EXPLAINERS: [], **{place: [] for place in PLACES}}
    for text in overrides:
        name = text.partition("=")[0].lstrip("+~")
        group = next((each for each in of if name == each or name.startswith(f"{each}.")), None)
        if group is None:
            raise ConfigError(
                f"'{text}' would make another run", fix=f"Set only {EVALUATIONS}=…, {EXPLAINERS}=… and {PLACES[0]}=…."
            )
        of[group].append(text)
    named = [text for text in of[EVALUATIONS] if text.startswith(f"{EVALUATIONS}=")]
    usual = [] if named else [f"{EVALUATIONS}=[{','.join(USUAL)}]"]
    changes: dict[str, Any] = {}
    if of[EXPLAINERS]:
        changes[EXPLAINERS] = group_within(own, EXPLAINERS, of[EXPLAINERS], config_dir)
    moved = {
        place.removeprefix("dataset."): str(Path(of[place][-1].partition("=")[2]).absolute())
        for place in PLACES
        if of[place]
    }
    if moved:
        changes["dataset"] = {**own["dataset"], **moved}
    return group_within(own, EVALUATIONS, [*usual, *of[EVALUATIONS]], config_dir), changes
