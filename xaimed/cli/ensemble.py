"""``xaimed ensemble RUN RUN…``: finished runs vote, fold by fold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError, StoreError

HELP = """usage: xaimed ensemble RUN RUN... [vote=soft|majority|weighted] [weigh_by=METRIC] [explain=false] [output=DIR]

Lets finished runs of the same dataset and protocol decide together, fold by fold on the same samples, and writes the
result as a run of its own: predictions, metrics, confusion matrix, report. Nothing is trained.

vote=soft       the mean of the members' probabilities (default)
vote=majority   the class that most members chose; the mean probability decides between equals
vote=weighted   the mean of probabilities, each member weighted by weigh_by (val/accuracy, val/auc, …) as measured in
                the epoch that was kept. Under a protocol that chooses on the reported rows the weights come from those
                rows too; use protocol=nested for an unbiased figure.

explain=true    Grad-CAM of every member for the class the ensemble chose, summed by the members' weights (default).
                Each map counts with a mean of 1; their spread is the uncertainty. Needs the members' data and weights.

examples:
  xaimed ensemble outputs/runs/spine-resnet18-*                 every run whose name begins so
  xaimed ensemble outputs/runs/A outputs/runs/B vote=weighted weigh_by=val/auc"""
DEFAULTS = {"vote": "soft", "weigh_by": "val/accuracy", "explain": "true", "output": "outputs"}


def run(arguments: Sequence[str]) -> int:
    """Vote, write and print."""
    if not arguments or any(argument in ("-h", "--help") for argument in arguments):
        print(HELP)
        return 0 if arguments else 2
    options = dict(DEFAULTS)
    places = []
    for argument in arguments:
        name, given, value = argument.partition("=")
        if argument.startswith("-"):
            raise ConfigError(f"xaimed ensemble has no option '{argument}'", fix="See xaimed ensemble --help.")
        if not given or Path(argument).exists():
            places.append(Path(argument))
        elif name not in DEFAULTS:
            raise ConfigError(f"xaimed ensemble has no option '{name}'", fix=near_miss(name, DEFAULTS))
        else:
            options[name] = value
    if options["explain"] not in ("true", "false"):
        raise ConfigError(f"explain={options['explain']} is neither true nor false")
    from rich.console import Console

    from xaimed.store.run import find_runs
    from xaimed.studies.ensemble import Ensemble, make_ensemble, shares_of
    from xaimed.studies.report import write_report
    from xaimed.studies.result import result_of
    from xaimed.studies.tables import print_results

    members = [member for member in find_runs(places) if "members" not in member.facts().get("config", {})]
    if not members:
        raise StoreError("there are no runs here", where=", ".join(map(str, places)))
    ensemble = Ensemble(tuple(members), options["vote"], options["weigh_by"])
    made = make_ensemble(ensemble, Path(options["output"]))
    if options["explain"] == "true":
        from xaimed.studies.ensemble_maps import explain_ensemble, planned

        shares = {fold.index: shares_of(ensemble, fold.index) for fold in made.finished()}
        explain_ensemble(made, [planned(member) for member in members], shares)
    console = Console()
    print_results([result_of(member) for member in [*members, made]], console)
    for overview in sorted(made.path.glob("fold-*/explanations/panels-*"))[:1]:
        console.print(f"panels: {overview}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"report: {write_report(made)}", markup=False, highlight=False, soft_wrap=True)
    return 0
