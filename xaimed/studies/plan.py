"""What exactly would be trained, and can it be? What can be refused is refused here, before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from xaimed.config.identity import identity, identity_hash
from xaimed.config.labels import AS_GIVEN, LABELS, SHUFFLED, labels_are_shuffled, remarks_on_labels, stamps_of_labels
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
from xaimed.data.shuffling import shuffled
from xaimed.data.task import Kind
from xaimed.errors import ConfigError
from xaimed.evaluation.contract import Evaluation
from xaimed.explain.contract import Explainer
from xaimed.explain.mc_gradcam import MCDropoutGradCAM
from xaimed.models.complexity import Complexity, measure
from xaimed.models.network import Network
from xaimed.store.run import Run
from xaimed.studies.audited import Audited, audited
from xaimed.studies.starting import Start, start_of
from xaimed.training.strategies import Strategy
from xaimed.training.svm import SVM

EXPLAIN, HYBRID, EVALUATION = "explain", "hybrid", "evaluation"


@dataclass(frozen=True)
class Plan:
    """One run, ready to be made.

    Attributes:
        config: the resolved configuration, plain containers only.
        run: where it lies.
        identity: the hash of what decides its training.
        data: the fingerprint of the whole manifest, with what cannot be read.
        manifest: the samples that can be read.
        quarantined: those that cannot, with reasons.
        splits: every fold of the protocol.
        note: what the protocol does with the reported samples, for the tables.
        remarks: what else a user should know before training.
        auditing: audits the data, unless that was not asked for; it can take a while.
        pixels: the pictures decoded and resized, where they are cached.
        stamps: what must be said on everything made from this run.
        explainers: by the name of their directory.
        evaluations: what puts the explained folds to the test, by name and configuration.
        strategy: how the network is trained.
        complexity: how large the network is, and what a picture costs it.
        start: from which weights the folds start.
        hybrid: what takes the place of its last layer once it is trained, if anything does.
        cnn: for a hybrid, the run that trains only its network.
        control_of: for a run on shuffled labels, the identity of the run that it is the control of.
    """

    config: dict[str, Any]
    run: Run
    identity: str
    data: str
    manifest: Manifest
    quarantined: pd.DataFrame
    splits: list[Split]
    note: str
    remarks: list[str]
    auditing: Callable[[], Audited] | None
    pixels: Pixels | None
    stamps: tuple[str, ...]
    explainers: dict[str, Explainer]
    evaluations: dict[str, Evaluation]
    strategy: Strategy
    complexity: Complexity
    start: Start
    hybrid: SVM | None
    cnn: Run | None
    control_of: str | None

    @property
    def wanted(self) -> list[Split]:
        """The folds that were asked for: all, or the one named."""
        return wanted_of(self.splits, self.config)

    def labelled(self, split: Split) -> Manifest:
        """The manifest as a fold is trained on it: for a control, with the labels of its training rows shuffled."""
        if self.control_of is None:
            return self.manifest
        return shuffled(self.manifest, split.train, int(self.config["seed"]), split.fold)

    @property
    def explains(self) -> bool:
        """Whether folds are explained at their end."""
        return EXPLAIN in self.config.get("callbacks", {}) and bool(self.explainers)


def make_plan(config: dict[str, Any]) -> Plan:
    """Check a configuration against its data and its weights; nothing but caches is written."""
    source = instantiate(config["dataset"])
    whole = source.manifest()
    inspection, pixels, uncached = seen(whole, config)
    readable, quarantined = sort_out_unreadable(whole, inspection=inspection)
    manifest, splits, note = folds_of(whole, readable, inspection, config)
    strategy: Strategy = instantiate(config["strategy"])
    start = start_of(config, strategy, manifest, splits)
    remarks = remarks_on_labels(config, start.started_from)
    network, kind = start.network(splits[0].fold), manifest.task.kind
    strategy.prepare(network)
    complexity = _measured(network, preparation_of(config).size, kind)
    explainers = explainers_of(config, network, kind)
    folds = assignment_hash(assignment(splits, manifest))
    seen_pixels = inspection.pixels_digest()
    facts = {"manifest": manifest.fingerprint(), "pixels": seen_pixels, "weights": start.weights, "folds": folds}
    run, name = _named(config, facts)
    hybrid: SVM | None = instantiate(config[HYBRID]) if config.get(HYBRID) else None
    unlike = differences(source, whole)
    auditing = partial(audited, whole, inspection, splits, int(config["seed"]), "", unlike) if config["audit"] else None
    return Plan(
        config=config,
        run=run,
        identity=name,
        data=whole.fingerprint(),
        manifest=manifest,
        quarantined=quarantined,
        splits=splits,
        note=note,
        remarks=[*([] if auditing else unlike), *filter(None, [uncached]), *start.remarks, *remarks, *network.remarks],
        auditing=auditing,
        pixels=pixels,
        stamps=(*start.stamps, *stamps_of_labels(config)),
        explainers=explainers,
        evaluations=evaluations_of(config),
        strategy=strategy,
        complexity=complexity,
        start=start,
        hybrid=hybrid,
        cnn=_named({key: value for key, value in config.items() if key != HYBRID}, facts)[0] if hybrid else None,
        control_of=_named({**config, LABELS: AS_GIVEN}, facts)[1] if labels_are_shuffled(config) else None,
    )


def _named(config: dict[str, Any], facts: dict[str, str]) -> tuple[Run, str]:
    """The run that a configuration describes, and its identity."""
    name = identity_hash(identity(config, **facts))
    added = [HYBRID] if config.get(HYBRID) else []
    added += [SHUFFLED] if labels_are_shuffled(config) else []
    return Run(Path(config["output"]).absolute() / "runs" / "-".join([config["name"], *added, name])), name


def seen(manifest: Manifest, config: dict[str, Any]) -> tuple[Inspection, Pixels | None, str]:
    """What one pass over the files has seen, and their pixels, resized, where there is room for them."""
    room, size = float(config["loader"].get("cache_gb", 0)), preparation_of(config).resized
    return inspect_and_cache(manifest, size, room) if room else (inspect(manifest), None, "")


def folds_of(
    whole: Manifest, readable: Manifest, inspection: Inspection, config: dict[str, Any]
) -> tuple[Manifest, list[Split], str]:
    """The manifest that is used, every fold of it, and what a table must say about how they came about."""
    asked = dict(config["protocol"])
    leakage = asked.pop("leakage", "refuse")
    protocol = instantiate(asked)
    copies = find_copies(whole, inspection)
    manifest, splits, settled = settle_leakage(readable, copies, protocol, config["seed"], leakage)
    return manifest, splits, "; ".join(filter(None, [protocol.note, settled]))


def wanted_of(splits: list[Split], config: dict[str, Any]) -> list[Split]:
    """The folds that were asked for: all, or the one named."""
    alone = config["protocol"].get("fold")
    return splits if alone is None else [split for split in splits if split.fold == alone]


def preparation_of(config: dict[str, Any]) -> Preparation:
    """How pictures are made ready for the network."""
    preparation: Preparation = instantiate(config["image"])
    return preparation


def _measured(network: Network, size: int, kind: Kind) -> Complexity:
    """What the network costs; refused where it cannot do what is asked."""
    if kind is not Kind.MULTICLASS and network.never_negative:
        raise ConfigError(
            "the logits of this network come out of a ReLU, so that no label could ever be less likely than not",
            where="backbone",
            fix="Use another backbone for more than one label a picture.",
        )
    return measure(network, size)


def explainers_of(config: dict[str, Any], network: Network, kind: Kind) -> dict[str, Explainer]:
    """The explainers that are asked for, by the name of their directory; refused where they cannot explain this."""
    made: dict[str, Explainer] = {}
    for name, node in _asked(config, "explainer"):
        explainer: Explainer = instantiate(node)
        if kind is Kind.MULTILABEL and isinstance(explainer, MCDropoutGradCAM):
            explainer = replace(explainer, exclusive=False)  # the network does not know that its classes are not
        explainer.check(network)
        made[f"{name}-{identity_hash(node)[:6]}"] = explainer
    return made


def evaluations_of(config: dict[str, Any]) -> dict[str, Evaluation]:
    """The evaluations that are asked for, by name and configuration."""
    return {f"{key}-{identity_hash(node)[:6]}": instantiate(node) for key, node in _asked(config, EVALUATION)}


def _asked(config: dict[str, Any], group: str) -> Iterable[tuple[str, Any]]:
    """The options of a group that takes several, by name; what an experiment sets of others has no effect."""
    return ((name, node) for name, node in (config.get(group) or {}).items() if "_target_" in node)
