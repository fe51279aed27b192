"""How far do the folds of one run part over the same picture? Every reported picture, explained by all their networks.

Unlike the members of an ensemble of runs, most of these networks have trained on the picture: in k-fold, all but that
of its own fold. How many is stored with every picture (``trained_on``); only where it is 0 are mean and spread those of
networks that had never seen it.
"""

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
from xaimed.callbacks.explain import ASKED, MAPS, PANELS, ExplainFold, load_maps
from xaimed.callbacks.panels import TITLES, draw_cases
from xaimed.config.identity import identity_hash
from xaimed.data.protocol import Split
from xaimed.data.task import Kind
from xaimed.evaluation.contract import Findings
from xaimed.evaluation.findings import write_findings
from xaimed.evaluation.over_folds import OVER_FOLDS, SHARE, agreement_over_folds
from xaimed.evaluation.predictions import pool
from xaimed.evaluation.reading import read_predictions
from xaimed.explain.combined import weighted_sum
from xaimed.explain.contract import Explanation
from xaimed.explain.predictive import mutual_information, predictive_entropy, probabilities
from xaimed.store.cache import publish_directory
from xaimed.store.fold import EXPLANATIONS, PREDICTIONS
from xaimed.studies.finished import data_as_then, explaining_device, trained_module
from xaimed.studies.fold_agreement import FOLDS, said_of_agreement
from xaimed.studies.normalization import preparation_of_fold
from xaimed.studies.parts import data_of, explain_callback
from xaimed.studies.plan import Plan

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class _Spread:
    """What one explainer's maps by all networks come to: arrays, what was asked, and how far they agree."""

    arrays: Arrays
    asked: dict[str, Any]
    agreement: Findings


def explain_over_folds(plan: Plan) -> str:
    """Make what is missing of the spread over folds, if that is asked for; what to say of it, or nothing."""
    callback = explain_callback(plan)
    if callback is None or not callback.over_folds:
        return ""
    splits = [split for split in plan.splits if plan.run.fold(split.fold).complete]
    if len(splits) < 2:
        return f"over folds: {len(splits)} finished, so there is no spread yet"
    if unfinished := [split.fold for split in plan.wanted if split not in splits]:
        return f"over folds: not before fold {', '.join(map(str, unfinished))} is finished"
    for split in splits:
        _explain_fold(plan, splits, split, callback)
    first = next(iter(plan.explainers))
    place = f"{plan.run.path}/fold-*/{EXPLANATIONS}/{_place(first, splits)}"
    predictions = pool([read_predictions(plan.run.fold(split.fold).path / PREDICTIONS) for split in splits])
    return f"over folds: {place}, by {len(splits)} networks; {said_of_agreement(plan.run, predictions)}"


