"""``xaimed evaluate RUN``: put the explanations of a finished run to the test; nothing is trained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xaimed.cli.parser import CommandParser
from xaimed.config.places import groups, summary_of
from xaimed.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import Console

    from xaimed.store.run import Run

EVALUATIONS, EXPLAINERS = "evaluation", "explainer"
PLACES = ("dataset.root", "dataset.file", "dataset.boxes_file")
USUAL = ("localisation", "faithfulness", "sanity", "agreement", "uncertainty", "shortcuts", "picture_quality")


def _help() -> str:
    options = "\n".join(f"  {name:<20} {summary_of(EVALUATIONS, name)}" for name in groups()[EVALUATIONS])
    return f"""usage: xaimed evaluate RUN [evaluation=[…]] [explainer=[…]] [dataset.root=DIR] [dataset.file=TABLE]
                      [--config-dir DIR] [--allow PACKAGE]

Asks of a finished run, or of an ensemble, whether its explanations are any good: every finished fold is explained and
evaluated as far as that has not been done, and the trust table and the report are written anew. Without evaluation=…
these are made: {", ".join(USUAL)}.
Without explainer=…, the run's own explainers are judged; of an ensemble it is always the sum of its members' maps, the
members vote again wherever a network is asked, and there is no sanity check. The data must be there; dataset.root says
where, if they have moved; dataset.file, and dataset.boxes_file, where a table that describes them has.

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

    place, console = Run(asked.run), Console()
    own = place.facts().get("config", {})
    if "members" in own:
        _evaluate_ensemble(place, asked.overrides, asked.config_dir, console)
    else:
        evaluate_run(place, *_asked(asked.overrides, asked.config_dir, own), console)
    report = write_report(place)
    print_results([result_of(place)], console)
    console.print(f"report: {report}", markup=False, highlight=False, soft_wrap=True)
    return 0


def _evaluate_ensemble(place: Run, overrides: Sequence[str], config_dir: Path | None, console: Console) -> None:
    """The same of runs that vote."""
    from xaimed.studies.evaluating_together import evaluate_ensemble, members_of

    usual = [name for name in USUAL if name != "sanity"]  # which takes a network apart
    first = members_of(place)[0].facts()["config"]
    evaluations, changes = _asked(overrides, config_dir, first, usual)
    if EXPLAINERS in changes:
        raise ConfigError(
            "an ensemble is explained by the sum of its members' Grad-CAM and by nothing else",
            where=EXPLAINERS,
            fix=f"Leave {EXPLAINERS}=… out, or evaluate its members.",
        )
    evaluate_ensemble(place, evaluations, changes, console)


def _asked(
    overrides: Sequence[str], config_dir: Path | None, own: dict[str, Any], made: Sequence[str] = USUAL
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
    usual = [] if named else [f"{EVALUATIONS}=[{','.join(made)}]"]
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
