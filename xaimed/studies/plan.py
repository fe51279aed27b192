"""What exactly would be trained, and can it be? What can be refused is refused here, before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from xaimed.config.identity import identity, identity_hash
from xaimed.config.targets import instantiate
from xaimed.data.assignment import assignment, assignment_hash
from xaimed.data.audit.copies import find_copies
from xaimed.data.audit.leakage import settle_leakage
from xaimed.data.inspection import Inspection, inspect, inspect_and_cache
from xaimed.data.manifest import Manifest
from xaimed.data.pixels import Pixels
from xaimed.data.preparation import Preparation
from xaimed.data.protocol import Split
from xaimed.data.published import differences
from xaimed.data.quarantine import sort_out_unreadable
from xaimed.data.randomness import seed_for
from xaimed.data.task import Kind
from xaimed.errors import ConfigError
from xaimed.explain.contract import Explainer
from xaimed.explain.mc_gradcam import MCDropoutGradCAM
from xaimed.models.network import Network
from xaimed.models.transfer import start_from
from xaimed.models.weights import weight_identity
from xaimed.store.run import Run
from xaimed.store.writing import sha256_of
from xaimed.studies.stand_in import STAMP, STAND_IN, stand_in_state
from xaimed.training.strategies import Strategy
from xaimed.training.svm import SVM

EXPLAIN, HYBRID = "explain", "hybrid"


@dataclass(frozen=True)
class Plan:
    """One run, ready to be made.

    Attributes:
        config: the resolved configuration, plain containers only.
        run: where it lies.
        identity: the hash of what decides its training.
        manifest: the samples that can be read.
        quarantined: those that cannot, with reasons.
        splits: every fold of the protocol.
        note: what the protocol does with the reported samples, for the tables.
        remarks: what else a user should know before training.
        pixels: the pictures decoded and resized, where they are cached.
        stamps: what must be said on everything made from this run.
        explainers: by the name of their directory.
        strategy: how the network is trained.
        hybrid: what takes the place of its last layer once it is trained, if anything does.
        cnn: for a hybrid, the run that trains only its network.
        starting_network: makes the network that a fold starts from.
    """

    config: dict[str, Any]
    run: Run
    identity: str
    manifest: Manifest
    quarantined: pd.DataFrame
    splits: list[Split]
    note: str
    remarks: list[str]
    pixels: Pixels | None
    stamps: tuple[str, ...]
    explainers: dict[str, Explainer]
    strategy: Strategy
    starting_network: Callable[[int], Network]
    hybrid: SVM | None = None
    cnn: Run | None = None

    @property
    def wanted(self) -> list[Split]:
        """The folds that were asked for: all, or the one named."""
        alone = self.config["protocol"].get("fold")
        return self.splits if alone is None else [split for split in self.splits if split.fold == alone]

    @property
    def explains(self) -> bool:
        """Whether folds are explained at their end."""
        return EXPLAIN in self.config.get("callbacks", {}) and bool(self.explainers)


def make_plan(config: dict[str, Any]) -> Plan:
    """Check a configuration against its data and its weights; nothing but caches is written."""
    source = instantiate(config["dataset"])
    whole = source.manifest()
    inspection, pixels, uncached = _seen(whole, config)
    readable, quarantined = sort_out_unreadable(whole, inspection=inspection)
    asked = dict(config["protocol"])
    leakage = asked.pop("leakage", "refuse")
    protocol = instantiate(asked)
    copies = find_copies(whole, inspection)
    manifest, splits, settled = settle_leakage(readable, copies, protocol, config["seed"], leakage)
    strategy: Strategy = instantiate(config["strategy"])
    starting_network, weights, stamps = _weights(config, strategy, manifest)
    first = starting_network(0)
    explainers = _explainers(config, first, manifest.task.kind)
    folds = assignment_hash(assignment(splits, manifest))
    facts = {"manifest": manifest.fingerprint(), "weights": weights, "folds": folds}
    run, name = _named(config, facts)
    hybrid: SVM | None = instantiate(config[HYBRID]) if config.get(HYBRID) else None
    return Plan(
        config=config,
        run=run,
        identity=name,
        manifest=manifest,
        quarantined=quarantined,
        splits=splits,
        note="; ".join(filter(None, [protocol.note, settled])),
        remarks=[*differences(source, whole), *filter(None, [uncached]), *first.remarks],
        pixels=pixels,
        stamps=stamps,
        explainers=explainers,
        strategy=strategy,
        starting_network=starting_network,
        hybrid=hybrid,
        cnn=_named({key: value for key, value in config.items() if key != HYBRID}, facts)[0] if hybrid else None,
    )


def _named(config: dict[str, Any], facts: dict[str, str]) -> tuple[Run, str]:
    """The run that a configuration describes, and its identity."""
    name = identity_hash(identity(config, **facts))
    title = f"{config['name']}-{HYBRID}" if config.get(HYBRID) else config["name"]
    return Run(Path(config["output"]).absolute() / "runs" / f"{title}-{name}"), name


def _seen(manifest: Manifest, config: dict[str, Any]) -> tuple[Inspection, Pixels | None, str]:
    """What one pass over the files has seen, and their pixels at the network's size where there is room for them."""
    room, size = float(config["loader"].get("cache_gb", 0)), preparation_of(config).size
    return inspect_and_cache(manifest, size, room) if room else (inspect(manifest), None, "")


def preparation_of(config: dict[str, Any]) -> Preparation:
    """How pictures are made ready for the network."""
    preparation: Preparation = instantiate(config["image"])
    return preparation


def _weights(
    config: dict[str, Any], strategy: Strategy, manifest: Manifest
) -> tuple[Callable[[int], Network], str, tuple[str, ...]]:
    """How to make a starting network, what its weights are, and what to stamp on the result."""
    backbone, outputs, seed = dict(config["backbone"]), manifest.task.outputs, int(config["seed"])

    def seeded_network(fold: int, pretrained: bool) -> Network:
        torch.manual_seed(seed_for(seed, fold, "weights"))
        network: Network = instantiate(backbone, outputs=outputs, pretrained=pretrained)
        return network

    if not strategy.pretrained:
        return lambda fold: seeded_network(fold, False), "none", ()
    if backbone.get("weights") == STAND_IN:
        state, file = stand_in_state(backbone)

        def from_stand_in(fold: int) -> Network:
            network = seeded_network(fold, False)
            start_from(network, state, str(file))
            return network

        return from_stand_in, f"{STAND_IN}:{sha256_of(file)[:16]}", (STAMP,)
    # A backbone of the user's own need not name weights; then its configuration alone says what it starts from.
    named = weight_identity(backbone["weights"], backbone.get("checksum")) if backbone.get("weights") else "own"
    return lambda fold: seeded_network(fold, True), named, ()


def _explainers(config: dict[str, Any], network: Network, kind: Kind) -> dict[str, Explainer]:
    if not isinstance(network, Network):
        raise ConfigError(f"the backbone gave a {type(network).__name__}, not a Network", where="backbone._target_")
    made: dict[str, Explainer] = {}
    for name, node in (config.get("explainer") or {}).items():
        explainer: Explainer = instantiate(node)
        if kind is Kind.MULTILABEL and isinstance(explainer, MCDropoutGradCAM):
            explainer = replace(explainer, exclusive=False)  # the network does not know that its classes are not
        explainer.check(network)
        made[f"{name}-{identity_hash(node)[:6]}"] = explainer
    return made
