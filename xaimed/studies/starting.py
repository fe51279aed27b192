"""From which weights does a fold start? Random ones, a published set, a file, another run, or a stand-in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from xaimed.config.targets import instantiate
from xaimed.data.manifest import Manifest
from xaimed.data.protocol import Split
from xaimed.data.randomness import seed_for
from xaimed.errors import ConfigError, WeightsError
from xaimed.models.network import Network
from xaimed.models.transfer import start_from
from xaimed.models.weights import read_state, weight_identity
from xaimed.store.fold import WEIGHTS
from xaimed.store.writing import sha256_of
from xaimed.studies.staged import Donor, donor_at, identity_of, stamps_of
from xaimed.studies.stand_in import STAMP, STAND_IN, stand_in_state
from xaimed.training.strategies import Strategy


@dataclass(frozen=True)
class Start:
    """What a fold starts from."""

    network: Callable[[int], Network]
    """Makes the network that a fold starts from."""
    weights: str
    """What its weights are, wherever they lie; a part of the run's identity."""
    stamps: tuple[str, ...] = ()
    """What must be said on everything made from this run."""
    remarks: tuple[str, ...] = ()
    """What else a user should know."""
    started_from: dict[str, str] = field(default_factory=dict)
    """By fold, the fold of another run that lends its weights."""


def start_of(config: dict[str, Any], strategy: Strategy, manifest: Manifest, splits: Sequence[Split]) -> Start:
    """How the folds of a run start, or why they cannot."""
    backbone, outputs, seed = dict(config["backbone"]), manifest.task.outputs, int(config["seed"])

    def seeded_network(fold: int, pretrained: bool) -> Network:
        torch.manual_seed(seed_for(seed, fold, "weights"))
        network: Network = instantiate(backbone, outputs=outputs, pretrained=pretrained)
        if not isinstance(network, Network):
            raise ConfigError(f"the backbone gave a {type(network).__name__}, not a Network", where="backbone._target_")
        return network

    def random(fold: int) -> Network:
        return seeded_network(fold, False)

    weights = backbone.get("weights")
    if not strategy.pretrained:
        unused = f"strategy {type(strategy).__name__} starts from random weights; backbone.weights is not used"
        return Start(random, "none", remarks=(unused,) if weights not in (None, "imagenet", STAND_IN) else ())
    if weights == STAND_IN:
        state, file = stand_in_state(backbone)

        def from_stand_in(fold: int) -> Network:
            network = random(fold)
            start_from(network, state, str(file))
            return network

        return Start(from_stand_in, f"{STAND_IN}:{sha256_of(file)[:16]}", (STAMP,))
    if weights and (donor := donor_at(str(weights))):
        if backbone.get("checksum") is not None:
            raise WeightsError(
                "a checksum is for a file, and these weights are a run, whose folds carry their own",
                where="backbone.checksum",
                fix="Leave it out.",
            )
        return _staged(donor, random, manifest, splits, dict(config["protocol"]).get("leakage", "refuse"))
    # A backbone of the user's own need not name weights; then its configuration alone says what it starts from.
    named = weight_identity(weights, backbone.get("checksum")) if weights else "own"
    return Start(lambda fold: seeded_network(fold, True), named)


def _staged(
    donor: Donor, random: Callable[[int], Network], manifest: Manifest, splits: Sequence[Split], leakage: str
) -> Start:
    folds = {split.fold: donor.fold_for(split.fold, manifest.name) for split in splits}
    weights = identity_of(list(folds.values()))
    stamps = stamps_of(donor, folds, splits, manifest, leakage)

    def from_fold(fold: int) -> Network:
        network, file = random(fold), folds[fold].path / WEIGHTS
        start_from(network, read_state(file), str(file))
        return network

    facts = donor.run.facts()
    remarks = [f"starts from {donor.run.path.name}, trained on {facts.get('dataset')}"]
    if facts.get("dataset") != manifest.name:
        remarks[0] += "; whether its patients occur here under other names cannot be told"
    started_from = {str(fold): str(lent.path) for fold, lent in folds.items()}
    return Start(from_fold, weights, tuple(sorted(stamps)), tuple(remarks), started_from)
