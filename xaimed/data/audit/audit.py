"""Can these data be trusted? Everything the audit finds, in one record for a page, a terminal and a program."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xaimed.data.audit.copies import Copies, disagreements, find_copies
from xaimed.data.audit.counts import counts
from xaimed.data.audit.leakage import leaks, published_leaks
from xaimed.data.audit.shortcuts import Shortcut, shortcuts
from xaimed.data.inspection import Inspection
from xaimed.data.manifest import Manifest
from xaimed.data.protocol import Split


@dataclass(frozen=True, eq=False)
class Audit:
    """What was found.

    Attributes:
        manifest: the dataset, unreadable rows included.
        counts: pictures and patients by class and split.
        unreadable: ``sample_id, path, reason``.
        copies: exact and near copies.
        disagreements: copies with different labels.
        published: rows on both sides of the split that came with the data.
        leaking: rows on both sides of the protocol's folds.
        shortcuts: how far each family of properties tells the class.
        stopped: why the protocol could make no folds; empty when it could.
        unlike_published: where the counts differ from the published ones, one sentence each.
    """

    manifest: Manifest
    counts: pd.DataFrame
    unreadable: pd.DataFrame
    copies: Copies
    disagreements: pd.DataFrame
    published: pd.DataFrame
    leaking: pd.DataFrame
    shortcuts: list[Shortcut]
    stopped: str = ""
    unlike_published: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        """All of it as plain containers, for JSON."""
        return {
            "dataset": self.manifest.name,
            "fingerprint": self.manifest.fingerprint(),
            "pictures": len(self.manifest),
            "patients": len(np.unique(self.manifest.groups)),
            "counts": self.counts.to_dict("records"),
            "unlike_published": list(self.unlike_published),
            "unreadable": self.unreadable.to_dict("records"),
            "copies": {
                "proposed": self.copies.proposed,
                "bits": self.copies.bits,
                "pairs": self.copies.pairs.to_dict("records"),
                "disagreeing_labels": self.disagreements.to_dict("records"),
            },
            "published_split_leaks": self.published.to_dict("records"),
            "protocol_leaks": self.leaking.to_dict("records"),
            "protocol_stopped": self.stopped,
            "shortcuts": [_plain(shortcut) for shortcut in self.shortcuts],
        }


def audit(
    manifest: Manifest,
    inspection: Inspection,
    splits: Sequence[Split] = (),
    seed: int = 0,
    stopped: str = "",
    unlike_published: Sequence[str] = (),
) -> Audit:
    """Audit a dataset.

    Args:
        manifest: all rows, as inspected.
        inspection: what was seen of them.
        splits: the protocol's folds, as row numbers of the rows that can be used.
        seed: for the cross-validation of the shortcuts.
        stopped: why there are no folds, if so.
        unlike_published: where its counts differ from the published ones.
    """
    readable = manifest.select(inspection.readable)
    copies = find_copies(manifest, inspection)
    bad = np.flatnonzero(~inspection.readable)
    unreadable = manifest.frame.iloc[bad][["sample_id", "path"]].reset_index(drop=True)
    return Audit(
        manifest=manifest,
        counts=counts(manifest, inspection),
        unreadable=unreadable.assign(reason=[inspection.reasons[row] for row in bad.tolist()]),
        copies=copies,
        disagreements=disagreements(manifest, copies),
        published=published_leaks(readable, copies),
        leaking=leaks(readable, splits, copies),
        shortcuts=shortcuts(manifest, inspection, seed),
        stopped=stopped,
        unlike_published=tuple(unlike_published),
    )


def _plain(shortcut: Shortcut) -> dict[str, Any]:
    numbers = {"auc": shortcut.auc, "low": shortcut.low, "high": shortcut.high}
    return {
        "family": shortcut.family.name,
        "measures": shortcut.family.what,
        "anatomy": shortcut.family.anatomy,
        **{name: None if math.isnan(value) else round(value, 4) for name, value in numbers.items()},
        "verdict": shortcut.verdict,
        "alarming": shortcut.alarming,
        "telling": [{"property": name, "auc": round(auc, 4)} for name, auc in shortcut.telling],
        "cases": {name: list(ids) for name, ids in shortcut.cases},
    }
