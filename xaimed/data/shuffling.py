"""What does a network learn from labels that mean nothing? A control: the training rows' labels change places."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xaimed.data.manifest import Manifest
from xaimed.data.protocol import Rows
from xaimed.data.randomness import seed_for
from xaimed.data.task import Kind


def shuffled(manifest: Manifest, rows: Rows, seed: int, fold: int) -> Manifest:
    """The manifest with the labels of these rows permuted among them, by (seed, fold); all other rows as they are.

    Classes stay as frequent as they were. All labels of a row move together. Pictures of one patient may get different
    labels, so that not even the patient tells anything.
    """
    task = manifest.task
    columns = list(task.classes) if task.kind is Kind.MULTILABEL else ["label"]
    # By name, so that the order of the table does not matter.
    ordered = rows[np.argsort(manifest.frame["sample_id"].to_numpy(dtype=str)[rows], kind="stable")]
    drawn = np.random.default_rng(seed_for(seed, fold, "shuffled labels")).permutation(ordered)
    frame = manifest.frame.copy()
    for column in columns:
        values = frame[column].to_numpy(copy=True)
        values[ordered] = values[drawn]
        frame[column] = values
    return replace(manifest, frame=frame)
