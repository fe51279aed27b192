"""How much is there? Pictures and patients by class and split, before and after the unreadable ones are taken out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xaimed.data.inspection import Inspection
from xaimed.data.manifest import Manifest
from xaimed.data.task import Kind


def counts(manifest: Manifest, inspection: Inspection) -> pd.DataFrame:
    """``class, split, pictures, patients, unreadable``, one row for each class in each split that occurs."""
    splits = manifest.frame["split"].fillna("").astype(str).to_numpy(dtype=str)
    labels, groups, bad = manifest.labels, manifest.groups, ~inspection.readable
    rows = []
    for number, name in enumerate(manifest.task.classes):
        own = labels[:, number] == 1 if manifest.task.kind is Kind.MULTILABEL else labels == number
        for split in np.unique(splits):
            here = own & (splits == split)
            rows.append((name, split, int(here.sum()), len(np.unique(groups[here])), int((here & bad).sum())))
    return pd.DataFrame(rows, columns=["class", "split", "pictures", "patients", "unreadable"])
