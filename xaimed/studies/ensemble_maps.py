"""Where did an ensemble look? Each member is asked about the class they chose together, and their maps are summed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from xaimed.callbacks.cases import choose_cases
from xaimed.callbacks.explain import ASKED, MAPS, PANELS, load_maps
from xaimed.callbacks.panels import draw_cases
from xaimed.config.identity import identity_hash
from xaimed.data.protocol import Split
from xaimed.errors import ConfigError
from xaimed.evaluation.predictions import Predictions
from xaimed.evaluation.reading import read_predictions
from xaimed.explain.combined import weighted_sum
from xaimed.explain.gradcam import GradCAM
from xaimed.store.cache import publish_directory
from xaimed.store.fold import EXPLANATIONS, PREDICTIONS
from xaimed.store.run import Run
from xaimed.studies.finished import data_as_then, explaining_device, plan_as_then, trained_module
from xaimed.studies.plan import Plan
from xaimed.studies.voting_network import NAME

CASES = 2


@dataclass(frozen=True)
class Member:
    """A run that votes, planned as it was when it was made."""

    run: Run
    plan: Plan

    def split(self, index: int) -> Split:
        """One of its folds."""
        return next(split for split in self.plan.splits if split.fold == index)


def planned(run: Run, fix: str = "Bring them back, or vote with explain=false.", **changes: Any) -> Member:
    """The member's plan; refused where its data or settings are no longer those of its folds.

    Args:
        run: that votes.
        fix: what to do where it is refused.
        changes: groups of the configuration that decide nothing, such as another place of the data.
    """
    return Member(run, plan_as_then(run, fix, **changes))


def maps_name(shares: Sequence[float]) -> str:
    """The directory of the maps of members that count so much."""
    return f"{NAME}-{identity_hash({'shares': list(shares)})[:6]}"


def explain_ensemble(run: Run, members: Sequence[Member], shares: Mapping[int, Sequence[float]]) -> None:
    """Explain every fold of an ensemble that is not explained yet.

    Args:
        run: the ensemble's own run.
        members: in the order of the shares.
        shares: how much each member counts, by fold.
    """
    if len({member.plan.config["image"].get("crop") for member in members}) > 1:
        raise ConfigError(
            "these members look at different parts of a picture, so their maps cannot be summed",
            where="image.crop",
            fix="Vote with explain=false, or over members of one crop.",
        )
    for index, counted in shares.items():
        folder = run.fold(index).path
        places = folder / EXPLANATIONS
        maps = places / maps_name(counted)
        together = read_predictions(folder / PREDICTIONS)
        publish_directory(maps, partial(_store, members, index, counted, together))
        stamps = list(run.facts()["stamps"])
        drawn = places / f"{PANELS}-{identity_hash({'of': [maps.name], 'cases': CASES})[:6]}"
        publish_directory(drawn, partial(_draw, members[0], index, load_maps(maps), together, stamps))


def _store(members: Sequence[Member], index: int, counted: Sequence[float], together: Predictions, aside: Path) -> None:
    ids = [str(name) for name in together.frame["sample_id"]]
    targets = dict(zip(ids, together.probabilities.argmax(1).tolist(), strict=True))
    found = [_maps_of(member, index, targets) for member in members]
    mean, spread = weighted_sum([torch.stack([maps[name] for name in ids]) for maps in found], counted)
    arrays: dict[str, npt.NDArray[Any]] = {
        "sample_id": np.array(ids, dtype=str),
        "targets": np.array([targets[name] for name in ids], dtype=np.int64),
        "heatmap": mean.numpy(),
        "uncertainty": spread.numpy(),
    }
    np.savez_compressed(aside / MAPS, **arrays)  # type: ignore[arg-type]
    asked = {
        "explainer": NAME,
        "members": {member.run.path.name: share for member, share in zip(members, counted, strict=True)},
        "scale": "each member's map has a mean of 1",
        "class": "the one the ensemble chose",
    }
    (aside / ASKED).write_text(json.dumps(asked, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _maps_of(member: Member, index: int, targets: Mapping[str, int]) -> dict[str, Tensor]:
    """The member's raw Grad-CAM of every reported picture, for the class that the ensemble chose."""
    split, folder = member.split(index), member.run.fold(index).path
    device = explaining_device(member.plan)
    network = trained_module(member.plan, split, folder).network.to(device)
    data = data_as_then(member.plan, split, folder)
    names = data.manifest.frame["sample_id"].to_numpy(dtype=str)
    found: dict[str, Tensor] = {}
    for batch in data.predict_dataloader():
        ids = names[batch["row"].tolist()]
        asked = torch.tensor([targets[name] for name in ids], device=device)
        maps = GradCAM()(network, batch["image"].to(device), asked).heatmap.cpu()
        found.update(zip(ids.tolist(), maps, strict=True))
    return found


def _draw(
    member: Member,
    index: int,
    maps: Mapping[str, npt.NDArray[Any]],
    together: Predictions,
    stamps: Sequence[str],
    aside: Path,
) -> None:
    data = data_as_then(member.plan, member.split(index), member.run.fold(index).path)
    draw_cases(choose_cases(together, CASES), data, {NAME: maps}, stamps, aside)