def trained_on(splits: Sequence[Split], rows: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """How many of the folds had each row among those they trained on."""
    counts: npt.NDArray[np.int64] = np.stack([np.isin(rows, split.train) for split in splits]).sum(0)
    return counts


def _place(name: str, splits: Sequence[Split]) -> str:
    """The directory of one explainer's spread over these folds."""
    of = {"of": name, "folds": [split.fold for split in splits], "agreement": SHARE}
    return f"{FOLDS}-{identity_hash(of)[:6]}"


def _explain_fold(plan: Plan, splits: Sequence[Split], split: Split, callback: ExplainFold) -> None:
    """The spread over the pictures that this fold reports, by every explainer, and panels of chosen cases."""
    folder = plan.run.fold(split.fold).path
    places = {name: folder / EXPLANATIONS / _place(name, splits) for name in plan.explainers}
    if missing := [name for name, place in places.items() if not place.is_dir()]:
        for name, spread in _spreads(plan, splits, split, missing).items():
            publish_directory(places[name], partial(_write, spread))
    of = {"of": sorted(place.name for place in places.values()), "cases": callback.cases}
    panels = folder / EXPLANATIONS / f"{PANELS}-{identity_hash(of)[:6]}"
    publish_directory(panels, partial(_draw, plan, split, places, callback.cases, len(splits)))


def _spreads(plan: Plan, splits: Sequence[Split], split: Split, names: Sequence[str]) -> dict[str, _Spread]:
    """What is stored of each explainer named."""
    reported = read_predictions(plan.run.fold(split.fold).path / PREDICTIONS)
    # The class that the picture's own fold predicts: the others may well know the answer by heart.
    chosen = reported.probabilities.argmax(1)
    targets = dict(zip(reported.frame["sample_id"].astype(str), chosen.tolist(), strict=True))
    found: dict[str, list[Explanation]] = {name: [] for name in names}
    for other in splits:
        rows, explanations = _by_network(plan, other, split, targets, names)
        for name in names:
            found[name].append(explanations[name])
    exclusive = plan.manifest.task.kind is not Kind.MULTILABEL
    ids = plan.manifest.frame["sample_id"].to_numpy(dtype=str)[rows]
    trained = [np.isin(rows, other.train) for other in splits]
    made: dict[str, _Spread] = {}
    for name, each in found.items():
        # What speaks against the class has no place in a map that is brought to a mean of 1.
        maps = [one.heatmap.relu() for one in each]
        mean, spread = weighted_sum(maps, [1 / len(each)] * len(each))
        chances = probabilities(torch.stack([one.logits for one in each]), exclusive)
        arrays: Arrays = {
            "sample_id": ids,
            "targets": each[0].targets.numpy(),
            "heatmap": mean.numpy(),
            "uncertainty": spread.numpy(),
            "predictive_entropy": predictive_entropy(chances, exclusive).numpy(),
            "mutual_information": mutual_information(chances, exclusive).numpy(),
            "folds_probabilities": chances.transpose(0, 1).contiguous().numpy(),
            "trained_on": trained_on(splits, rows),
        }
        asked = {
            **each[0].asked,
            "folds": [one.fold for one in splits],
            "scale": "each network's map, rectified, has a mean of 1",
            "uncertainty": "the standard deviation over networks, divisor their number",
            "class": "the one that the picture's own fold predicts",
            "trained_on": "how many of these networks have trained on the picture",
        }
        agreement = agreement_over_folds(ids.astype(object), name, maps, trained, [one.fold for one in splits])
        made[name] = _Spread(arrays, asked, agreement)
    return made


def _by_network(
    plan: Plan, other: Split, split: Split, targets: Mapping[str, int], names: Sequence[str]
) -> tuple[list[int], dict[str, Explanation]]:
    """What the network of ``other`` says of the pictures that ``split`` reports, prepared as it knows them."""
    folder, device = plan.run.fold(other.fold).path, explaining_device(plan)
    network = trained_module(plan, other, folder).network.to(device)
    data = data_of(plan, split, preparation_of_fold(plan, other, folder))
    ids = plan.manifest.frame["sample_id"].to_numpy(dtype=str)
    rows: list[int] = []
    parts: dict[str, list[Explanation]] = {name: [] for name in names}
    for batch in data.predict_dataloader():
        now = batch["row"].tolist()
        asked = torch.tensor([targets[ids[row]] for row in now], device=device)
        for name in names:
            parts[name].append(plan.explainers[name](network, batch["image"].to(device), asked))
        rows.extend(now)
    return rows, {name: _joined(each) for name, each in parts.items()}


def _joined(parts: Sequence[Explanation]) -> Explanation:
    def together(values: Sequence[Tensor]) -> Tensor:
        return torch.cat([value.cpu() for value in values])

    return Explanation(
        heatmap=together([part.heatmap for part in parts]),
        targets=together([part.targets for part in parts]),
        logits=together([part.logits for part in parts]),
        asked=parts[0].asked,
    )


def _write(spread: _Spread, aside: Path) -> None:
    np.savez_compressed(aside / MAPS, **spread.arrays)  # type: ignore[arg-type]
    (aside / ASKED).write_text(json.dumps(spread.asked, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    write_findings(aside, OVER_FOLDS, spread.agreement)


def _draw(plan: Plan, split: Split, places: Mapping[str, Path], cases: int, networks: int, aside: Path) -> None:
    folder = plan.run.fold(split.fold).path
    stored = {name: load_maps(place) for name, place in places.items()}
    first = next(iter(stored.values()))
    counts = zip(first["sample_id"].tolist(), first["trained_on"].tolist(), strict=True)
    notes = {name: f"{seen} of {networks} networks trained on it" for name, seen in counts}
    titled = {_title(plan, name): maps for name, maps in stored.items()}
    chosen = choose_cases(read_predictions(folder / PREDICTIONS), cases)
    draw_cases(chosen, data_as_then(plan, split, folder), titled, list(plan.stamps), aside, notes)


def _title(plan: Plan, name: str) -> str:
    own = plan.explainers[name].name
    return f"{TITLES.get(own, (own, ''))[0]} over folds"
