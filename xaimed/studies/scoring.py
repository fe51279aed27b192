"""What do a run's folds say of another labelled dataset? Asked once, without what they know already, and kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader

from xaimed.config.identity import identity_hash
from xaimed.config.targets import instantiate
from xaimed.data.dataset import ManifestDataset
from xaimed.data.manifest import Manifest
from xaimed.data.module import worker_count
from xaimed.data.pixels import Pixels
from xaimed.data.quarantine import sort_out_unreadable
from xaimed.data.renamed import in_classes_of
from xaimed.errors import DataError, StoreError
from xaimed.evaluation.predictions import Predictions, prediction_table, write_predictions
from xaimed.evaluation.voting import WEIGHTED, voted
from xaimed.explain.untouched import untouched
from xaimed.models.network import Network
from xaimed.reporting.tables import to_csv, to_markdown
from xaimed.store.cache import publish_directory
from xaimed.store.run import Run
from xaimed.store.writing import sha256_of, write_json, write_text
from xaimed.studies.elsewhere import FACTS, FOLDER, SET_ASIDE, SUMMARY_CSV, SUMMARY_MD, Elsewhere, read_elsewhere
from xaimed.studies.jury import Bench, Jury, Voter
from xaimed.studies.plan import seen
from xaimed.studies.result import RunResult
from xaimed.studies.trained_on import trained_on

KNOWN = "the run was trained on this picture, or chosen by it"


@dataclass(frozen=True, eq=False)
class Foreign:
    """A dataset as a run can be scored on it.

    Attributes:
        manifest: its samples, in the run's classes.
        pixels: its pictures decoded, where they are cached.
        digest: of all their pixels.
        set_aside: ``sample_id, path, reason`` of those that are not used.
        notes: what must be said below every figure.
    """

    manifest: Manifest
    pixels: Pixels | None
    digest: str
    set_aside: pd.DataFrame
    notes: tuple[str, ...]


def score(run: Run, jury: Jury, dataset: Mapping[str, Any], named: Mapping[str, str]) -> Elsewhere:
    """What every finished fold says of the dataset; asked anew only where data or weights are others.

    Args:
        run: a run or an ensemble.
        jury: its networks.
        dataset: the configuration of the dataset.
        named: what classes are called there, and what they are called here, where names differ.
    """
    foreign = foreign_to(run, jury, dataset, named)
    asked = {
        "run": jury.identity,
        "dataset": foreign.manifest.name,
        "manifest": foreign.manifest.fingerprint(),
        "pixels": foreign.digest,
        "vote": jury.vote,
        "weights": jury.checksums(),
    }
    plain = re.sub(r"[^A-Za-z0-9_.+-]+", "_", foreign.manifest.name)[:60]
    final = run.path / FOLDER / f"{plain}-{identity_hash(asked)}"
    facts = {**asked, "config": dict(dataset), "classes": dict(named), "notes": list(foreign.notes)}
    try:
        return read_elsewhere(publish_directory(final, partial(_make, jury, foreign, facts)))
    except StoreError as error:
        if isinstance(error.__cause__, OSError) and not final.is_dir():
            fix = "Make room, or copy the run to where it can be written to."
            raise StoreError(error.what, where=error.where, fix=fix) from error
        raise


def write_summary(found: Elsewhere, result: RunResult) -> None:
    """The comparison with home as CSV and Markdown, beside the predictions it is derived from."""
    assert result.predictions is not None
    table = found.table(result.predictions, result.stamp)
    if table is not None:
        write_text(found.folder / SUMMARY_CSV, to_csv(table))
        write_text(found.folder / SUMMARY_MD, to_markdown(table))


def foreign_to(run: Run, jury: Jury, dataset: Mapping[str, Any], named: Mapping[str, str]) -> Foreign:
    """The dataset in the run's classes, without what cannot be read and what the run knows already."""
    whole = in_classes_of(instantiate(dict(dataset)).manifest(), jury.task, named)
    inspection, pixels, _ = seen(whole, jury.config)
    known, untold = trained_on(run, whole, inspection)
    _, unreadable = sort_out_unreadable(whole, inspection=inspection)
    kept = inspection.readable & ~known
    if not kept.any():
        raise DataError(
            f"the run was trained on, or chosen by, all {int(known.sum())} pictures of this dataset that can be read",
            where=whole.root,
            fix="Its own table says how good it is there.",
        )
    aside = whole.frame.loc[known, ["sample_id", "path"]].assign(reason=KNOWN)
    notes = [
        *([f"Set aside, as the run was trained on them or chosen by them: {int(known.sum())}."] if known.any() else []),
        *([f"Set aside, as they cannot be read: {len(unreadable)}."] if len(unreadable) else []),
        *(f"Whether pictures are known to the run cannot be told by their pixels: {why}." for why in untold),
    ]
    manifest = whole.select(kept)
    digest = identity_hash({"pixels": np.ascontiguousarray(inspection.digests[kept]).tobytes().hex()})
    return Foreign(manifest, pixels, digest, pd.concat([unreadable, aside], ignore_index=True), tuple(notes))


def _make(jury: Jury, foreign: Foreign, facts: Mapping[str, Any], aside: Path) -> None:
    said: dict[int, list[tuple[Voter, Predictions]]] = {}
    for voter, network in Bench(jury).networks():
        said.setdefault(voter.fold, []).append((voter, _predicted(voter, network, foreign)))
    sealed = {}
    for fold, members in sorted(said.items()):
        tables, shares = [table for _, table in members], [voter.share for voter, _ in members]
        weights = shares if jury.vote == WEIGHTED else None
        name = f"fold-{fold}.csv"
        write_predictions(aside / name, voted(tables, jury.vote, weights) if len(tables) > 1 else tables[0])
        sealed[name] = sha256_of(aside / name)
    write_text(aside / SET_ASIDE, foreign.set_aside.to_csv(index=False, lineterminator="\n"))
    write_json(aside / FACTS, {**facts, "folds": sorted(said), "sealed": sealed})


def _predicted(voter: Voter, network: Network, foreign: Foreign) -> Predictions:
    """What one network says of every sample, in fp32."""
    preparation, manifest, loader = voter.preparation(), foreign.manifest, voter.config["loader"]
    pixels = foreign.pixels if foreign.pixels is not None and foreign.pixels.size == preparation.resized else None
    rows = np.arange(len(manifest))
    batches = DataLoader(
        ManifestDataset(manifest, rows, preparation, seed=0, fold=voter.fold, pixels=pixels),
        batch_size=int(loader["batch_size"]),
        num_workers=worker_count(loader["workers"]),
    )
    device = next(network.parameters()).device
    with untouched(network):
        logits = torch.cat([network(batch["image"].to(device).float()).cpu() for batch in batches])
    return prediction_table(
        manifest.task.kind.value,
        manifest.task.classes,
        sample_ids=list(manifest.frame["sample_id"]),
        groups=list(manifest.frame["group"]),
        fold=voter.fold,
        targets=manifest.labels,
        logits=logits.numpy(),
        probabilities=manifest.task.probabilities(logits).numpy(),
    )
