"""How do finished runs decide together? Fold by fold on the same samples, as a run of its own with the same tables."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from xaimed.config.identity import identity_hash
from xaimed.config.nearmiss import near_miss
from xaimed.errors import ConfigError, StoreError
from xaimed.evaluation.metrics import fold_metrics
from xaimed.evaluation.predictions import Predictions, write_predictions
from xaimed.evaluation.reading import read_predictions
from xaimed.evaluation.samples import SAMPLES
from xaimed.evaluation.voting import WEIGHTED, shares, voted
from xaimed.store.fold import CONFIG, HISTORY, PREDICTIONS, SPLIT, SVM, Fold
from xaimed.store.run import Run
from xaimed.store.writing import write_bytes, write_json, write_text
from xaimed.training.direction import direction

SEALED = (CONFIG, PREDICTIONS, SPLIT)
SHARES = "shares.csv"


@dataclass(frozen=True)
class Ensemble:
    """Runs that vote.

    Attributes:
        members: the runs.
        vote: ``soft``, ``majority`` or ``weighted``.
        weigh_by: what a weighted vote goes by: a column of the members' history, read at the epoch that was kept.
    """

    members: tuple[Run, ...]
    vote: str
    weigh_by: str

    @property
    def asked(self) -> dict[str, Any]:
        """What names the ensemble."""
        identities = [str(member.facts()["identity"]) for member in self.members]
        weighing = {"weigh_by": self.weigh_by} if self.vote == WEIGHTED else {}
        return {"vote": self.vote, "members": identities, **weighing}

    def run(self, output: Path) -> Run:
        """Where the ensemble's own run lies."""
        return Run(output.absolute() / "runs" / f"ensemble-{self.vote}-{identity_hash(self.asked)}")


def make_ensemble(ensemble: Ensemble, output: Path) -> Run:
    """Vote in every fold that all members have finished; the ensemble's run, described and published."""
    if len(ensemble.members) < 2:
        raise ConfigError("an ensemble has at least two members", fix="Name two or more finished runs.")
    facts = [member.facts() for member in ensemble.members]
    shared = [index for index in facts[0]["folds"] if all(run.fold(index).complete for run in ensemble.members)]
    if not shared:
        raise StoreError(
            "these runs have no finished fold in common",
            where=", ".join(run.path.name for run in ensemble.members),
            fix="Finish them first.",
        )
    tables = {index: _voted(ensemble, facts, index) for index in shared}
    run = ensemble.run(output)
    run.describe(_described(ensemble, facts))
    known = next((file for member in ensemble.members if (file := member.path / SAMPLES).is_file()), None)
    if known:  # the members' samples are the same
        write_bytes(run.path / SAMPLES, known.read_bytes())
    for index in shared:
        if not run.fold(index).complete:
            _make_fold(ensemble, run.fold(index), facts, *tables[index])
    return run


def shares_of(ensemble: Ensemble, index: int) -> list[float]:
    """How much of the whole each member counts in a fold."""
    weighing = ensemble.vote == WEIGHTED
    merits = [_merit(run.fold(index), ensemble.weigh_by) for run in ensemble.members] if weighing else None
    return [float(share) for share in shares(merits, len(ensemble.members))]


def _voted(ensemble: Ensemble, facts: Sequence[dict[str, Any]], index: int) -> tuple[Predictions, list[float]]:
    """What the members say together in a fold, and how much each of them counts."""
    folds = [run.fold(index) for run in ensemble.members]
    tables = [_predictions(fold, said["identity"]) for fold, said in zip(folds, facts, strict=True)]
    counted = shares_of(ensemble, index)
    return voted(tables, ensemble.vote, counted if ensemble.vote == WEIGHTED else None), counted


def _make_fold(
    ensemble: Ensemble, fold: Fold, facts: Sequence[dict[str, Any]], together: Predictions, counted: Sequence[float]
) -> None:
    with fold.being_made() as folder:
        if fold.complete:  # another process has just finished it
            shutil.rmtree(folder)
            return
        values, _ = fold_metrics(together)
        write_predictions(folder / PREDICTIONS, together)
        write_json(folder / "metrics.json", values)
        table = pd.DataFrame({"member": [run.path.name for run in ensemble.members], "share": counted})
        write_text(folder / SHARES, table.to_csv(index=False, lineterminator="\n"))
        write_text(folder / CONFIG, yaml.safe_dump({"ensemble": ensemble.asked}, sort_keys=True))
        shutil.copyfile(ensemble.members[0].fold(fold.index).path / SPLIT, folder / SPLIT)
        stamps = sorted({stamp for said in facts for stamp in said["stamps"]})
        fold.publish(
            {"identity": identity_hash(ensemble.asked), "stamps": stamps, "samples": len(together)}, parts=SEALED
        )


def _predictions(member: Fold, identity: str) -> Predictions:
    member.verify(identity)
    return read_predictions(member.path / PREDICTIONS)


def _merit(member: Fold, weigh_by: str) -> float:
    """What the member reached on its selection rows in the epoch that was kept."""
    if (member.path / SVM).is_file():
        raise ConfigError(
            "the history of a hybrid is that of its network, and says nothing of what its SVM reached",
            where=member.path,
            fix="Use vote=soft or vote=majority.",
        )
    history = pd.read_csv(member.path / HISTORY)
    kept = int(member.facts()["best_epoch"])
    if weigh_by not in history.columns:
        measured = [name for name in history.columns if name.startswith("val/")]
        raise ConfigError(
            f"'{weigh_by}' was not measured in {member.path}", where="weigh_by", fix=near_miss(weigh_by, measured)
        )
    if not weigh_by.startswith("val/") or direction(weigh_by) != "max":
        raise ConfigError(
            f"more of '{weigh_by}' is not better, or it was not measured on selection rows",
            where="weigh_by",
            fix="Use val/accuracy or val/auc.",
        )
    return float(history.loc[history["epoch"] == kept, weigh_by].iloc[0])


def _described(ensemble: Ensemble, facts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    first = facts[0]
    for other, run in zip(facts[1:], ensemble.members[1:], strict=True):
        for key in ("kind", "classes", "folds"):
            if other[key] != first[key]:
                raise StoreError(
                    f"this run does not belong to the first: its {key} are {other[key]}, not {first[key]}",
                    where=run.path,
                    fix="Vote only over runs of the same dataset and protocol.",
                )
    names = [run.path.name for run in ensemble.members]
    notes = sorted({str(said["note"]) for said in facts})
    how = f"vote weighted by {ensemble.weigh_by}" if ensemble.vote == WEIGHTED else f"{ensemble.vote} vote"
    return {
        "identity": identity_hash(ensemble.asked),
        "name": f"ensemble-{ensemble.vote}",
        **{key: first[key] for key in ("dataset", "kind", "classes", "samples", "quarantined", "folds")},
        "note": f"{how} of {', '.join(names)}; {'; '.join(notes)}",
        "stamps": sorted({stamp for said in facts for stamp in said["stamps"]}),
        "config": {"ensemble": ensemble.asked, "members": [str(run.path.absolute()) for run in ensemble.members]},
    }
