"""How is an ensemble put to the test? Fold by fold, its members voting again wherever a network is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console

from xaimed.callbacks.evaluate import EvaluateFold, stored_maps
from xaimed.config.identity import identity_hash
from xaimed.config.places import groups
from xaimed.data.protocol import Split
from xaimed.errors import ConfigError, StoreError
from xaimed.evaluation.contract import Evaluation
from xaimed.evaluation.picture_quality import PictureQuality
from xaimed.evaluation.reading import read_predictions
from xaimed.evaluation.regions import Regions
from xaimed.evaluation.sanity import Sanity
from xaimed.evaluation.uncertainty import Uncertainty
from xaimed.store.fold import EXPLANATIONS, PREDICTIONS
from xaimed.store.run import Run
from xaimed.studies.ensemble import SHARES
from xaimed.studies.ensemble_maps import Member, explain_ensemble, maps_name, planned
from xaimed.studies.finished import data_as_then, explaining_device, trained_module
from xaimed.studies.plan import EVALUATION, evaluations_of
from xaimed.studies.run import quieten, room_on_disk
from xaimed.studies.summoned import member_at
from xaimed.studies.voting_network import NAME, Members, MembersGradCAM, VotingNetwork

FROM_WHAT_IS_STORED = (PictureQuality, Regions, Uncertainty)
FIX = "Bring them back: other data or weights would be another ensemble."


def members_of(run: Run) -> list[Run]:
    """The runs that vote, where they are now."""
    return [member_at(Path(place), run) for place in run.facts()["config"]["members"]]


def evaluate_ensemble(run: Run, evaluations: Mapping[str, Any], changes: Mapping[str, Any], console: Console) -> None:
    """Explain and evaluate what is finished of an ensemble, as far as that has not been done.

    Args:
        run: where it lies.
        evaluations: the nodes of the evaluations, by name.
        changes: another place of the data than the members' own configurations say.
        console: where the folds are told.
    """
    quieten()
    asked = evaluations_of({EVALUATION: dict(evaluations)})
    _refuse_what_takes_one_apart(asked)
    members = [planned(member, FIX, **changes) for member in members_of(run)]
    facts, finished = run.facts(), run.finished()
    if not finished:
        raise StoreError("no fold of this ensemble is finished", where=run.path, fix="Let its members vote again.")
    _refuse_where_pictures_differ(asked, members)
    with room_on_disk(replace(members[0].plan, run=run)):
        for fold in finished:
            fold.verify(facts["identity"])
            for member in members:
                member.run.fold(fold.index).verify(member.plan.identity)
            shares = pd.read_csv(fold.path / SHARES, float_precision="round_trip")["share"].astype(float).tolist()
            explain_ensemble(run, members, {fold.index: shares})
            added = _evaluate_fold(run, fold.index, members, shares, asked)
            console.print(f"fold {fold.index}: {'evaluated' if added else 'evaluated before'}")


def _evaluate_fold(
    run: Run, index: int, members: Sequence[Member], shares: Sequence[float], asked: Mapping[str, Evaluation]
) -> bool:
    """Whether anything was missing."""
    folder, plan = run.fold(index).path, members[0].plan
    ensemble = run.facts()["config"]["ensemble"]
    # Shares may differ from fold to fold, and with them where the maps lie; to a reader it is one explainer.
    name, explainer = f"{NAME}-{identity_hash(ensemble)[:6]}", MembersGradCAM(tuple(shares))
    evaluate = EvaluateFold(asked, {name: explainer}, int(plan.config["seed"]))
    if evaluate.is_done(folder):
        return False
    split = _split(members, index)
    data = [data_as_then(member.plan, split, member.run.fold(index).path) for member in members]
    networks = [
        trained_module(member.plan, member.split(index), member.run.fold(index).path).network for member in members
    ]
    preparations = [each.preparation for each in data]
    voting = Members(networks, preparations, plan.manifest.task, ensemble["vote"], shares)
    network = VotingNetwork(voting).eval().to(explaining_device(plan))
    maps = stored_maps(folder / EXPLANATIONS / maps_name(shares), explainer, read_predictions(folder / PREDICTIONS))
    evaluate.evaluate(folder, network, data[0], {name: maps})
    return True


def _split(members: Sequence[Member], index: int) -> Split:
    """What is reported; the rows that chose the checkpoint only where they chose those of all members."""
    first, *others = (member.split(index) for member in members)
    alike = all(np.array_equal(first.select, other.select) for other in others)
    return first if alike else replace(first, select=first.report)  # on reported rows nothing is ever tuned


def _refuse_what_takes_one_apart(asked: Mapping[str, Evaluation]) -> None:
    if any(isinstance(evaluation, Sanity) for evaluation in asked.values()):
        able = [name for name in groups()[EVALUATION] if name != Sanity.name]
        raise ConfigError(
            f"{Sanity.name} makes one network forget stage by stage, and an ensemble has several",
            where=EVALUATION,
            fix=f"Evaluate its members for that. Of an ensemble there are: {', '.join(able)}.",
        )


def _refuse_where_pictures_differ(asked: Mapping[str, Evaluation], members: Sequence[Member]) -> None:
    """Members that see pictures of different sizes cannot be asked again about one picture."""
    images = [member.plan.config["image"] for member in members]
    asking = [each.name for each in asked.values() if not isinstance(each, FROM_WHAT_IS_STORED)]
    if asking and len({(image["size"], image.get("crop")) for image in images}) > 1:
        raise ConfigError(
            f"its members see pictures of different sizes, so that {', '.join(asking)} cannot ask them again about one",
            where="image",
            fix="Of such an ensemble there are: picture_quality, regions, lung_zones, uncertainty.",
        )
