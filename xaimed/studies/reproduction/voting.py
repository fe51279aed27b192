"""Which ensembles of a study can vote? Those whose members have a finished fold in common; explained if asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from xaimed.errors import XaimedError
from xaimed.store.run import Run
from xaimed.studies.ensemble import Ensemble, make_ensemble, shares_of
from xaimed.studies.reproduction.study import Study

VOTE, WEIGH_BY = "soft", "val/accuracy"


def votes_of(
    study: Study, runs: Mapping[str, Run], output: Path, *, explain: bool = False
) -> tuple[dict[str, Run], dict[str, str]]:
    """The ensembles that voted, by the name of the member, and what could not be done of them, with the reason.

    Args:
        study: names the ensembles and who votes.
        runs: by the name of the member, those that were begun.
        output: where the ensembles' runs are written.
        explain: whether to sum their members' maps, which takes the members' data and weights.
    """
    made: dict[str, Run] = {}
    problems: dict[str, str] = {}
    for member in (each for each in study.members if each.votes):
        voting = [runs[name] for name in member.votes if name in runs]
        absent = [name for name in member.votes if name not in runs]
        if absent:
            problems[member.name] = f"{', '.join(absent)} cannot vote yet"
            continue
        ensemble = Ensemble(tuple(voting), VOTE, WEIGH_BY)
        try:
            made[member.name] = make_ensemble(ensemble, output)
            if explain:
                _explain(made[member.name], ensemble, voting)
        except XaimedError as error:
            what = "its maps: " if member.name in made else ""
            problems[member.name] = f"{what}{error}"
    return made, problems


def _explain(run: Run, ensemble: Ensemble, voting: Sequence[Run]) -> None:
    """Sum the members' Grad-CAM, unless a member was not to be explained itself."""
    if not all(each.facts()["config"].get("explainer") for each in voting):
        return
    from xaimed.studies.ensemble_maps import explain_ensemble, planned

    shares = {fold.index: shares_of(ensemble, fold.index) for fold in run.finished()}
    explain_ensemble(run, [planned(each) for each in voting], shares)
