"""How long would the rest of a study take, and how much room? Reckoned from finished folds, and from nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import torch

from xaimed.config.identity import identity_hash
from xaimed.config.targets import instantiate
from xaimed.errors import XaimedError
from xaimed.models.complexity import Complexity, measure
from xaimed.models.network import Network
from xaimed.store.fold import TIMINGS, WEIGHTS
from xaimed.store.run import Run
from xaimed.store.writing import read_json
from xaimed.studies.reproduction.matching import RUNS

SAME = "of the same backbone, size and strategy"
ALIKE = "of the same backbone and size"
SCALED = "scaled by multiply-adds × pictures × epochs"
MODEL = "model.json"


@dataclass(frozen=True)
class Need:
    """What is known of a fold before it is made.

    Attributes:
        config: of its run.
        pictures: how many its dataset holds; 0 where that is not known.
    """

    config: Mapping[str, Any]
    pictures: int


@dataclass(frozen=True)
class Cost:
    """What a fold takes, or what many take together.

    Attributes:
        likely: seconds, if training stops as early as it did in the folds that were measured.
        most: seconds, if it goes on to the last epoch.
        room: bytes.
        rests_on: what this was reckoned from.
    """

    likely: float
    most: float
    room: float
    rests_on: str = ""


@dataclass(frozen=True)
class Measured:
    """A finished fold, as far as it tells what others will take."""

    config: Mapping[str, Any]
    pictures: int
    epochs: int
    training: float
    after: float
    room: int
    weights: int
    multiply_adds: int
    device: str


def measured_below(output: Path) -> list[Measured]:
    """What every finished fold below an output directory took; what does not say so is left out."""
    found = []
    for file in sorted((output / RUNS).glob("*/fold-*/fold.json")):
        try:
            found.append(_measured(Run(file.parent.parent), file.parent))
        except (XaimedError, OSError, ValueError, KeyError, TypeError):
            continue
    return found


def cost_of(need: Need, known: Sequence[Measured]) -> Cost | None:
    """What a fold would take; None where nothing was measured that it could be held against."""
    alike = [each for each in known if _network(each.config) == _network(need.config)]
    same = [each for each in alike if _steps(each.config) == _steps(need.config)]
    for folds, how in ((same, SAME), (alike, ALIKE)):
        if folds:
            return _reckoned(need, folds, how, fmean(each.weights for each in folds))
    others = [each for each in known if each.multiply_adds]
    others = [each for each in others if each.config["strategy"] == need.config["strategy"]] or others
    size = _size(need.config) if others else None
    if size is None:
        return None
    heavier = [size.multiply_adds / each.multiply_adds for each in others]
    scaled = [
        replace(each, training=each.training * times, after=each.after * times)
        for each, times in zip(others, heavier, strict=True)
    ]
    rough = f"{SCALED} (a picture costs {fmean(heavier):.3g} times as many)"
    return _reckoned(need, scaled, rough, size.weight_bytes)


def together(costs: Sequence[Cost]) -> Cost:
    """The sum, as folds are made one after another."""
    return Cost(sum(each.likely for each in costs), sum(each.most for each in costs), sum(each.room for each in costs))


def _reckoned(need: Need, folds: Sequence[Measured], how: str, weights: float) -> Cost:
    epochs = int(need.config["trainer"]["max_epochs"])
    more = [need.pictures / each.pictures if need.pictures and each.pictures else 1.0 for each in folds]
    epoch = fmean(times * each.training / max(each.epochs, 1) for each, times in zip(folds, more, strict=True))
    share = fmean(min(1.0, each.epochs / int(each.config["trainer"]["max_epochs"])) for each in folds)
    after = fmean(times * each.after for each, times in zip(folds, more, strict=True))
    rest = fmean(times * (each.room - each.weights) for each, times in zip(folds, more, strict=True))
    devices = ", ".join(sorted({each.device for each in folds}))
    rests_on = f"{len(folds)} finished fold{'s' if len(folds) > 1 else ''} {how}, on {devices}"
    return Cost(epoch * epochs * share + after, epoch * epochs + after, weights + rest, rests_on)


def _measured(run: Run, fold: Path) -> Measured:
    facts, timings, model = run.facts(), read_json(fold / TIMINGS), read_json(run.path / MODEL)
    return Measured(
        config=facts["config"],
        pictures=int(facts["samples"]),
        epochs=int(timings["epochs"]),
        training=float(timings["fit_seconds"]),
        after=float(timings["predict_and_explain_seconds"]),
        room=sum(file.stat().st_size for file in fold.rglob("*") if file.is_file()),
        weights=(fold / WEIGHTS).stat().st_size,
        multiply_adds=int(model["multiply_adds"]),
        device=str(read_json(fold / "environment.json")["device"]),
    )


def _network(config: Mapping[str, Any]) -> str:
    """The backbone and the size of its pictures, whatever it starts from."""
    backbone = {key: value for key, value in config["backbone"].items() if key not in ("weights", "checksum", "size")}
    return identity_hash({"backbone": backbone, "size": config["image"]["size"]})


def _steps(config: Mapping[str, Any]) -> str:
    """What is done with the network: how much of it is trained, and what follows."""
    keys = ("strategy", "hybrid", "objective", "augmentation", "explainer", "evaluation")
    return identity_hash({key: config.get(key) for key in keys})


def _size(config: Mapping[str, Any]) -> Complexity | None:
    """How large a network is that nobody has trained yet; None where it cannot be told."""
    try:
        with torch.device("meta"):  # which computes nothing
            network: Network = instantiate(config["backbone"], outputs=2, pretrained=False)
            return measure(network, int(config["image"]["size"]))
    except (XaimedError, RuntimeError, NotImplementedError):
        return None
